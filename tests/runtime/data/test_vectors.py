"""Vectors: from whatever a function returns to columns that the learner takes like any others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.sparse import csr_array

from penstock.runtime.artifacts import FeatureColumn, read_json
from penstock.runtime.data.features import compute
from penstock.runtime.data.split import read_features
from penstock.runtime.faults import InputError
from penstock.specs.model import Except
from runtime.data.tables import at, feature_set, run, timed, validate

ROWS = timed("rows", {"id": [1, 2, 3], "size": [3, 0, 5]}, primary_key=["id"])
HERE = "runtime.data.test_vectors"


def array(rows: pa.Table) -> Any:
    """An array of NumPy; its whole numbers become floats."""
    return np.column_stack([rows["size"].to_numpy(), rows["size"].to_numpy() * 2])


def with_gaps(_: pa.Table) -> Any:
    """One number and one row are missing."""
    return [[1.5, float("nan")], None, np.array([2.5, 3.5], dtype=np.float32)]


def arrow(_: pa.Table) -> Any:
    """A column of Arrow, as a reader of Parquet files gives it."""
    return pa.chunked_array([pa.array([[1, 2]]), pa.array([[3, 4], [5, 6]])])


def fixed(_: pa.Table) -> Any:
    """Arrow's type of vectors, with a row that is missing."""
    return pa.array([[1.0, 2.0], None, [5.0, 6.0]], pa.list_(pa.float32(), 2))


def frame(rows: pa.Table) -> Any:
    """A frame, as scikit-learn's transformers give it where they are asked to."""
    return pd.DataFrame(array(rows), columns=["a", "b"])


def sparse(rows: pa.Table) -> Any:
    """A sparse matrix, as vectorizers of text give it."""
    return csr_array(array(rows))


def turned(rows: pa.Table) -> Any:
    return array(rows).T


def short(rows: pa.Table) -> Any:
    return list(array(rows))[:2]


def uneven(_: pa.Table) -> Any:
    return [[1.0, 2.0], [1.0], [1.0, 2.0]]


def texts(_: pa.Table) -> Any:
    return [["a", "secret"]] * 3


def text_array(_: pa.Table) -> Any:
    return np.array([["a", "secret"]] * 3)


def flat(_: pa.Table) -> Any:
    return [1.0, 2.0, 3.0]


def infinite(_: pa.Table) -> Any:
    return np.array([[1.0, np.inf]] * 3)


def vector(function: str, length: int = 2) -> list[list[float | None]]:
    features = {"v": {"type": f"float[{length}]", "python": f"{HERE}:{function}", "reads": ["size"]}}
    table = compute("set", feature_set(source="rows", entity=["id"], features=features), {"rows": ROWS})
    return [table[f"v_{place}"].to_pylist() for place in range(length)]


@pytest.mark.parametrize(
    ("function", "columns"),
    [
        ("array", [[3.0, 0.0, 5.0], [6.0, 0.0, 10.0]]),
        ("frame", [[3.0, 0.0, 5.0], [6.0, 0.0, 10.0]]),
        ("sparse", [[3.0, 0.0, 5.0], [6.0, 0.0, 10.0]]),
        ("with_gaps", [[1.5, None, 2.5], [None, None, 3.5]]),
        ("arrow", [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]),
        ("fixed", [[1.0, None, 5.0], [2.0, None, 6.0]]),
    ],
)
def test_each_place_of_a_vector_is_a_column_in_the_order_of_the_rows(
    function: str, columns: list[list[float | None]]
) -> None:
    assert vector(function) == columns


EXPECTED = "expected an array of shape (3, 2), or a list of 2 numbers for each row"


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (f"{HERE}:turned", f"returned an array of shape (2, 3); {EXPECTED}"),
        (f"{HERE}:short", "returned 2 vectors for 3 rows"),
        (f"{HERE}:uneven", f"returned vectors of length 1; {EXPECTED}"),
        (f"{HERE}:texts", f"returned no lists of numbers; {EXPECTED}"),
        (f"{HERE}:text_array", f"returned values that are no numbers; {EXPECTED}"),
        (f"{HERE}:flat", f"returned no lists of numbers; {EXPECTED}"),
        (f"{HERE}:infinite", "feature `set.v_1` is declared float, but 3 of its values are not, such as inf"),
        ("builtins:print", f"returned NoneType; {EXPECTED}"),
        ("builtins:str", f"returned str; {EXPECTED}"),
    ],
)
def test_what_is_no_vector_is_told_without_its_values(function: str, sentence: str) -> None:
    features = {"v": {"type": "float[2]", "python": function, "reads": ["size"]}}
    with pytest.raises(InputError) as caught:
        compute("set", feature_set(source="rows", entity=["id"], features=features), {"rows": ROWS})
    assert sentence in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_model_chooses_a_vector_as_a_whole_by_the_name_of_its_spec(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert (
        validate(
            tmp_path, {"id": [1, 2, 3], "size": [3, 0, 5]}, columns={name: {"type": "int"} for name in ("id", "size")}
        )[0]
        == 0
    )
    features = {
        "size": {"type": "int", "sql": "size"},
        "v": {"type": "float[2]", "python": f"{HERE}:array", "reads": ["size"]},
        "never": {"type": "float[2]", "python": f"{HERE}:nothing", "reads": ["size"]},
    }
    definition = {"source": "rows", "entity": ["id"], "features": features}
    out = tmp_path / "features"
    flags = {"table": f"rows={tmp_path / 'table'}", "features": out, "definition": json.dumps(definition)}
    assert run("features", feature_set="set", **flags) == 0
    assert read_json(out / "features.json")["features"][:2] == [
        {"name": "size", "type": "int", "missing": 0},
        {"name": "v_0", "type": "float", "missing": 0, "vector": "v"},
    ]
    warned = [message for message in caplog.messages if message.startswith("warning: ")]
    assert len(warned) == 1, "and not one for each of its columns"
    assert "`set.never`: none of 3 rows has a value" in warned[0]
    columns = tuple(FeatureColumn(name, "float", "set", "v") for name in ("v_0", "v_1"))
    assert read_features("set", out, {"set": ["v"]}).chosen == columns
    left = read_features("set", out, {"set": Except.model_validate({"except": ["v", "never"]})}).chosen
    assert [column.name for column in left] == ["size"]
    assert all(FeatureColumn.of_json(column.as_json()) == column for column in (*columns, *left))
    with pytest.raises(InputError, match="has no feature `v_0`; it has size, v, never"):
        read_features("set", out, {"set": ["v_0"]})


def nothing(rows: pa.Table) -> Any:
    return [None] * rows.num_rows


def of_the_last(rows: pa.Table) -> Any:
    """Centred by the mean of all rows, the later ones among them."""
    return array(rows) - array(rows).mean(axis=0)


def test_a_vector_that_is_made_of_later_rows_is_told(caplog: pytest.LogCaptureFixture) -> None:
    rows = timed("rows", {"id": [1, 2, 3, 4], "t": [at(1), at(2), at(3), at(4)], "size": [3, 0, 5, 9]}, "t")
    for function, told in (("array", False), ("of_the_last", True)):
        caplog.clear()
        features = {"v": {"type": "float[2]", "python": f"{HERE}:{function}", "reads": ["size"]}}
        compute("set", feature_set(source="rows", entity=["id"], features=features), {"rows": rows})
        assert any("2 of the 2 earliest rows have other values" in message for message in caplog.messages) is told

"""A Python feature gets all rows at once: what it makes of earlier rows by later ones is told."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from penstock.runtime.data.features import compute
from runtime.data.tables import at, feature_set, timed

N = 40
ROWS = timed(
    "rows",
    # Newer rows stand first.
    {
        "id": list(range(N)),
        "t": [at(N - place) for place in range(N)],
        "size": [float(place % 7) for place in range(N)],
    },
    "t",
    primary_key=["id"],
)


def doubled(rows: pa.Table) -> Any:
    return pc.multiply(rows["size"], 2.0)


def of_the_mean(rows: pa.Table) -> Any:
    return pc.subtract(rows["size"], pc.mean(rows["size"]))


def so_far(rows: pa.Table) -> Any:
    order = pc.sort_indices(rows["t"]).to_pylist()
    total, found = 0.0, [0.0] * rows.num_rows
    for place in order:
        total += rows["size"][place].as_py() / 3
        found[place] = total
    return found


def of_many(rows: pa.Table) -> Any:
    if rows.num_rows < N:
        raise ValueError("too few rows")
    return rows["size"]


def missing(rows: pa.Table) -> Any:
    return pa.array([float("nan")] * rows.num_rows)


@pytest.mark.parametrize(
    ("function", "told"),
    [("doubled", False), ("so_far", False), ("of_many", False), ("missing", False), ("of_the_mean", True)],
)
def test_what_a_function_makes_of_later_rows_is_told(
    caplog: pytest.LogCaptureFixture, function: str, told: bool
) -> None:
    feature = {"type": "float", "python": f"runtime.data.test_later_rows:{function}", "reads": ["t", "size"]}
    compute("set", feature_set(source="rows", entity=["id"], features={"f": feature}), {"rows": ROWS})
    assert caplog.messages == (
        [
            "warning: feature `set.f`: 20 of the 20 earliest rows have other values if "
            "`runtime.data.test_later_rows:of_the_mean` gets no later ones: a value must depend on no later row, nor "
            "on chance; what depends on earlier rows can be an `aggregate`"
        ]
        if told
        else []
    )

"""Selection: the methods find what the label depends on, and say how they judged."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.linear_model import Lasso

from penstock.runtime.artifacts import read_json, write_json, write_table
from penstock.runtime.learning import select
from penstock.runtime.main import main
from runtime.made_splits import write_splits


def selected(splits: Path, output: Path, method: str, keep: int, task: str = "binary") -> dict[str, object]:
    flags = ["--select", json.dumps({"method": method, "keep": keep}), "--task", task, "--seed", "1"]
    assert main(["select", "--splits", str(splits), "--selection", str(output), *flags]) == 0
    found: dict[str, object] = read_json(output / "selection.json")
    return found


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("method", ["mutual_info", "l1", "rfe"])
def test_the_features_that_the_label_depends_on_are_kept(tmp_path: Path, method: str, task: str) -> None:
    splits = write_splits(tmp_path / "splits", task, rows=3_000)
    found = selected(splits, tmp_path / "selection", method, 3, task)
    assert found["features"] == ["x0", "x1", "color"]


def test_variance_keeps_what_varies(tmp_path: Path) -> None:
    found = selected(write_splits(tmp_path / "splits"), tmp_path / "selection", "variance", 2)
    assert found["features"] == ["color", "flag"]


def mixed(path: Path, task: str) -> tuple[Path, pd.DataFrame]:
    """Splits whose categories stand before their numbers, and the training rows."""
    splits = write_splits(path, task)
    facts = read_json(splits / "splits.json")
    facts["features"].reverse()
    assert [each["name"] for each in facts["features"]] == ["flag", "color", "x3", "x2", "x1", "x0"]
    write_json(splits / "splits.json", facts)
    return splits, pq.read_table(splits / "train.parquet").to_pandas()


def scores_of(found: dict[str, object]) -> dict[str, float]:
    scores: Any = found["scores"]
    return {each["feature"]: each["score"] for each in scores}


def test_l1_scores_are_the_coefficients_of_a_penalized_model(tmp_path: Path) -> None:
    splits, rows = mixed(tmp_path / "splits", "regression")
    label = rows["@label"].to_numpy()
    numbers = rows[["x0", "x1", "x2", "x3"]].fillna(rows.median(numeric_only=True))
    categories = pd.get_dummies(rows[["color", "flag"]].astype(object).fillna("none").astype(str)).astype(float)
    matrix = pd.concat([(numbers - numbers.mean()) / numbers.std(ddof=0), categories], axis=1)
    model = Lasso(alpha=0.01 * label.std(), max_iter=5_000).fit(matrix, label)
    expected = {
        name: max(abs(weight) for of, weight in zip(matrix, model.coef_, strict=True) if of.partition("_")[0] == name)
        for name in ("x0", "x1", "x2", "x3", "color", "flag")
    }
    assert scores_of(selected(splits, tmp_path / "selection", "l1", 3, "regression")) == pytest.approx(
        expected, abs=0.003
    )


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_mutual_information_is_that_of_each_feature_alone(tmp_path: Path, task: str) -> None:
    splits, rows = mixed(tmp_path / "splits", task)
    measure = mutual_info_regression if task == "regression" else mutual_info_classif
    label = rows["@label"].to_numpy()
    expected = {}
    for name in ("x0", "x1", "x2", "x3", "color", "flag"):
        is_number = name.startswith("x")
        values = rows[name].fillna(rows[name].median()) if is_number else pd.factorize(rows[name].astype(object))[0]
        expected[name] = float(measure(np.c_[values], label, discrete_features=not is_number, random_state=0)[0])
    found = scores_of(selected(splits, tmp_path / "selection", "mutual_info", 3, task))
    # Equal values, such as medians in the place of missing ones, are told apart by chance.
    assert found == pytest.approx(expected, abs=0.02)


def test_elimination_ranks_by_when_a_feature_fell(tmp_path: Path) -> None:
    """Of two that say something together alone, the second says nothing any more when the first has fallen."""
    splits = write_splits(tmp_path / "splits")
    facts = read_json(splits / "splits.json")
    facts["features"] = [each for each in facts["features"] if each["name"] in ("x0", "x1", "x2")]
    write_json(splits / "splits.json", facts)
    table = pq.read_table(splits / "train.parquet")
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (table.num_rows, 3))
    signal = 1.2 * bits[:, 0] + (bits[:, 1] ^ bits[:, 2]) + 0.5 * rng.normal(size=table.num_rows)
    columns = {f"x{place}": bits[:, place].astype(float) for place in range(3)}
    for name, values in {**columns, "@label": (signal > 1.1).astype(np.int64)}.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    write_table(splits / "train.parquet", table)
    first, second, third = scores_of(selected(splits, tmp_path / "selection", "rfe", 1)).items()
    assert first[0] == "x0"
    assert first[1] == pytest.approx(1), "its share is that without what fell"
    assert {second[0], third[0]} == {"x1", "x2"}
    assert second[1] < 0.05 < third[1]


def test_variance_counts_missing_values_as_all_methods_do(tmp_path: Path) -> None:
    """Numbers as the median, here 1.5, and of categories as one more: what is hardly ever there varies little."""
    splits = write_splits(tmp_path / "splits")
    table = pq.read_table(splits / "train.parquet")
    columns: dict[str, list[Any]] = {
        "x0": [0.0, 1.0, 2.0, 4.0, None],
        "x1": [0.0, *[None] * 4],
        "color": ["a", "a", "b", None, None],
    }
    for name, values in columns.items():
        place = table.column_names.index(name)
        repeated = pa.array([values[row % 5] for row in range(table.num_rows)], table.schema.field(name).type)
        table = table.set_column(place, name, repeated)
    write_table(splits / "train.parquet", table.slice(0, table.num_rows // 5 * 5))
    found = selected(splits, tmp_path / "selection", "variance", 2)
    scores = scores_of(found)
    # Of (0, 1, 2, 4, 1.5) / 4; nothing; half of 1 - 0.4^2 - 0.2^2 - 0.4^2.
    expected = {"x0": 0.11, "x1": 0, "color": 0.32}
    assert {name: scores[name] for name in expected} == pytest.approx(expected)


def test_each_score_is_told_best_first(tmp_path: Path) -> None:
    found = selected(write_splits(tmp_path / "splits"), tmp_path / "selection", "mutual_info", 2)
    scores = found["scores"]
    assert isinstance(scores, list)
    assert scores[0]["feature"] == "x0"
    assert [each["kept"] for each in scores] == [True, True, False, False, False, False]
    values = [each["score"] for each in scores]
    assert values == sorted(values, reverse=True)


def test_many_rows_are_judged_by_a_sample_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select, "SAMPLE", 300)
    splits = write_splits(tmp_path / "splits")
    first = selected(splits, tmp_path / "one", "mutual_info", 2)
    assert (first["rows"], first["of_rows"]) == (300, 800)
    assert first == selected(splits, tmp_path / "two", "mutual_info", 2)


def test_keeping_more_than_there_are_keeps_all(tmp_path: Path) -> None:
    found = selected(write_splits(tmp_path / "splits"), tmp_path / "selection", "rfe", 50)
    assert len(found["features"]) == 6  # type: ignore[arg-type]


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_category_of_thousands_of_values_takes_little_memory(tmp_path: Path, task: str) -> None:
    splits = write_splits(tmp_path / "splits", task, rows=4_000)
    table = pq.read_table(splits / "train.parquet")
    names = pa.array([f"name {number % 3_000}" for number in range(table.num_rows)])
    write_table(splits / "train.parquet", table.set_column(table.column_names.index("color"), "color", names))
    tracemalloc.start()
    try:
        found = selected(splits, tmp_path / "selection", "l1", 2, task)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # A matrix of all rows and categories has 96 MB.
    assert most < 48_000_000
    assert "x0" in found["features"]  # type: ignore[operator]

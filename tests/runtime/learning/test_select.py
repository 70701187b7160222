"""Selection: the methods find what the label depends on, and say how they judged."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.runtime.artifacts import read_json, write_table
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
    scores = {each["feature"]: each["score"] for each in found["scores"]}  # type: ignore[attr-defined]
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

"""How much memory the steps hold for each row, and how often they read what is large."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.runtime.artifacts import FeatureColumn, Splits, learner_frame
from runtime.evaluation.worlds import evaluate, step, trained
from runtime.made_splits import write_splits


def peak(work: Callable[[], object]) -> int:
    """Bytes that Python and numpy hold at most while `work` is done, beyond what they hold before."""
    tracemalloc.start()
    try:
        kept = work()
        del kept
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_category_takes_a_reference_a_row_and_no_text() -> None:
    rows = 100_000
    words = ["a word that is not short", "another one, which is longer", None]
    table = pa.table({"word": [words[place % 3] for place in range(rows)]})
    feature = FeatureColumn("word", "string", "made")
    frame = learner_frame(table, [feature])
    assert frame["word"].to_list() == table["word"].to_pylist()
    assert len({id(value) for value in frame["word"]}) == 3
    # A reference, and for a moment the number of its word.
    assert peak(lambda: learner_frame(table, [feature])) < 30 * rows


def test_rows_are_read_a_column_at_a_time(tmp_path: Path) -> None:
    splits = Splits.read(write_splits(tmp_path / "splits", rows=100_000))
    numbers = [feature for feature in splits.features if feature.numeric]
    rows = splits.count("train")

    def whole() -> object:
        return [column for _, column in splits.columns("train", numbers)]

    def one_by_one() -> float:
        return sum(float(column.iloc[0]) for _, column in splits.columns("train", numbers))

    assert len(numbers) == 4
    assert 24 * rows <= peak(whole) < 40 * rows
    assert peak(one_by_one) < 18 * rows
    before = pa.total_allocated_bytes()
    held = [pa.total_allocated_bytes() - before for _ in splits.columns("train", numbers)]
    assert max(held) < 18 * rows


def test_the_learner_may_write_to_its_rows(tmp_path: Path) -> None:
    splits = Splits.read(write_splits(tmp_path / "splits"))
    frame = splits.frame("train", splits.features)
    frame.loc[0, "x0"] = 1.0
    assert frame["x0"].iloc[0] == 1.0


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each column of the training rows is read."""
    found: Counter[str] = Counter()
    reading = pq.ParquetFile.read
    opening = pq.ParquetFile.__init__

    def opened(self: Any, source: Any, *args: Any, **more: Any) -> None:
        self.made_of = Path(source)
        opening(self, source, *args, **more)

    def counted(self: Any, *args: Any, columns: Any = None, **more: Any) -> Any:
        if self.made_of.name == "train.parquet":
            found.update(columns or self.schema_arrow.names)
        return reading(self, *args, columns=columns, **more)

    monkeypatch.setattr(pq.ParquetFile, "__init__", opened)
    monkeypatch.setattr(pq.ParquetFile, "read", counted)
    return found


def test_an_evaluation_reads_of_the_training_rows_what_it_asks_of_them(tmp_path: Path, read: Counter[str]) -> None:
    world = trained(tmp_path)
    rules = [
        {"id": "skill", "compare": {"to": "baseline", "metric": "roc_auc", "margin": 0.0}},
        {"id": "noise", "perturb": {"noise": 0.1}, "metric": "roc_auc", "maxDrop": 0.5},
        {"id": "holes", "perturb": {"missing": "20%"}, "metric": "roc_auc", "maxDrop": 0.9},
    ]
    read.clear()
    assert evaluate(world, rules) == 0
    assert read == {"@label": 1, "x0": 1, "x1": 1, "x2": 1, "x3": 1}


def test_training_reads_each_feature_once_and_nothing_else(tmp_path: Path, read: Counter[str]) -> None:
    splits = write_splits(tmp_path / "splits")
    flags = {"splits": splits, "task": "binary", "model": "made", "model_dir": tmp_path / "model"}
    learner = json.dumps({"class": "sklearn.ensemble.HistGradientBoostingClassifier", "params": {"max_iter": 2}})
    assert step("train", **flags, estimator=learner) == 0
    features = [feature.name for feature in Splits.read(splits).features]
    assert read == Counter([*features, "@label"])

"""What the step ``evaluate`` says of each class of a multiclass task."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import classification_report, confusion_matrix

from penstock.runtime.artifacts import Splits
from penstock.runtime.evaluation.classes import by_class
from penstock.runtime.evaluation.context import evaluation_context, predictions_of
from penstock.runtime.learning.model_files import load_model
from penstock.specs.gate import Clusters
from runtime.evaluation.worlds import ESTIMATORS, evaluate, figures, train, trained
from runtime.made_splits import write_splits


def test_each_class_has_the_figures_of_scikit_learns_report(tmp_path: Path) -> None:
    world = trained(tmp_path, "multiclass")
    assert evaluate(world, [], "multiclass") == 0
    said = pq.read_table(world / "evaluation" / "predictions.parquet")
    truth, decision = said["@label"].to_pylist(), said["@prediction"].to_pylist()
    report = classification_report(truth, decision, output_dict=True)
    found = figures(world)["classes"]
    assert [each["class"] for each in found] == ["high", "low", "mid"]
    assert [each["said"] for each in found] == confusion_matrix(truth, decision).tolist()
    for each in found:
        expected = report[each["class"]]
        assert each["rows"] == expected["support"]
        assert each["f1"] == pytest.approx(expected["f1-score"])
        for rate in ("precision", "recall"):
            assert each[rate]["estimate"] == pytest.approx(expected[rate])
            assert each[rate]["low"] < each[rate]["estimate"] < each[rate]["high"]


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_other_tasks_have_no_figures_by_class(task: str, tmp_path: Path) -> None:
    world = trained(tmp_path, task)
    assert evaluate(world, [], task) == 0
    assert figures(world)["classes"] == []


def test_the_intervals_of_a_class_are_over_the_clusters_of_the_gate(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits", "multiclass", 1200, houses=40)
    model = load_model(train(splits, tmp_path / "model", ESTIMATORS["multiclass"], "multiclass"))
    context = evaluation_context(model, Splits.read(splits), 0.5)
    alone, together = by_class(context), by_class(context.clustered(Clusters(column="house")))
    assert [each["recall"]["estimate"] for each in alone] == [each["recall"]["estimate"] for each in together]
    assert all(one["recall"] != other["recall"] for one, other in zip(alone, together, strict=True))


def test_a_class_without_a_test_row_has_no_recall(tmp_path: Path) -> None:
    world = trained(tmp_path, "multiclass")
    test = pq.read_table(world / "splits" / "test.parquet")
    rest = [row != "mid" for row in test["@label"].to_pylist()]
    pq.write_table(test.filter(rest), world / "splits" / "test.parquet")
    assert evaluate(world, [], "multiclass") == 0
    mid = next(each for each in figures(world)["classes"] if each["class"] == "mid")
    assert (mid["rows"], mid["recall"]["estimate"], mid["recall"]["low"]) == (0, None, None)
    assert mid["precision"]["estimate"] == 0


def test_probabilities_stand_in_the_order_of_the_splits_classes_whatever_the_models_is() -> None:
    scores = np.array([[0.7, 0.1, 0.2], [0.0, 0.9, 0.1]])
    model = SimpleNamespace(task="multiclass", classes=("mid", "gone", "high"), scores=lambda _: scores)
    found = predictions_of(cast("Any", model), pd.DataFrame(), np.array(["mid", "low"]), ("high", "low", "mid"), 0.5)
    assert found.truth.tolist() == [2, 1]
    assert found.output.tolist() == [[0.2, 0.0, 0.7], [0.1, 0.0, 0.0]]
    assert found.decision.tolist() == [2, 0]

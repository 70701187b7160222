"""Figures of one's own: their intervals hold the truth as often as they say, also where few rows decide them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from penstock.runtime.evaluation import python_rules
from penstock.runtime.evaluation.context import EvaluationContext
from penstock.runtime.measures.predictions import Predictions, binary, regression
from penstock.specs.decision import Figure
from penstock.specs.gate import PythonRule

Own = Callable[[Any, Any, Any], float]


def recall(truth: Any, said: Any, _rows: Any) -> float:
    positive = truth == 1
    return float((said[positive] >= 0.5).mean()) if positive.any() else float("nan")


def cost(truth: Any, said: Any, _rows: Any) -> float:
    return float(np.abs(truth - said).mean())


def measured(monkeypatch: pytest.MonkeyPatch, own: Own, predictions: Predictions, confidence: str = "95%") -> Figure:
    """The figure of a function on some predictions, whose rows have no columns of interest."""
    frame = pd.DataFrame({"x": np.zeros(len(predictions))})
    rows = SimpleNamespace(features=frame, slices=SimpleNamespace(to_pandas=pd.DataFrame))
    context = EvaluationContext(
        cast("Any", None), cast("Any", SimpleNamespace(classes=())), cast("Any", rows), 0.5, predictions
    )
    monkeypatch.setattr(python_rules, "load", lambda _: own)
    rule = PythonRule.model_validate({"id": "own", "python": "own:it", "atLeast": 0, "confidence": confidence})
    return python_rules.own_figure(rule, context)


def with_positives(rng: np.random.Generator, share: float, found: float, rows: int = 500) -> Predictions:
    truth = (rng.random(rows) < share).astype(int)
    return binary(truth, np.where(truth == 1, rng.random(rows) < found, 0).astype(float), 0.5)


def test_a_recall_of_few_positives_is_not_proved_better_than_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, above, known = np.random.default_rng(1), 0, 0
    for _ in range(40):
        figure = measured(monkeypatch, recall, with_positives(rng, 0.025, 0.8))
        above += cast("float", figure.low) > 0.8
        known += not np.isnan(cast("float", figure.low))
    # One of forty is promised; percentiles alone had one of nine.
    assert above <= 2
    assert known >= 30


def test_a_figure_that_no_row_moves_is_undecided_where_a_class_is_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    assert np.isnan(cast("float", measured(monkeypatch, recall, with_positives(rng, 0.02, 1.0)).low))
    assert measured(monkeypatch, recall, with_positives(rng, 0.5, 1.0)).low == 1


def test_a_mean_of_skewed_costs_has_an_interval_that_is_skewed_further(monkeypatch: pytest.MonkeyPatch) -> None:
    made = regression(np.random.default_rng(3).lognormal(0, 1.2, 60), np.zeros(60))
    figure = measured(monkeypatch, cost, made)
    low, high = cast("float", figure.low), cast("float", figure.high)
    values = np.random.default_rng(4).choice(made.truth, (4000, 60)).mean(axis=1)
    assert high - figure.estimate > 1.2 * (np.quantile(values, 0.975) - figure.estimate)
    assert low == pytest.approx(np.quantile(values, 0.025), rel=0.1)


def test_a_mean_of_many_rows_has_the_interval_of_the_textbook(monkeypatch: pytest.MonkeyPatch) -> None:
    made = regression(np.random.default_rng(5).normal(10, 1, 5000), np.zeros(5000))
    figure = measured(monkeypatch, cost, made)
    reach = 1.96 / np.sqrt(5000)
    ends = (cast("float", figure.low), cast("float", figure.high))
    assert ends == pytest.approx((figure.estimate - reach, figure.estimate + reach), abs=0.35 * reach)

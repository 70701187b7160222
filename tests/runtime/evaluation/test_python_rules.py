"""Figures of one's own: their intervals hold the truth as often as they say, also where few rows decide them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
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
from runtime.evaluation.worlds import evaluate, figures, trained
from runtime.evaluation.worlds import measured as evaluated


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("world"))


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


OWN = """
import numpy as np

def hits(y_true, y_pred, rows):
    assert set(rows.columns) == {"x0", "x1", "x2", "x3", "color", "flag", "region"}
    return ((y_pred >= 0.5) == y_true).mean()

def broken(y_true, y_pred, rows):
    return rows["nothing"].sum()

def text(y_true, y_pred, rows):
    return "many"
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with functions of one's own, in a module of a name that no other test uses."""
    name = f"own_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path / f"{name}.py"


def test_a_figure_of_ones_own_is_bootstrapped(world: Path, repository: Path) -> None:
    rules = [{"id": "own", "python": f"{repository.stem}:hits", "atLeast": 0.5, "confidence": "90%"}]
    assert evaluate(world, rules) == 0
    own, accuracy = evaluated(world, "own")["figures"]["value"], figures(world)["metrics"]["accuracy"]
    assert own["estimate"] == pytest.approx(accuracy["estimate"])
    # 90 % are less than the 95 % of the report.
    assert accuracy["low"] < own["low"] < own["estimate"] < own["high"] < accuracy["high"]


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        ("broken", "py:9: KeyError: 'nothing'"),
        ("text", "returned str; expected a number"),
        ("absent", "has no function `absent`"),
    ],
)
def test_a_function_of_ones_own_that_fails_is_shown_by_its_line(
    function: str, sentence: str, world: Path, repository: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rules = [{"id": "own", "python": f"{repository.stem}:{function}", "atLeast": 0.5}]
    assert evaluate(world, rules) == 2
    said = capfd.readouterr().err
    assert sentence in said
    assert "gate `release`, rule `own`" in said
    assert "Traceback" not in said

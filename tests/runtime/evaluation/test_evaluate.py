"""The step ``evaluate``: every metric with its interval, and the figures of each form of rule."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pydantic import TypeAdapter
from sklearn.metrics import roc_auc_score

from penstock.runtime.artifacts import Splits, directory_digest
from penstock.runtime.evaluation import measuring
from penstock.runtime.evaluation.champion import AbsentChampion
from penstock.runtime.evaluation.context import EvaluationContext
from penstock.runtime.faults import EXIT_BROKEN, EXIT_REJECTED
from penstock.runtime.learning.model_files import TrainedModel, load_model
from penstock.specs.gate import AnyRule
from penstock.specs.metrics import METRICS
from runtime.evaluation.worlds import ESTIMATORS, evaluate, figures, gate, measured, step, trained
from runtime.made_splits import write_splits


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("world"))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_metric_of_the_task_has_its_interval(task: str, tmp_path: Path) -> None:
    world = trained(tmp_path, task)
    assert evaluate(world, [], task) == 0
    found = figures(world)["metrics"]
    assert set(found) == {name for name, metric in METRICS.items() if task in metric.tasks}
    for name, figure in found.items():
        if task == "regression" and name == "mean_poisson_deviance":
            assert figure["estimate"] is None  # some of these values are below zero
        else:
            assert figure["low"] < figure["high"], name
            assert figure["low"] <= figure["estimate"] <= figure["high"] or name == "expected_calibration_error"
    said = pq.read_table(world / "evaluation" / "predictions.parquet")
    assert said.num_rows == figures(world)["rows"] == 600
    assert {"id", "@event_time", "@slice.region", "@label", "@prediction"} <= set(said.column_names)


def test_figures_are_those_of_the_test_rows_and_of_this_model(world: Path) -> None:
    assert evaluate(world, []) == 0
    model, rows = load_model(world / "model"), Splits.read(world / "splits").rows("test")
    found = figures(world)
    assert found["digest"] == directory_digest(world / "model")
    assert found["metrics"]["roc_auc"]["estimate"] == pytest.approx(
        roc_auc_score(rows.label, model.scores(rows.features))
    )


def test_the_same_model_on_the_same_rows_gets_the_same_bytes(world: Path) -> None:
    rules = [
        {"id": "quality", "metric": "average_precision", "atLeast": 0.5, "confidence": "95%"},
        {"id": "steady", "perturb": {"noise": 0.1}, "metric": "roc_auc", "maxDrop": 0.1},
        {"id": "spread", "explain": "permutation", "maxShare": 0.9},
    ]
    digests = set()
    for _ in range(2):
        shutil.rmtree(world / "evaluation", ignore_errors=True)
        assert evaluate(world, rules) == 0
        digests.add(hashlib.sha256((world / "evaluation" / "figures.json").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_each_rule_has_the_interval_of_its_own_confidence(world: Path) -> None:
    rules = [
        {"id": "sure", "metric": "roc_auc", "atLeast": 0.5, "confidence": "99%"},
        {"id": "less", "metric": "roc_auc", "atLeast": 0.5, "confidence": "80%"},
        {"id": "plain", "metric": "roc_auc", "atLeast": 0.5},
    ]
    assert evaluate(world, rules) == 0
    sure, less, plain = (measured(world, rule["id"])["figures"]["value"] for rule in rules)
    assert sure["low"] < less["low"] < plain["estimate"]
    assert plain["low"] is None


def test_the_threshold_decides_which_rows_are_positive(world: Path) -> None:
    rules = [
        {"id": "sure", "metric": "recall", "atLeast": 0.1, "confidence": "90%"},
        {"id": "regions", "metric": "recall", "by": "region", "maxGap": 0.9},
        {"id": "fair", "fairness": "demographic_parity_difference", "by": "region", "atMost": 0.9},
        {"id": "steady", "perturb": {"noise": 0.000001}, "metric": "recall", "maxDrop": 0.1},
    ]
    assert evaluate(world, rules, threshold=0.8) == 0
    model, rows = load_model(world / "model"), Splits.read(world / "splits").rows("test")
    positive, region = model.scores(rows.features) >= 0.8, np.array(rows.group("region"))
    share = {name: positive[(rows.label == 1) & (region == name)].mean() for name in ("north", "south")}
    assert figures(world)["threshold"] == 0.8
    assert measured(world, "sure")["figures"]["value"]["estimate"] == pytest.approx(positive[rows.label == 1].mean())
    assert measured(world, "regions")["details"]["groups"] == pytest.approx(share)
    selected = measured(world, "fair")["details"]["groups"]["selection_rate"]
    assert selected == pytest.approx({name: positive[region == name].mean() for name in share})
    assert measured(world, "steady")["figures"]["drop"]["estimate"] == pytest.approx(0, abs=0.01)
    said = pq.read_table(world / "evaluation" / "predictions.parquet")
    assert said["@prediction"].to_pylist() == positive.astype(int).tolist()
    assert said["@score"].to_pylist() == model.scores(rows.features).tolist()


def test_a_comparison_has_the_interval_of_its_own_confidence(world: Path) -> None:
    tests = {"paired-bootstrap": "recall", "delong": "roc_auc"}
    rules = [
        {
            "id": f"{test}-{sure}",
            "compare": {"to": "baseline", "metric": metric, "test": test, "confidence": f"{sure}%"},
        }
        for test, metric in tests.items()
        for sure in (80, 99)
    ]
    assert evaluate(world, rules) == 0
    for test in tests:
        less, more = (measured(world, f"{test}-{sure}")["figures"]["advantage"] for sure in (80, 99))
        assert more["low"] < less["low"] < less["estimate"] < less["high"] < more["high"]


def test_slices_say_which_groups_are_furthest_apart_and_which_are_small(world: Path) -> None:
    rules = [
        {"id": "regions", "metric": "recall", "by": "region", "maxGap": 0.2, "atLeast": 0.3},
        {"id": "colors", "metric": "recall", "by": "color", "maxGap": 0.2, "minSupport": 60},
        {"id": "none", "metric": "recall", "by": "color", "maxGap": 0.2, "minSupport": 5000},
    ]
    assert evaluate(world, rules) == 0
    regions = measured(world, "regions")
    groups = regions["details"]["groups"]
    assert set(groups) == {"north", "south"}
    assert regions["figures"]["gap"]["estimate"] == pytest.approx(abs(groups["north"] - groups["south"]))
    assert regions["figures"]["lowest"]["estimate"] == min(groups.values())
    worst, best = sorted(groups, key=lambda name: groups[name])
    assert regions["figures"]["gap"]["name"] == f"recall[{best}] - recall[{worst}]"
    assert "(missing) (" in measured(world, "colors")["notes"][0]
    assert measured(world, "none")["figures"] == {}
    largest = max(measured(world, "colors")["details"]["rows"].values())
    one = [{"id": "one", "metric": "recall", "by": "color", "maxGap": 0.2, "minSupport": largest}]
    assert evaluate(world, one) == 0
    gap = measured(world, "one")["figures"]["gap"]
    assert (gap["name"], gap["estimate"]) == ("gap of recall", None)
    assert gate(world, one) == EXIT_REJECTED


@pytest.mark.parametrize(("after", "drop"), [(0.3, 0.0), (0.2999, 0.1 + 0.2 - 0.2999)])
def test_the_last_place_of_a_sum_is_no_drop(
    world: Path, monkeypatch: pytest.MonkeyPatch, after: float, drop: float
) -> None:
    """0.1 + 0.2 is a little more than 0.3, which a bound of zero must not take for lost quality."""
    monkeypatch.setattr(measuring, "compute", lambda *_: after)
    monkeypatch.setattr(EvaluationContext, "metric", lambda *_: 0.1 + 0.2)
    assert evaluate(world, [{"id": "noise", "perturb": {"noise": 0.1}, "metric": "roc_auc", "maxDrop": 0}]) == 0
    assert measured(world, "noise")["figures"]["drop"]["estimate"] == pytest.approx(drop, rel=0, abs=0)


def test_a_model_that_fails_on_perturbed_rows_without_a_word_is_told_of(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = TrainedModel.scores

    def scores(self: TrainedModel, rows: Any) -> Any:
        assert not rows["x0"].isna().any()
        return answers(self, rows)

    monkeypatch.setattr(TrainedModel, "scores", scores)
    rule = {"id": "holes", "perturb": {"missing": "20%"}, "metric": "roc_auc", "maxDrop": 0.9}
    assert evaluate(world, [rule]) == 0
    assert measured(world, "holes")["notes"][0].startswith("the model fails on such rows: AssertionError")


def test_want_of_memory_is_no_drop_of_a_metric(
    world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A gate would say no to the model, which on a larger machine it would let pass."""
    answers = TrainedModel.scores

    def scores(self: TrainedModel, rows: Any) -> Any:
        if rows["x0"].isna().any():
            raise MemoryError("Unable to allocate 8 GiB")
        return answers(self, rows)

    monkeypatch.setattr(TrainedModel, "scores", scores)
    rule = {"id": "holes", "perturb": {"missing": "20%"}, "metric": "roc_auc", "maxDrop": 0.9}
    assert evaluate(world, [rule]) == EXIT_BROKEN
    assert "evaluate: memory ran out" in capsys.readouterr().err


def test_a_metric_that_is_no_number_on_perturbed_rows_is_not_taken_for_no_drop(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = [{"id": "noise", "perturb": {"noise": 0.1}, "metric": "roc_auc", "maxDrop": 0}]
    monkeypatch.setattr(measuring, "compute", lambda *_: float("nan"))
    assert evaluate(world, rules) == 0
    assert measured(world, "noise")["figures"]["drop"]["estimate"] is None
    assert gate(world, rules) == EXIT_REJECTED


def test_fairness_perturbation_importance_and_latency_have_figures(world: Path) -> None:
    rules = [
        {"id": "fair", "fairness": "demographic_parity_difference", "by": "region", "atMost": 0.2},
        {"id": "noise", "perturb": {"noise": 0.5}, "metric": "roc_auc", "maxDrop": 0.2},
        {"id": "holes", "perturb": {"missing": "20%"}, "metric": "brier_score", "maxDrop": 0.2},
        {"id": "crutch", "explain": "permutation", "maxShare": "90%", "forbid": ["x3", "region"]},
        {"id": "speed", "latency": {"p50": "1s", "p99": "2s", "batch": 10}},
    ]
    assert evaluate(world, rules) == 0
    rates = measured(world, "fair")["details"]["groups"]["selection_rate"]
    gap = abs(rates["north"] - rates["south"])
    assert measured(world, "fair")["figures"]["value"]["estimate"] == pytest.approx(gap)
    # Both metrics get worse, whichever way they point.
    assert measured(world, "noise")["figures"]["drop"]["estimate"] > 0.005
    assert measured(world, "holes")["figures"]["drop"]["estimate"] > 0.005
    share = measured(world, "crutch")["figures"]["share"]
    assert share["name"] == "share of x0"
    assert 0.5 < share["estimate"] < 1
    assert measured(world, "crutch")["figures"]["forbidden"] == {
        "name": "x3",
        "estimate": 1.0,
        "low": None,
        "high": None,
    }
    times = measured(world, "speed")["figures"]
    assert 0 < times["p50"]["estimate"] <= times["p99"]["estimate"]


def test_noise_is_measured_by_the_training_rows_and_drawn_anew_each_time(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[dict[str, float], float, int]] = []

    def recorded(rows: pd.DataFrame, deviations: dict[str, float], amount: float, seed: int) -> pd.DataFrame:
        drawn.append((deviations, amount, seed))
        return rows

    monkeypatch.setattr(measuring, "with_noise", recorded)
    assert evaluate(world, [{"id": "noise", "perturb": {"noise": 0.25}, "metric": "roc_auc", "maxDrop": 1}]) == 0
    train = Splits.read(world / "splits").rows("train").features
    assert train["x1"].isna().any()
    numbers = {name: train[name].std(ddof=0) for name in ("x0", "x1", "x2", "x3")}  # of the values that are there
    for deviations, amount, _ in drawn:
        assert deviations == pytest.approx(numbers)
        assert amount == 0.25
    assert len({seed for *_, seed in drawn}) == len(drawn) == measuring.PERTURBATIONS


def test_shares_of_some_rows_are_of_these_rows_and_their_labels(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[float, pd.DataFrame]] = []

    def recorded(skill: Any, rows: pd.DataFrame, features: Any, _seed: int) -> dict[str, float]:
        asked.append((skill(rows), rows))
        return dict.fromkeys(features, 0.1)

    monkeypatch.setattr(measuring, "permutation_shares", recorded)
    monkeypatch.setattr(measuring, "ROWS", 200)
    assert evaluate(world, [{"id": "spread", "explain": "permutation", "maxShare": "90%"}]) == 0
    [(skill, some)] = asked
    test = Splits.read(world / "splits").rows("test")
    assert len(some) == len(set(some.index)) == 200
    scores = load_model(world / "model").scores(test.features)
    assert skill == pytest.approx(roc_auc_score(test.label[some.index], scores[some.index]))


def test_a_share_of_skill_is_told_of_a_metric_too_that_is_lower_when_better(tmp_path: Path) -> None:
    trained(tmp_path, "regression")
    rules = [{"id": "crutch", "explain": "permutation", "maxShare": "10%"}]
    assert evaluate(tmp_path, rules, "regression") == 0
    share = measured(tmp_path, "crutch")["figures"]["share"]
    assert share["name"] == "share of x0"
    assert 0.1 < share["estimate"] < 1
    assert gate(tmp_path, rules) == EXIT_REJECTED


def test_a_baseline_that_knows_only_the_label_is_compared_with(world: Path) -> None:
    rules = [{"id": "skill", "compare": {"to": "baseline", "metric": "log_loss", "margin": 0.05}}]
    assert evaluate(world, rules) == 0
    skill = measured(world, "skill")
    labels = Splits.read(world / "splits").rows("train").label
    truth = Splits.read(world / "splits").rows("test").label
    share = labels.mean()
    constant = -np.mean(np.where(truth == 1, np.log(share), np.log(1 - share)))
    assert skill["details"]["baseline"] == pytest.approx(constant)
    assert skill["figures"]["advantage"]["low"] > 0.05


def test_a_model_that_cannot_answer_for_missing_values_fails_the_rule_about_them(tmp_path: Path) -> None:
    splits = write_splits(tmp_path / "splits")
    for part in splits.glob("*.parquet"):
        table = pq.read_table(part)
        place = table.column_names.index("x1")
        pq.write_table(table.set_column(place, "x1", pc.fill_null(table["x1"], 0.0)), part)
    # Without an imputation a logistic regression takes no missing number.
    flags = {"splits": splits, "estimator": json.dumps(ESTIMATORS["binary"]), "task": "binary", "model": "made"}
    assert step("train", **flags, model_dir=tmp_path / "model") == 0
    rules = [{"id": "holes", "perturb": {"missing": "20%"}, "metric": "roc_auc", "maxDrop": 0.9}]
    assert evaluate(tmp_path, rules) == 0
    assert "the model fails on such rows: ValueError: Input X contains NaN" in measured(tmp_path, "holes")["notes"][0]
    assert gate(tmp_path, rules) == EXIT_REJECTED


@pytest.mark.parametrize("asking", ["evaluate", "baseline"])
def test_a_model_that_fails_on_rows_that_it_has_not_learned_from_is_a_sentence(
    asking: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    splits = write_splits(tmp_path / "splits", rows=40)
    neighbours = {"class": "sklearn.neighbors.KNeighborsClassifier", "params": {"n_neighbors": 500}}
    preprocess = json.dumps({"numeric": {"impute": "median"}})
    shared = {"splits": splits, "task": "binary", "model_dir": tmp_path / "model"}
    flags = {"estimator": json.dumps(neighbours), "preprocess": preprocess, "model": "made"}
    assert step("train", **shared, **flags) == 0
    output = {"baseline": tmp_path / "baseline"}
    if asking == "evaluate":
        output = {"evaluation": tmp_path / "evaluation", "gates": "{}", "model": "made"}
    assert step(asking, **shared, **output) == 2
    told = capsys.readouterr().err
    assert "rows: ValueError: Expected n_neighbors <= n_samples_fit, but n_neighbors = 500" in told
    assert "Traceback" not in told


def test_what_cannot_be_evaluated_is_a_sentence(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(**flags: Any) -> str:
        assert evaluate(world, [], **({"evaluation": tmp_path / "evaluation"} | flags)) == 2
        assert not (tmp_path / "evaluation" / "figures.json").exists()
        return capsys.readouterr().err

    assert "the splits are of a binary task, and --task is regression" in said(task="regression")
    numbers = write_splits(tmp_path / "numbers", "regression")
    expected = "the model is for a binary task, but the splits are of a regression task"
    assert expected in said(splits=numbers, task="regression")
    shutil.copytree(world / "splits", tmp_path / "splits")
    file = tmp_path / "splits" / "test.parquet"
    pq.write_table(pq.read_table(file).slice(0, 0), file)
    assert "the splits have no test rows, so the model cannot be evaluated" in said(splits=tmp_path / "splits")
    answers = TrainedModel.scores

    def scores(self: TrainedModel, rows: Any) -> Any:
        return np.where(np.arange(len(rows)) < 3, np.inf, answers(self, rows))

    monkeypatch.setattr(TrainedModel, "scores", scores)
    assert "the model predicts no finite number for 3 of 600 test rows" in said()


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"metric": "r2", "atLeast": 0.5}, "`r2` is not a metric of a binary task; known: `roc_auc`"),
        ({"metric": "recall", "by": "planet", "maxGap": 0.1}, "`planet` is neither a slice nor a feature"),
        (
            {"compare": {"to": "baseline", "metric": "recall", "test": "delong"}},
            "`delong` compares roc_auc, not `recall`",
        ),
    ],
)
def test_a_rule_that_cannot_be_measured_is_a_sentence(
    rule: dict[str, object], sentence: str, world: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(world, [{"id": "wrong", **rule}]) == 2
    said = capfd.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_a_batch_is_as_large_as_it_says_also_where_fewer_rows_test(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    model = SimpleNamespace(scores=lambda rows: sizes.append(len(rows)))
    context: Any = SimpleNamespace(rows=SimpleNamespace(features=pd.DataFrame({"x": range(10)})), model=model)
    timed = {"p99": 1.0}
    monkeypatch.setattr(measuring, "call_percentiles", lambda call: [call(number) for number in range(7)] and timed)
    for batch in (1, 4, 24):
        rule = TypeAdapter(AnyRule).validate_python({"id": "speed", "latency": {"p99": "1s", "batch": batch}})
        measuring.measured(rule, context, AbsentChampion("none"))
        assert sizes == [batch] * 7
        sizes.clear()

"""Intervals: the numbers that independent implementations give, and coverage by simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from penstock.runtime.measures.comparisons import paired_bootstrap
from penstock.runtime.measures.delong import areas
from penstock.runtime.measures.intervals import Intervals, percentiles, proportion, reaching, wilson
from penstock.runtime.measures.metrics import compute
from penstock.runtime.measures.predictions import Predictions, binary, regression
from penstock.runtime.measures.resampling import distributions, statistic
from penstock.specs.metrics import METRICS
from runtime.measures.made import EVERY, metrics_of, predictions

HMDA = pd.read_parquet(Path(__file__).parent / "hmda.parquet")
APPROVED = HMDA.approved.to_numpy()


def test_delongs_interval_is_that_of_independent_implementations() -> None:
    low, high = areas(APPROVED, HMDA.logistic.to_numpy()).interval(0.95)
    assert low == pytest.approx(0.7926681, abs=5e-8)
    assert high == pytest.approx(0.8510920, abs=1e-7)


def test_wilsons_interval_is_that_of_independent_implementations() -> None:
    interval = Intervals(binary(APPROVED, HMDA.logistic.to_numpy(), 0.88), ["accuracy"], seed=0).of("accuracy", 0.95)
    assert (interval.low, interval.high) == pytest.approx((0.7787004933, 0.8111038305), abs=1e-10)
    assert interval.method == "wilson"


@pytest.mark.parametrize("metric", [name for name, metric in METRICS.items() if metric.rate_of is not None])
def test_a_proportion_is_its_metric(metric: str) -> None:
    made = predictions("binary", 500)
    successes, trials = proportion(metric, made)
    assert successes / trials == pytest.approx(compute(metric, made))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_wider_confidence_is_a_wider_interval_around_the_estimate(task: str) -> None:
    made = predictions(task, 400)  # type: ignore[arg-type]
    names = metrics_of(task)  # type: ignore[arg-type]
    intervals = Intervals(made, names, seed=0)
    for name in names:
        narrow, wide = intervals.of(name, 0.8), intervals.of(name, 0.99)
        estimate = compute(name, made)
        assert narrow.low <= estimate < narrow.high < wide.high, name
        if name != "expected_calibration_error":
            assert wide.low < narrow.low < estimate, name


def test_a_metric_that_the_rows_leave_undefined_has_no_interval_either() -> None:
    # A Poisson deviance knows no prediction below 0: a gate that looked at an end of an interval would let it pass.
    rng = np.random.default_rng(0)
    counts = rng.poisson(2, 300)
    made = regression(counts, np.where(counts == 0, -0.1, counts + 0.1))
    assert np.isnan(compute("mean_poisson_deviance", made))
    interval = Intervals(made, ["mean_poisson_deviance"], seed=0).of("mean_poisson_deviance", 0.95)
    assert np.isnan((interval.low, interval.high)).all()
    assert np.isnan(reaching(float("nan"), 0.1, 0.2)).all()


@pytest.mark.parametrize("metric", metrics_of("binary"))
@pytest.mark.parametrize("answer", [np.nan, np.inf])
def test_a_model_without_an_answer_for_every_row_has_no_interval(metric: str, answer: float) -> None:
    made = predictions("binary", 200)
    score = np.where(np.arange(200) == 7, answer, made.output)
    interval = Intervals(binary(made.truth, score, 0.5), [metric], seed=0).of(metric, 0.95)
    assert np.isnan((interval.low, interval.high)).all()


def test_no_interval_lies_beside_its_estimate() -> None:
    rng = np.random.default_rng(3)
    score = rng.random(4_000)
    honest = binary((rng.random(4_000) < score).astype(int), score, 0.5)
    name = "expected_calibration_error"
    estimate = compute(name, honest)
    drawn = distributions({name: statistic(name, honest)}, len(honest), 0)[name]
    assert estimate < percentiles(drawn, 0.8)[0], "resampling raises it beyond the estimate here"
    interval = Intervals(honest, [name], seed=0).of(name, 0.8)
    assert interval.low == estimate
    assert interval.high == percentiles(drawn, 0.8)[1]
    shuffled = binary(honest.truth, rng.permutation(score), 0.5)
    worse = paired_bootstrap(name, honest, shuffled, 0.8, 0)
    assert worse.low <= worse.estimate <= worse.high


def draw(rng: np.random.Generator, rows: int, task: str) -> Predictions:
    """Rows of a population whose every metric is known from a million of them."""
    if task == "regression":
        value = rng.gamma(3, size=rows)
        return regression(value + rng.normal(0, 0.6, rows) + 10, value + 10)
    positive = rng.random(rows) < 0.4
    score = norm.cdf(rng.normal(size=rows) + np.where(positive, 0.7, -0.7))
    return binary(positive.astype(int), score, 0.55)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_nineteen_of_twenty_intervals_hold_the_truth(task: str) -> None:
    rng, rows, repeats = np.random.default_rng(5), 200, 150
    population = draw(rng, 1_000_000, task)
    names = [name for _, name in EVERY if task in METRICS[name].tasks and name != "expected_calibration_error"]
    names = sorted(set(names))
    truth = {name: compute(name, population) for name in names}
    held = dict.fromkeys(names, 0)
    for number in range(repeats):
        intervals = Intervals(draw(rng, rows, task), names, seed=number)
        for name in names:
            interval = intervals.of(name, 0.95)
            held[name] += interval.low <= truth[name] <= interval.high
    # 150 repeats of 95 % leave 88.6 to 99.3 % in all but one of ten thousand such tests, a little less for a bootstrap.
    assert {name: count / repeats for name, count in held.items() if not count / repeats >= 0.88} == {}


def test_the_upper_end_for_a_calibration_error_is_on_the_safe_side() -> None:
    rng = np.random.default_rng(5)
    population = draw(rng, 1_000_000, "binary")
    truth = compute("expected_calibration_error", population)
    above = 0
    for number in range(40):
        intervals = Intervals(draw(rng, 500, "binary"), ["expected_calibration_error"], seed=number)
        above += intervals.of("expected_calibration_error", 0.95).high >= truth
    assert above >= 39


def test_without_rows_to_say_anything_there_is_no_interval() -> None:
    assert np.isnan(wilson(0, 0, 0.95)).all()
    one_class = binary(np.ones(50, dtype=int), np.linspace(0, 1, 50), 0.5)
    intervals = Intervals(one_class, metrics_of("binary"), seed=0)
    for name in ("roc_auc", "specificity", "false_positive_rate", "matthews_correlation"):
        assert np.isnan(intervals.of(name, 0.95).low), name


def test_an_interval_is_not_made_of_the_few_resamples_that_allow_one() -> None:
    values = np.r_[np.full(60, np.nan), np.linspace(0, 1, 940)]
    assert np.isnan(percentiles(values, 0.95)).all()
    assert percentiles(values[20:], 0.9) == pytest.approx((0.05, 0.95), abs=0.01)

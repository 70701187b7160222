"""Intervals of metrics that are about few rows, or rows in few clusters: wide enough, or none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, norm, t

from penstock.runtime.measures.clusters import Clusters, clusters_of, expanded
from penstock.runtime.measures.comparisons import delong_difference, paired_bootstrap, without_features
from penstock.runtime.measures.intervals import Intervals, percentiles
from penstock.runtime.measures.predictions import Predictions, binary, multiclass
from penstock.runtime.measures.rare_outcomes import rare_outcome_interval
from penstock.runtime.measures.resampling import distributions, statistic
from penstock.runtime.measures.scarcity import scarcest


def of_days(days: int, rows: int, stormy: int, seed: int = 0) -> tuple[Predictions, Clusters]:
    """Rows of days of which the first few alone have positives, a third of their rows."""
    rng, of_row = np.random.default_rng(seed), np.repeat(np.arange(days), rows)
    truth = ((of_row < stormy) & (rng.random(len(of_row)) < 1 / 3)).astype(int)
    return binary(truth, norm.cdf(rng.normal(size=len(of_row)) + 2 * truth - 1), 0.5), clusters_of(of_row)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "recall", "balanced_accuracy"])
def test_positives_of_few_clusters_have_no_interval_however_many_clusters_there_are(metric: str) -> None:
    few, clusters = of_days(60, 30, stormy=6)
    assert np.isnan(Intervals(few, [metric], 0, clusters).of(metric, 0.95).low)
    assert np.isfinite(Intervals(few, ["specificity"], 0, clusters).of("specificity", 0.95).low)
    found = scarcest(metric, clusters, (), few)
    assert (found.kind, found.clusters) == ("positive test rows", 6)
    assert found.are_too_few
    baseline = without_features("roc_auc", few, few.truth)
    assert np.isnan(paired_bootstrap("roc_auc", few, baseline, 0.95, 0, clusters).low)
    assert np.isnan(delong_difference(few, baseline, 0.95, clusters).low)
    enough, clusters = of_days(60, 30, stormy=25)
    assert np.isfinite(Intervals(enough, [metric], 0, clusters).of(metric, 0.95).low)


def test_clusters_of_positives_that_are_few_but_enough_make_a_wider_interval() -> None:
    made, clusters = of_days(60, 30, stormy=14)
    found = Intervals(made, ["roc_auc"], 0, clusters).of("roc_auc", 0.95)
    worth = clusters.effective_of(made.truth == 1)
    assert 10 < worth < 14
    narrower = Intervals(made, ["roc_auc"], 0, clusters).of("roc_auc", 2 * t.cdf(t.ppf(0.975, 59), worth - 1) - 1)
    assert (found.high - found.low) / (narrower.high - narrower.low) == pytest.approx(
        t.ppf(0.975, worth - 1) / t.ppf(0.975, 59), abs=0.01
    )


def test_a_class_of_few_clusters_is_named() -> None:
    of_row = np.repeat(np.arange(40), 10)
    truth = np.where(of_row < 3, 2, np.arange(400) % 2)
    made = multiclass(truth, np.random.default_rng(0).dirichlet([1, 1, 1], 400))
    assert scarcest("macro_f1", clusters_of(of_row), ("day", "night", "dusk"), made).kind.endswith("class `dusk`")
    assert scarcest("accuracy", clusters_of(of_row), ("day", "night", "dusk"), made).effective == 40


def test_korn_and_graubards_interval_of_independent_rows_is_the_exact_one_of_as_many() -> None:
    # 4 of 400 rows; with clusters of one row only Student's distribution makes them fewer.
    success, among, clusters = np.arange(400) < 4, np.ones(400, dtype=bool), clusters_of(np.arange(400))
    rows = 399 * (norm.ppf(0.975) / t.ppf(0.975, 399)) ** 2
    expected = beta.ppf(0.025, 0.01 * rows, 0.99 * rows + 1), beta.ppf(0.975, 0.01 * rows + 1, 0.99 * rows)
    assert rare_outcome_interval(success, among, clusters, 0.95) == pytest.approx(expected)
    assert np.isnan(rare_outcome_interval(np.arange(400) < 40, among, clusters, 0.95)).all()
    assert np.isnan(rare_outcome_interval(among, among, clusters, 0.95)).all()


def test_failures_of_a_single_day_are_one_failure_and_no_resample_shows_that() -> None:
    days = np.repeat(np.arange(60), 30)
    made, clusters = binary(np.zeros(1800, dtype=int), (np.arange(1800) < 12).astype(float), 0.5), clusters_of(days)
    found = Intervals(made, ["specificity"], 0, clusters).of("specificity", 0.95)
    resamples = distributions({"it": statistic("specificity", made)}, 1800, 0, clusters)["it"]
    assert found.low < percentiles(resamples, 0.95, clusters.effective)[0] - 0.01
    assert found.low <= rare_outcome_interval(made.decision == 0, made.truth == 0, clusters, 0.95)[0] < 0.97


def few_positives(rng: np.random.Generator, rows: int) -> Predictions:
    """Rows of which about 3 % are positive and at least two, ranked with an area of 0.856."""
    truth = (rng.random(rows) < 0.03).astype(int)
    truth[:2] = 1
    return binary(truth, norm.cdf(rng.normal(size=rows) + 1.5 * truth - 0.75), 0.5)


def test_an_area_of_few_positives_is_not_proved_better_than_a_baseline_too_often() -> None:
    rng, truth, above = np.random.default_rng(1), norm.cdf(1.5 / np.sqrt(2)) - 0.5, 0
    for number in range(150):
        made = few_positives(rng, 150)
        nothing = without_features("roc_auc", made, np.array([0, 1]))
        above += paired_bootstrap("roc_auc", made, nothing, 0.95, number).low > truth
    # One of forty is promised, and eight are a fluke.
    assert above <= 8


def test_percentiles_of_few_positives_are_taken_further_out() -> None:
    made = few_positives(np.random.default_rng(2), 600)
    count = int(made.truth.sum())
    resamples = distributions({"it": statistic("average_precision", made)}, 600, 0)["it"]
    found = Intervals(made, ["average_precision"], 0).of("average_precision", 0.95)
    low, high = percentiles(resamples, expanded(0.95, count))
    assert 10 < count < 40
    assert found.low <= low < percentiles(resamples, 0.95)[0]
    assert found.high >= high > percentiles(resamples, 0.95)[1]


@pytest.mark.parametrize(("resamples", "confidence"), [(300, 0.99), (300, 0.999), (2000, 0.9999)])
def test_resamples_that_are_too_few_for_a_confidence_reach_as_far_as_a_normal_distribution(
    resamples: int, confidence: float
) -> None:
    rng, reach = np.random.default_rng(3), norm.ppf((1 + confidence) / 2)
    ends = np.array([percentiles(rng.normal(size=resamples), confidence) for _ in range(400)])
    assert ends.mean(axis=0) == pytest.approx((-reach, reach), rel=0.03)


def test_two_positives_have_an_interval_within_the_range_of_the_metric() -> None:
    score = np.linspace(0.1, 0.9, 40)
    made = binary((np.isin(np.arange(40), (20, 39))).astype(int), score, 0.5)
    for metric in ("brier_score", "balanced_accuracy"):
        found = Intervals(made, [metric], 0).of(metric, 0.999)
        assert 0 <= found.low < found.high <= 1
    better = paired_bootstrap("brier_score", made, binary(made.truth, score[::-1], 0.5), 0.999, 0)
    assert -1 <= better.low < better.high <= 1

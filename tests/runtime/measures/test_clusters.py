"""Rows that belong together: their intervals hold the truth as often as they say, those of single rows do not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from penstock.runtime.measures import resampling
from penstock.runtime.measures.clusters import Clusters, clusters_of, expanded
from penstock.runtime.measures.comparisons import delong_difference, paired_bootstrap
from penstock.runtime.measures.delong import areas
from penstock.runtime.measures.intervals import Intervals, percentiles
from penstock.runtime.measures.metrics import compute
from penstock.runtime.measures.predictions import Predictions, binary, regression
from penstock.runtime.measures.resampling import RESAMPLES, difference, distributions, statistic
from penstock.specs.metrics import Task
from runtime.measures.made import EVERY, metrics_of, predictions

ROUNDS = 250
ROUNDS_BETWEEN_ROWS = 5
"""Intervals of single rows are far off, so that few rounds show it; of curves they take long."""


def days(clusters: int, rows: int) -> np.ndarray:
    return np.repeat(np.arange(clusters), rows)


def shared(rng: np.random.Generator, of_row: np.ndarray, share: float) -> np.ndarray:
    """Standard normal values of which rows of a cluster have a `share` in common."""
    common = rng.normal(size=of_row.max() + 1)[of_row]
    return np.sqrt(share) * common + np.sqrt(1 - share) * rng.normal(size=len(of_row))


def draw(rng: np.random.Generator, of_row: np.ndarray, task: Task) -> Predictions:
    """Rows of which those of a cluster are wrong together."""
    if task == "regression":
        return regression(shared(rng, of_row, 0.3), np.zeros(len(of_row)))
    truth = (shared(rng, of_row, 0.2) > 0.3).astype(int)
    # Some days the model ranks well and on others hardly at all.
    skill = 1.0 + rng.normal(size=of_row.max() + 1)[of_row]
    return binary(truth, stats.norm.cdf(skill * (truth - 0.5) + rng.normal(size=len(of_row))), 0.5)


@pytest.mark.parametrize(
    ("task", "metric", "clusters"),
    [
        ("regression", "mean_absolute_error", 40),
        ("binary", "accuracy", 40),
        ("binary", "roc_auc", 40),
        ("binary", "average_precision", 40),
        ("regression", "mean_absolute_error", 20),
        ("binary", "roc_auc", 20),
    ],
)
def test_a_cluster_interval_holds_the_truth_as_often_as_it_says_and_one_of_rows_does_not(
    task: Task, metric: str, clusters: int
) -> None:
    rng, of_row = np.random.default_rng(3), days(clusters, 15)
    truth = compute(metric, draw(rng, days(20_000, 15), task))
    held, held_by_rows = 0, 0
    for number in range(ROUNDS):
        made = draw(rng, of_row, task)
        found = Intervals(made, [metric], number, clusters_of(of_row)).of(metric, 0.95)
        held += found.low <= truth <= found.high
        if number % ROUNDS_BETWEEN_ROWS == 0:
            by_rows = Intervals(made, [metric], number).of(metric, 0.95)
            held_by_rows += by_rows.low <= truth <= by_rows.high
    # Two standard errors of a share of 95 % in so many rounds are 2.8 %.
    assert 0.91 * ROUNDS < held < 0.99 * ROUNDS
    assert held_by_rows < 0.82 * ROUNDS / ROUNDS_BETWEEN_ROWS


def test_clusters_of_very_different_size_are_no_exception() -> None:
    rng = np.random.default_rng(5)
    of_row = np.repeat(np.arange(60), rng.geometric(1 / 25, 60))
    assert 20 < clusters_of(of_row).effective < 45
    held = 0
    for number in range(ROUNDS):
        made = regression(shared(rng, of_row, 0.3), np.zeros(len(of_row)))
        found = Intervals(made, ["mean_absolute_error"], number, clusters_of(of_row)).of("mean_absolute_error", 0.95)
        held += found.low <= np.sqrt(2 / np.pi) <= found.high
    assert held > 0.90 * ROUNDS


@pytest.mark.parametrize(("task", "metric"), EVERY)
def test_rows_that_are_clusters_of_their_own_are_resampled_as_rows(task: Task, metric: str) -> None:
    made = predictions(task, 300)
    form = {metric: statistic(metric, made)}
    rows = distributions(form, 300, 0)[metric]
    clusters = distributions(form, 300, 0, clusters_of(np.arange(300)))[metric]
    assert clusters.shape == (RESAMPLES,)
    assert abs(clusters.mean() - rows.mean()) < 5 * rows.std() / np.sqrt(RESAMPLES)
    assert clusters.std() == pytest.approx(rows.std(), rel=0.1)


@pytest.mark.parametrize(("task", "metric"), EVERY)
def test_resamples_are_distributed_as_those_of_rows_that_are_drawn_by_cluster(task: Task, metric: str) -> None:
    made, of_row = predictions(task, 400), np.random.default_rng(2).integers(0, 50, 400)
    clusters = clusters_of(of_row)
    fast = distributions({metric: statistic(metric, made)}, 400, 0, clusters)[metric]
    members, generator = clusters.members(), np.random.default_rng(1)
    picked = (generator.integers(0, len(clusters), len(clusters)) for _ in range(400))
    slow = np.array([compute(metric, made.take(np.concatenate([members[each] for each in one]))) for one in picked])
    assert abs(fast.mean() - slow.mean()) < 5 * slow.std() / np.sqrt(400)
    assert fast.std() == pytest.approx(slow.std(), rel=0.2)


def test_the_mean_of_equal_clusters_has_the_interval_that_scipy_gives_to_their_means() -> None:
    rng, of_row = np.random.default_rng(4), days(200, 10)
    made = regression(shared(rng, of_row, 0.4), np.zeros(2000))
    found = Intervals(made, ["mean_absolute_error"], 0, clusters_of(of_row)).of("mean_absolute_error", 0.95)
    means = np.abs(made.truth).reshape(200, 10).mean(axis=1)
    theirs = stats.bootstrap((means,), np.mean, method="percentile", n_resamples=20_000, rng=rng).confidence_interval
    assert found.method == "cluster-bootstrap-t"
    width = theirs.high - theirs.low
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.05 * width)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_a_curve_of_many_scores_has_the_error_of_one_that_tells_them_all_apart(
    metric: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, of_row = np.random.default_rng(6), days(60, 100)
    made, other = draw(rng, of_row, "binary"), draw(rng, of_row, "binary")
    other = binary(made.truth, 0.7 * made.output + 0.3 * other.output, 0.5)
    forms = {
        "alone": statistic(metric, made),
        "paired": difference(statistic(metric, made), statistic(metric, other)),
    }
    exact = distributions(forms, 6000, 0, clusters_of(of_row))
    monkeypatch.setattr(resampling, "_CURVE_ROWS", 1000)
    monkeypatch.setattr(resampling, "_CURVE_BINS", 500)
    coarse = distributions(forms, 6000, 0, clusters_of(of_row))
    for name, resamples in exact.items():
        assert np.abs(coarse[name] - resamples).max() < 0.2 * resamples.std(), name
        assert coarse[name].std() == pytest.approx(resamples.std(), rel=0.03), name


@pytest.mark.parametrize("metric", ["accuracy", "brier_score", "roc_auc"])
def test_very_many_clusters_have_the_error_of_all_of_them(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng, of_row = np.random.default_rng(7), days(2000, 3)
    form = {metric: statistic(metric, draw(rng, of_row, "binary"))}
    exact = distributions(form, 6000, 0, clusters_of(of_row))[metric]
    monkeypatch.setattr(resampling, "_BLOCKS", 500)
    blocks = distributions(form, 6000, 0, clusters_of(of_row))[metric]
    assert blocks.mean() == pytest.approx(exact.mean(), abs=exact.std() / 4)
    assert blocks.std() == pytest.approx(exact.std(), rel=0.15)


def test_the_area_of_single_rows_has_the_variance_of_delong() -> None:
    made = predictions("binary", 500)
    rows = areas(made.truth, made.output, made.output**2)
    clusters = areas(made.truth, made.output, made.output**2, clusters=clusters_of(np.arange(500)))
    assert clusters.covariance == pytest.approx(rows.covariance, rel=0.01)


def test_the_interval_of_an_area_is_that_of_the_bootstrap_of_its_clusters() -> None:
    rng, of_row = np.random.default_rng(8), days(80, 30)
    made = draw(rng, of_row, "binary")
    other = binary(made.truth, 0.5 * made.output + 0.5 * rng.random(2400), 0.5)
    clusters = clusters_of(of_row)
    resamples = distributions({"roc_auc": statistic("roc_auc", made)}, 2400, 0, clusters)["roc_auc"]
    found = Intervals(made, ["roc_auc"], 0, clusters).of("roc_auc", 0.95)
    low, high = percentiles(resamples, 0.95, clusters.effective)
    assert found.method == "obuchowski"
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.1 * (high - low))
    exact, boot = (
        delong_difference(made, other, 0.95, clusters),
        paired_bootstrap("roc_auc", made, other, 0.95, 0, clusters),
    )
    assert exact.estimate == pytest.approx(boot.estimate)
    assert (exact.low, exact.high) == pytest.approx((boot.low, boot.high), abs=0.1 * (boot.high - boot.low))


def test_the_same_seed_gives_the_same_resamples_whatever_the_clusters_are_called() -> None:
    made, of_row = predictions("binary", 300), np.random.default_rng(0).integers(0, 40, 300)
    forms = {metric: statistic(metric, made) for metric in metrics_of("binary")}
    one, two, named, other = (
        distributions(forms, 300, seed, clusters)
        for seed, clusters in (
            (7, clusters_of(of_row)),
            (7, clusters_of(of_row)),
            (7, clusters_of(np.array([f"day {each:02}" for each in of_row]))),
            (8, clusters_of(of_row)),
        )
    )
    for metric in forms:
        assert np.array_equal(one[metric], two[metric], equal_nan=True)
        assert np.array_equal(one[metric], named[metric], equal_nan=True)
        assert not np.array_equal(one[metric], other[metric], equal_nan=True)


@pytest.mark.parametrize(("task", "metric"), EVERY)
def test_too_few_clusters_have_no_interval(task: Task, metric: str) -> None:
    made = predictions(task, 380)
    for of_row in (days(19, 20), np.r_[np.zeros(340, dtype=int), np.arange(40)]):
        found = Intervals(made, [metric], 0, clusters_of(of_row)).of(metric, 0.95)
        assert np.isnan([found.low, found.high]).all()
        assert np.isnan(paired_bootstrap(metric, made, made, 0.95, 0, clusters_of(of_row)).low)
    if metric != "mean_poisson_deviance":
        found = Intervals(made, [metric], 0, clusters_of(days(20, 19))).of(metric, 0.95)
        assert found.low < found.high


def test_a_model_that_is_right_on_all_clusters_is_known_to_be_right_on_so_many_alone() -> None:
    truth = np.tile([0, 1], 500)
    made, clusters = binary(truth, truth * 0.8 + 0.1, 0.5), clusters_of(days(25, 40))
    unseen = 0.025 ** (1 / 25)
    for metric in ("accuracy", "recall", "roc_auc", "f1"):
        found = Intervals(made, [metric], 0, clusters).of(metric, 0.95)
        assert found.low == pytest.approx(unseen, abs=0.07), metric
        assert found.high == 1


def test_resamples_without_a_class_are_left_out_and_too_many_of_them_leave_no_interval() -> None:
    of_row = days(30, 10)
    truth = (of_row < 1).astype(int)
    made = binary(truth, np.random.default_rng(0).random(300), 0.5)
    assert np.isnan(Intervals(made, ["recall"], 0, clusters_of(of_row)).of("recall", 0.95).low)


def test_clusters_that_share_a_row_are_one() -> None:
    patients, wards = np.array([1, 1, 2, 3, 4]), np.array([7, 8, 8, 9, 9])
    found = clusters_of(patients, wards)
    assert (len(found), found.of_row.tolist()) == (2, [0, 0, 0, 1, 1])
    assert clusters_of(patients, patients % 2).sizes.tolist() == [3, 2]


def test_unequal_clusters_count_as_fewer() -> None:
    assert Clusters(np.array([]), np.array([5] * 30)).effective == 30
    assert Clusters(np.array([]), np.array([1] * 29 + [1000])).effective < 1.1


def test_percentiles_of_few_clusters_are_taken_further_out() -> None:
    levels = [expanded(0.95, count) for count in (20, 50, 100_000)]
    assert levels == pytest.approx([0.9682, 0.9577, 0.95], abs=0.0002)

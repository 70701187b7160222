"""Intervals of metrics that a few large losses decide: in standard errors of each resample, not by its percentiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from penstock.runtime.measures.clusters import clusters_of
from penstock.runtime.measures.comparisons import paired_bootstrap
from penstock.runtime.measures.intervals import Intervals, percentiles
from penstock.runtime.measures.metrics import compute
from penstock.runtime.measures.predictions import Predictions, regression
from penstock.runtime.measures.resampling import Sums, distributions, statistic
from penstock.runtime.measures.studentized import studentized
from runtime.measures.made import predictions

ROUNDS = 200


def heavy(rng: np.random.Generator, rows: int) -> Predictions:
    """Errors with the tails of Student's distribution with three degrees of freedom, whose variance is 3."""
    error = rng.standard_t(3, rows)
    return regression(np.zeros(rows), error)


def storms(rng: np.random.Generator, clusters: int, rows: int) -> Predictions:
    """Errors whose size is that of their cluster: log-normal, of a mean square of 1."""
    size = np.exp(0.7 * rng.normal(size=clusters) - 0.49)
    return regression(np.zeros(clusters * rows), np.repeat(size, rows) * rng.normal(size=clusters * rows))


def upper_ends(made: Callable[[np.random.Generator], tuple[Predictions, np.ndarray | None]]) -> np.ndarray:
    """The upper ends, at 95 %, for the root of mean squared errors."""
    rng, ends = np.random.default_rng(11), []
    for number in range(ROUNDS):
        drawn, of_row = made(rng)
        clusters = None if of_row is None else clusters_of(of_row)
        intervals = Intervals(drawn, ["root_mean_squared_error"], number, clusters)
        ends.append(intervals.of("root_mean_squared_error", 0.95).high)
    return np.array(ends)


def test_an_upper_end_for_heavy_tailed_errors_misses_the_truth_half_as_often_as_percentiles_do() -> None:
    # 33 % by percentiles, 15 % here, each give or take 3 %.
    assert (upper_ends(lambda rng: (heavy(rng, 30), None)) < np.sqrt(3)).mean() < 0.26


def test_clusters_that_differ_in_the_size_of_their_errors_are_no_exception() -> None:
    of_row = np.repeat(np.arange(31), 20)
    # 18 % by expanded percentiles, 11 % here, each give or take 2 %.
    assert (upper_ends(lambda rng: (storms(rng, 31, 20), of_row)) < 1).mean() < 0.15


def test_the_standard_error_is_that_of_the_formula_and_of_the_jackknife() -> None:
    made = predictions("regression", 400)
    absolute = np.abs(made.truth - made.output)
    form = statistic("mean_absolute_error", made)
    assert isinstance(form, Sums)
    found = studentized(form, 0)
    assert found.estimate == pytest.approx(absolute.mean())
    assert found.error == pytest.approx(absolute.std() / 20)
    for metric in ("r2", "root_mean_squared_error", "mean_poisson_deviance"):
        form = statistic(metric, made)
        assert isinstance(form, Sums)
        without_one = [compute(metric, made.take(np.arange(400) != row)) for row in range(400)]
        assert studentized(form, 0).error == pytest.approx(np.std(without_one) * np.sqrt(400), rel=0.03), metric


def test_the_standard_error_of_clusters_is_that_of_their_sums() -> None:
    made, of_row = predictions("regression", 600), np.repeat(np.arange(60), 10)
    form = statistic("mean_absolute_error", made)
    assert isinstance(form, Sums)
    means = np.abs(made.truth - made.output).reshape(60, 10).mean(axis=1)
    assert studentized(form, 0, clusters_of(of_row)).error == pytest.approx(means.std() / np.sqrt(60))


def test_many_rows_have_the_interval_of_the_normal_distribution() -> None:
    rng = np.random.default_rng(3)
    made = regression(rng.normal(size=30_000), np.zeros(30_000))
    found = Intervals(made, ["mean_absolute_error"], 0).of("mean_absolute_error", 0.95)
    error = np.abs(made.truth).std() / np.sqrt(30_000)
    centre = np.abs(made.truth).mean()
    assert found.method == "bootstrap-t"
    assert (found.low, found.high) == pytest.approx((centre - 1.96 * error, centre + 1.96 * error), abs=0.2 * error)


@pytest.mark.parametrize("unit", [1e-150, 1e-9, 1e9, 1e150])
def test_the_unit_of_the_label_is_that_of_the_interval(unit: float) -> None:
    made = predictions("regression", 200)
    scaled = regression(made.truth * unit, made.output * unit)
    for metric in ("mean_absolute_error", "root_mean_squared_error"):
        one, other = (Intervals(each, [metric], 0).of(metric, 0.95) for each in (made, scaled))
        assert (other.low / unit, other.high / unit) == pytest.approx((one.low, one.high), rel=1e-4)
    one, other = (Intervals(each, ["r2"], 0).of("r2", 0.95) for each in (made, scaled))
    assert (other.low, other.high) == pytest.approx((one.low, one.high), rel=1e-4)


def test_where_rounding_or_the_rows_leave_no_standard_error_percentiles_stand() -> None:
    value = np.arange(400.0)
    rare = regression(value, value + np.where(value < 2, 1.0, 0.0))
    shifted = regression(value, value + 1e9 + np.where(value % 2 == 0, 1e-3, 0.0))
    for made in (rare, shifted):
        drawn = distributions({"mean_absolute_error": statistic("mean_absolute_error", made)}, 400, 0)
        found = Intervals(made, ["mean_absolute_error"], 0).of("mean_absolute_error", 0.95)
        assert (found.low, found.high) == pytest.approx(percentiles(drawn["mean_absolute_error"], 0.95))


def test_a_difference_of_means_has_the_error_of_the_differences() -> None:
    rng = np.random.default_rng(8)
    truth = rng.normal(size=20_000)
    ours, theirs = (regression(truth, truth + rng.normal(0, scale, 20_000)) for scale in (1.0, 1.1))
    found = paired_bootstrap("mean_absolute_error", ours, theirs, 0.95, 0)
    each = np.abs(theirs.output - truth) - np.abs(ours.output - truth)
    reach = 1.96 * each.std() / np.sqrt(20_000)
    assert (found.low, found.high) == pytest.approx((each.mean() - reach, each.mean() + reach), abs=0.2 * reach)

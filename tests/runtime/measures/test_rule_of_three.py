"""Intervals of rows that are all answered alike: as wide as what such rows do not show, and right in coverage."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from penstock.runtime.measures.comparisons import delong_difference, paired_bootstrap, without_features
from penstock.runtime.measures.delong import areas
from penstock.runtime.measures.intervals import Intervals
from penstock.runtime.measures.metrics import compute
from penstock.runtime.measures.predictions import Predictions, binary, multiclass, regression
from penstock.runtime.measures.rule_of_three import is_bounded, shown_share
from runtime.measures.made import metrics_of, predictions


def perfect(positives: int, negatives: int, seed: int = 0) -> Predictions:
    """Rows that are all ranked and decided rightly."""
    rng = np.random.default_rng(seed)
    score = np.r_[rng.uniform(0.6, 0.9, positives), rng.uniform(0.1, 0.4, negatives)]
    return binary(np.r_[np.ones(positives), np.zeros(negatives)], score, 0.5)


def interval(made: Predictions, metric: str, confidence: float = 0.95) -> tuple[float, float]:
    found = Intervals(made, [metric], seed=0).of(metric, confidence)
    return found.low, found.high


@pytest.mark.parametrize("rows", [1, 3, 20, 500])
@pytest.mark.parametrize("confidence", [0.9, 0.99])
def test_what_rows_show_is_the_exact_bound_of_a_proportion_without_failures(rows: int, confidence: float) -> None:
    exact = binomtest(rows, rows).proportion_ci(confidence, method="exact").low
    assert shown_share(rows, confidence) == pytest.approx(exact)


@pytest.mark.parametrize(("positives", "negatives"), [(2, 2), (3, 3), (50, 4000)])
def test_a_perfect_ranking_proves_as_much_as_its_pairs_do(positives: int, negatives: int) -> None:
    low, high = interval(perfect(positives, negatives), "roc_auc")
    assert low == pytest.approx(0.025 ** (1 / min(positives, negatives)))
    assert high == 1
    upside_down = perfect(positives, negatives)
    low, high = areas(1 - upside_down.truth, upside_down.output).interval(0.95)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / min(positives, negatives)))


def test_a_wrong_pair_never_proves_more_than_none() -> None:
    lows = []
    for wrong in range(12):
        score = np.r_[np.linspace(0.6, 0.9, 80), np.linspace(0.1, 0.4, 80)]
        score[:wrong] = score[80 : 80 + wrong] - 0.001
        lows.append(areas(np.r_[np.ones(80), np.zeros(80)], score).interval(0.95)[0])
    assert lows == sorted(lows, reverse=True)


Draw = Callable[[np.random.Generator, int, int], tuple[np.ndarray, np.ndarray]]


def two_humps(distance: float) -> Draw:
    return lambda rng, m, n: (rng.normal(distance, 1, m), rng.normal(0, 1, n))


def some_below_all(share: float) -> Draw:
    return lambda rng, m, n: (np.where(rng.random(m) < share, -1, 2) + rng.random(m), rng.random(n))


@pytest.mark.parametrize(
    ("draw", "truth"),
    [
        (two_humps(2.5), norm.cdf(2.5 / np.sqrt(2))),
        (two_humps(4), norm.cdf(4 / np.sqrt(2))),
        (some_below_all(0.1), 0.9),
        (some_below_all(0.01), 0.99),
    ],
)
@pytest.mark.parametrize(("positives", "negatives"), [(3, 3), (10, 10), (15, 200), (120, 120)])
def test_near_the_boundary_intervals_of_an_area_hold_the_truth_as_often_as_they_say(
    draw: Draw, truth: float, positives: int, negatives: int
) -> None:
    rng, repeats, held = np.random.default_rng(1), 300, 0
    label = np.r_[np.ones(positives), np.zeros(negatives)]
    for _ in range(repeats):
        low, high = areas(label, np.concatenate(draw(rng, positives, negatives))).interval(0.95)
        held += low <= truth <= high
    # 300 repeats of 95 % leave 91 % or more in all but one of a thousand such tests.
    assert held / repeats >= 0.91


@pytest.mark.parametrize("metric", [name for name in metrics_of("binary") if is_bounded(name)])
def test_six_rows_that_are_all_right_prove_no_metric_to_be_near_its_best(metric: str) -> None:
    made = perfect(3, 3)
    if metric == "expected_calibration_error":
        made = binary(made.truth, made.truth, 0.5)
    found = interval(made, metric, 0.99)
    assert np.isnan(found).all() or found[1] - found[0] > 0.2


@pytest.mark.parametrize("rows", [3, 10, 40])
def test_the_bound_of_decisions_that_are_all_right_holds_the_truth_as_often_as_it_says(rows: int) -> None:
    # At the very value that the interval just does not hold, all are right once in forty samples at most.
    low, _ = interval(perfect(rows, rows), "balanced_accuracy")
    recalls = [(low, low), (2 * low - 1, 1.0)] if low > 0.5 else [(low, low)]
    assert max((first * second) ** rows for first, second in recalls) <= 0.025 + 1e-9


def test_classes_of_few_rows_decide_how_wide_it_is() -> None:
    low, _ = interval(perfect(10, 5000), "balanced_accuracy")
    assert low == pytest.approx((1 + 0.025 ** (1 / 10)) / 2, abs=0.001)
    three = multiclass(np.repeat([0, 1, 2], [400, 400, 4]), np.eye(3)[np.repeat([0, 1, 2], [400, 400, 4])])
    for metric in ("balanced_accuracy", "macro_f1"):
        low, high = interval(three, metric)
        assert low < 0.87
        assert high == 1


@pytest.mark.parametrize("metric", [name for name in metrics_of("binary") if name != "expected_calibration_error"])
def test_where_rows_vary_enough_the_interval_is_that_of_their_variation(metric: str) -> None:
    from penstock.runtime.measures.intervals import percentiles
    from penstock.runtime.measures.resampling import distributions, statistic

    made = predictions("binary", 3000)
    if Intervals(made, [metric], seed=0).of(metric, 0.95).method == "bootstrap":
        resamples = distributions({metric: statistic(metric, made)}, len(made), 0)[metric]
        assert interval(made, metric) == percentiles(resamples, 0.95)


def test_few_numbers_or_numbers_that_are_all_alike_decide_nothing() -> None:
    value = np.arange(50.0)
    assert np.isnan(interval(regression(value + 1, value), "mean_absolute_error")).all()
    assert np.isnan(interval(regression(value[:6] ** 2, value[:6]), "mean_absolute_error")).all()
    many = np.arange(200.0)
    assert interval(regression(many + 1, many), "mean_absolute_error") == pytest.approx((1, 1))


@pytest.mark.parametrize("metric", ["balanced_accuracy", "roc_auc"])
def test_two_perfect_models_of_six_rows_are_not_proved_equal(metric: str) -> None:
    ours, theirs = perfect(3, 3, seed=0), perfect(3, 3, seed=1)
    advantage = paired_bootstrap(metric, ours, theirs, 0.95, 0)
    assert advantage.low < -0.3
    if metric == "roc_auc":
        assert delong_difference(ours, theirs, 0.95).low < -0.3
    same = paired_bootstrap(metric, ours, ours, 0.95, 0)
    assert (same.low, same.high) == (0, 0)


def test_two_models_that_decide_enough_rows_alike_do_not_differ_in_decisions() -> None:
    ours, theirs = perfect(150, 150, seed=0), perfect(150, 150, seed=1)
    assert paired_bootstrap("balanced_accuracy", ours, theirs, 0.95, 0).low == 0
    assert paired_bootstrap("roc_auc", ours, theirs, 0.95, 0).low < 0


def test_a_perfect_model_of_four_rows_is_not_proved_better_than_none() -> None:
    ours = perfect(2, 2)
    nothing = without_features("roc_auc", ours, np.array([0, 1]))
    for found in (delong_difference(ours, nothing, 0.95), paired_bootstrap("roc_auc", ours, nothing, 0.95, 0)):
        assert np.isnan(found.low) or found.low < -0.3
        assert found.estimate == 0.5
    assert compute("roc_auc", nothing) == 0.5


def alike_but_for(rng: np.random.Generator, rows: int, share: float) -> tuple[Predictions, Predictions]:
    """Two models that are right on nine rows of ten, of which a `share` of the rows is decided by each for itself."""
    truth = rng.integers(0, 2, rows)
    right = rng.random(rows) < 0.9
    other = np.where(rng.random(rows) < share, rng.random(rows) < 0.9, right)
    return tuple(binary(truth, np.where(each, truth, 1 - truth), 0.5) for each in (right, other))  # type: ignore[return-value]


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "f1", "matthews_correlation"])
@pytest.mark.parametrize(("rows", "share"), [(60, 0.25), (300, 0.06), (2000, 0.01)])
def test_a_few_rows_that_are_decided_better_prove_no_better_model(metric: str, rows: int, share: float) -> None:
    rng, better = np.random.default_rng(9), 0
    for number in range(150):
        ours, theirs = alike_but_for(rng, rows, share)
        found = paired_bootstrap(metric, ours, theirs, 0.95, number)
        better += found.low >= 0 and found.estimate > 0
    # One of forty is promised, and six are a fluke.
    assert better / 150 < 0.06


def test_one_row_that_is_decided_better_proves_nothing_and_many_do() -> None:
    truth = np.tile([0, 1], 100)
    for differ, proved in ((1, False), (3, False), (12, True)):
        theirs = truth.copy()
        theirs[:differ] = 1 - theirs[:differ]
        found = paired_bootstrap("accuracy", binary(truth, truth, 0.5), binary(truth, theirs, 0.5), 0.95, 0)
        assert (found.low >= 0) == proved, differ
        assert found.high > 0

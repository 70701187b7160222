"""A metric under weights is the metric of rows that are repeated as often."""

from __future__ import annotations

import numpy as np
import pytest

from penstock.runtime.measures import resampling
from penstock.runtime.measures.metrics import compute
from penstock.runtime.measures.predictions import binary, regression
from penstock.runtime.measures.resampling import RESAMPLES, difference, distributions, statistic, weighted
from penstock.specs.metrics import Task
from runtime.measures.made import EVERY, metrics_of, predictions


def slow_bootstrap(task: Task, metric: str, rows: int, resamples: int) -> np.ndarray:
    """The bootstrap as textbooks write it."""
    made, rng = predictions(task, rows), np.random.default_rng(1)
    return np.array([compute(metric, made.take(rng.integers(0, rows, rows))) for _ in range(resamples)])


@pytest.mark.parametrize(("task", "metric"), EVERY)
def test_resamples_are_distributed_as_those_of_a_slow_bootstrap(task: Task, metric: str) -> None:
    made = predictions(task, 200)
    fast = distributions({metric: statistic(metric, made)}, 200, seed=0)[metric]
    slow = slow_bootstrap(task, metric, 200, 400)
    error = slow.std() / np.sqrt(400)
    assert fast.shape == (RESAMPLES,)
    assert abs(fast.mean() - slow.mean()) < 5 * error
    assert fast.std() == pytest.approx(slow.std(), rel=0.2)


@pytest.mark.parametrize(("task", "metric"), EVERY)
def test_many_rows_have_the_error_of_a_few_by_the_root_of_their_number(
    task: Task, metric: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = predictions(task, 4000)
    exact = distributions({metric: statistic(metric, made)}, 4000, seed=0)[metric]
    # With these limits 4,000 rows take the way of a million.
    monkeypatch.setattr(resampling, "_CURVE_ROWS", 1000)
    monkeypatch.setattr(resampling, "_BLOCKS", 1000)
    short = distributions({metric: statistic(metric, made)}, 4000, seed=0)[metric]
    assert short.mean() == pytest.approx(exact.mean(), abs=exact.std())
    assert short.std() == pytest.approx(exact.std(), rel=0.15)


@pytest.mark.parametrize(("task", "metric"), EVERY)
def test_a_model_is_as_good_as_itself_on_every_resample(task: Task, metric: str) -> None:
    made = predictions(task, 300)
    found = distributions({metric: difference(statistic(metric, made), statistic(metric, made))}, 300, seed=0)
    assert found[metric] == pytest.approx(np.zeros(RESAMPLES), abs=1e-12)


def test_the_error_of_a_difference_is_that_of_the_same_rows_not_of_two_samples() -> None:
    made = predictions("binary", 2000)
    other = binary(made.truth, np.round(made.output + 0.004, 2), 0.6)
    for metric in metrics_of("binary"):
        alone = distributions({metric: statistic(metric, made)}, 2000, seed=0)[metric].std()
        paired = difference(statistic(metric, made), statistic(metric, other))
        assert distributions({metric: paired}, 2000, seed=0)[metric].std() < alone, metric


def test_the_same_seed_gives_the_same_resamples() -> None:
    made = predictions("binary", 100)
    forms = {metric: statistic(metric, made) for metric in metrics_of("binary")}
    one, two, other = (distributions(forms, 100, seed) for seed in (7, 7, 8))
    for metric in forms:
        assert np.array_equal(one[metric], two[metric], equal_nan=True)
        assert not np.array_equal(one[metric], other[metric], equal_nan=True)


def test_different_metrics_have_no_difference() -> None:
    made = predictions("binary", 100)
    with pytest.raises(TypeError, match="same metric"):
        difference(statistic("recall", made), statistic("roc_auc", made))


def test_a_metric_has_one_interval_whatever_is_asked_beside_it() -> None:
    made = predictions("binary", 400)
    names = ("f1", "brier_score", "log_loss", "average_precision")
    together = distributions({name: statistic(name, made) for name in names}, 400, seed=0)
    for name in names:
        assert np.array_equal(together[name], distributions({name: statistic(name, made)}, 400, seed=0)[name])


def test_one_enormous_value_does_not_blur_the_resamples_that_lack_it() -> None:
    truth = np.r_[np.arange(20.0), 1e12]
    made = regression(truth, np.r_[truth[:20] + 3, 1e12])
    some = np.r_[np.ones(20), 0.0]
    assert weighted(statistic("r2", made), some[None])[0] == pytest.approx(compute("r2", made.take(some == 1)))

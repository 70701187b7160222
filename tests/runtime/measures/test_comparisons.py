"""Comparisons of two models: the numbers that independent implementations give, directions, ties."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from penstock.runtime.measures.comparisons import (
    delong_difference,
    mcnemar,
    mcnemar_of_counts,
    paired_bootstrap,
    without_features,
)
from penstock.runtime.measures.delong import areas
from penstock.runtime.measures.metrics import compute
from penstock.runtime.measures.predictions import binary, multiclass, regression
from penstock.specs.metrics import METRICS
from runtime.measures.made import metrics_of, predictions

HMDA = pd.read_parquet(Path(__file__).parent / "hmda.parquet")
LOGISTIC = binary(HMDA.approved.to_numpy(), HMDA.logistic.to_numpy(), 0.88)
BAYES = binary(HMDA.approved.to_numpy(), HMDA.bayes.to_numpy(), 0.88)

TRIVIAL = {"expected_calibration_error", "selection_rate", "specificity", "false_positive_rate"}
"""What saying nothing is good at: a constant is perfectly calibrated, and who selects nobody makes no false alarm."""


def test_delongs_test_is_that_of_independent_implementations() -> None:
    found = areas(LOGISTIC.truth, LOGISTIC.output, BAYES.output)
    assert found.p_value() == pytest.approx(0.4496445, abs=5e-8)
    advantage = delong_difference(LOGISTIC, BAYES, 0.95)
    error = (advantage.high - advantage.low) / 2 / 1.959963984540054
    assert advantage.estimate / error == pytest.approx(0.7560077848, abs=1e-9)


def test_mcnemars_test_is_that_of_independent_implementations() -> None:
    found = mcnemar(LOGISTIC, BAYES)
    assert (found.only_ours, found.only_theirs) == (89, 266)
    assert found.chi2 == pytest.approx(87.2563380282, abs=1e-10)
    assert found.p_value == pytest.approx(1.3037e-21, rel=1e-4)
    assert mcnemar_of_counts(0, 0).p_value == 1


def test_the_bootstrap_of_a_difference_of_areas_agrees_with_delong() -> None:
    boot, exact = paired_bootstrap("roc_auc", LOGISTIC, BAYES, 0.95, 0), delong_difference(LOGISTIC, BAYES, 0.95)
    assert boot.estimate == pytest.approx(exact.estimate)
    assert (boot.low, boot.high) == pytest.approx((exact.low, exact.high), abs=0.002)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_knowing_nothing_is_worse_whichever_way_a_metric_points(task: str) -> None:
    made = predictions(task, 3000)  # type: ignore[arg-type]
    for metric in metrics_of(task):  # type: ignore[arg-type]
        nothing = without_features(metric, made, made.truth)
        other = compute(metric, nothing)
        if np.isnan(other) or metric in TRIVIAL:
            continue
        advantage = paired_bootstrap(metric, made, nothing, 0.95, 0)
        assert advantage.low > 0, metric
        back = paired_bootstrap(metric, nothing, made, 0.95, 0)
        assert back.high < 0, metric
        sign = 1 if METRICS[metric].higher_is_better else -1
        assert advantage.estimate == pytest.approx(sign * (compute(metric, made) - other))


def test_scores_that_rank_alike_do_not_differ() -> None:
    same = binary(LOGISTIC.truth, LOGISTIC.output**2, 0.5)
    assert areas(LOGISTIC.truth, LOGISTIC.output, same.output).p_value() == 1
    assert delong_difference(LOGISTIC, same, 0.95).low == 0


def test_a_baseline_says_what_the_training_labels_say() -> None:
    train = np.array([1, 1, 1, 0])
    assert without_features("log_loss", LOGISTIC, train).output[0] == 0.75
    assert without_features("accuracy", LOGISTIC, train).decision[0] == 1
    classes = without_features("log_loss", multiclass(np.array([0, 2]), np.eye(3)[:2]), np.array([2, 2, 0]))
    assert classes.output[1] == pytest.approx([1 / 3, 0, 2 / 3])
    assert classes.decision.tolist() == [2, 2]


@pytest.mark.parametrize("metric", metrics_of("regression"))
def test_no_other_constant_is_a_better_baseline_of_numbers(metric: str) -> None:
    train = np.random.default_rng(3).lognormal(mean=1, sigma=1, size=501)
    rows = regression(train, np.zeros(len(train)))
    sign = 1 if METRICS[metric].higher_is_better else -1
    best = sign * compute(metric, without_features(metric, rows, train))
    others = [sign * compute(metric, regression(train, np.full(len(train), value))) for value in np.unique(train)]
    assert best >= max(others) - 1e-12


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "f1", "macro_f1", "precision"])
@pytest.mark.parametrize("positives", [0.1, 0.7])
def test_no_other_constant_is_a_better_baseline_of_decisions(metric: str, positives: float) -> None:
    train = (np.arange(100) < 100 * positives).astype(int)
    rows = binary(train, np.full(100, 0.5), 0.5)
    best = compute(metric, without_features(metric, rows, train))
    assert best > 0
    for one in (0.0, 1.0):
        assert np.nan_to_num(compute(metric, binary(train, np.full(100, one), 0.5))) <= best


def test_labels_of_zero_do_not_make_a_baseline_of_percentages() -> None:
    rows = regression(np.ones(2), np.zeros(2))
    nothing = without_features("mean_absolute_percentage_error", rows, np.array([0.0, 0.0, 0.0, 5.0]))
    assert nothing.output.tolist() == [5, 5]

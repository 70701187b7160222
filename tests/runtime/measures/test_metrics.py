"""Metrics: the language's list, figures by hand, and NaN where there is no figure."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from penstock.runtime.measures.metrics import CALIBRATION_BINS, COMPUTED, compute
from penstock.runtime.measures.predictions import Predictions, binary, multiclass, regression
from penstock.specs.metrics import METRICS


def test_every_metric_of_the_language_is_computed_and_no_other() -> None:
    assert set(METRICS) == COMPUTED


def figure(name: str, truth: list[float], said: list[float], threshold: float = 0.5) -> float:
    if METRICS[name].reads == "value":
        return compute(name, regression(np.array(truth), np.array(said)))
    return compute(name, binary(np.array(truth), np.array(said), threshold))


TRUTH = [1, 1, 1, 0, 0, 0, 0, 0]
SCORE = [0.9, 0.8, 0.2, 0.7, 0.4, 0.3, 0.2, 0.1]  # one of three positives missed, one of five negatives selected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("roc_auc", (5 + 5 + 1.5) / 15),
        ("brier_score", (0.01 + 0.04 + 0.64 + 0.49 + 0.16 + 0.09 + 0.04 + 0.01) / 8),
        ("log_loss", -np.log([0.9, 0.8, 0.2, 0.3, 0.6, 0.7, 0.8, 0.9]).mean()),
        ("accuracy", 6 / 8),
        ("balanced_accuracy", (2 / 3 + 4 / 5) / 2),
        ("precision", 2 / 3),
        ("recall", 2 / 3),
        ("specificity", 4 / 5),
        ("false_positive_rate", 1 / 5),
        ("false_negative_rate", 1 / 3),
        ("selection_rate", 3 / 8),
        ("f1", 2 / 3),
        ("macro_f1", (2 / 3 + 4 / 5) / 2),
        ("matthews_correlation", (2 * 4 - 1 * 1) / np.sqrt(3 * 3 * 5 * 5)),
        ("average_precision", (1 / 3) * 1 + (1 / 3) * 1 + (1 / 3) * 3 / 7),
    ],
)
def test_metrics_of_decisions_and_scores_are_those_of_a_count_by_hand(name: str, expected: float) -> None:
    assert figure(name, TRUTH, SCORE) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mean_absolute_error", 1.0),
        ("root_mean_squared_error", np.sqrt(6 / 4)),
        ("r2", 1 - 6 / 20),
        ("mean_absolute_percentage_error", (1 / 2 + 0 + 1 / 6 + 2 / 8) / 4),
        ("mean_poisson_deviance", 2 * (2 * np.log(2 / 3) + 1 + 6 * np.log(6 / 5) - 1 + 8 * np.log(8 / 10) + 2) / 4),
    ],
)
def test_metrics_of_numbers_are_those_of_a_count_by_hand(name: str, expected: float) -> None:
    assert figure(name, [2, 4, 6, 8], [3, 4, 5, 10]) == pytest.approx(expected, abs=1e-12)


def test_the_calibration_error_weighs_fifteen_bins_of_equal_width_by_their_rows() -> None:
    width = 1 / CALIBRATION_BINS
    # Two rows in the first bin, half of them positive; one in the last, which holds a score of 1.
    error = figure("expected_calibration_error", [0, 1, 1, 0], [0.2 * width, 0.4 * width, 1.0, 7.5 * width])
    first = abs(1 - 0.6 * width) / 4
    assert error == pytest.approx(first + 0 + 7.5 * width / 4)


@pytest.mark.parametrize("edge", range(1, CALIBRATION_BINS))
def test_a_score_on_an_edge_of_the_calibration_error_is_in_the_upper_bin(edge: int) -> None:
    # Apart, the two rows err by their scores; in one bin, a positive below would have made up for a negative above.
    score = np.nextafter(edge / CALIBRATION_BINS, 1)
    below = np.nextafter(edge / CALIBRATION_BINS, 0) - 1e-12
    error = figure("expected_calibration_error", [0, 1], [score, below])
    assert error == pytest.approx((score + 1 - below) / 2)


def test_the_brier_score_is_scikit_learns_and_defined_for_one_class() -> None:
    assert figure("brier_score", TRUTH, SCORE) == pytest.approx(brier_score_loss(TRUTH, SCORE))
    assert figure("brier_score", [0, 0], [0.5, 0.1]) == pytest.approx(0.13)


@pytest.mark.parametrize(
    ("name", "truth", "said"),
    [
        ("roc_auc", [1, 1], [0.5, 0.6]),
        ("average_precision", [0, 0], [0.5, 0.6]),
        ("precision", [1, 0], [0.1, 0.2]),
        ("recall", [0, 0], [0.9, 0.2]),
        ("specificity", [1, 1], [0.9, 0.2]),
        ("false_positive_rate", [1, 1], [0.9, 0.2]),
        ("false_negative_rate", [0, 0], [0.9, 0.2]),
        ("f1", [0, 0], [0.1, 0.2]),
        ("matthews_correlation", [1, 0], [0.1, 0.2]),
        ("r2", [3, 3], [3, 4]),
        ("mean_absolute_percentage_error", [0, 1], [1, 1]),
        ("mean_poisson_deviance", [1, 1], [0, 1]),
        ("brier_score", [1, 0], [np.nan, 0.2]),
        ("accuracy", [], []),
    ],
)
def test_what_the_rows_leave_undefined_is_not_a_number(name: str, truth: list[float], said: list[float]) -> None:
    assert np.isnan(figure(name, truth, said))


def test_a_metric_of_another_task_is_refused() -> None:
    with pytest.raises(ValueError, match="does not apply to a regression"):
        compute("roc_auc", regression(np.array([1.0]), np.array([1.0])))


def three_classes() -> Predictions:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.3, 0.4, 0.3]])
    return multiclass(np.array([0, 1, 1, 2]), probabilities)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 0.5),
        ("balanced_accuracy", (1 + 1 / 2 + 0) / 3),
        ("macro_f1", (2 / 3 + 2 / 4 + 0) / 3),
        ("log_loss", -np.log([0.7, 0.3, 0.8, 0.3]).mean()),
    ],
)
def test_metrics_of_several_classes_are_those_of_a_count_by_hand(name: str, expected: float) -> None:
    assert compute(name, three_classes()) == pytest.approx(expected)

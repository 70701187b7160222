"""Every metric of `penstock.specs.metrics`, through scikit-learn where it has it.

A metric that the rows leave undefined is NaN, never a stand-in number: precision without a predicted positive, the
area under a curve of one class, a deviance of a value that is not positive. No bound holds for NaN.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from penstock.specs.metrics import METRICS

if TYPE_CHECKING:
    from penstock.runtime.measures.predictions import Array, Predictions

CALIBRATION_BINS = 15
"""Bins of the expected calibration error: equal in width over [0, 1], closed on the left; 1 is in the last."""


def compute(name: str, predictions: Predictions) -> float:
    """The metric `name` of `penstock.specs.metrics.METRICS`; NaN where the rows leave it undefined.

    Raises:
        KeyError: there is no such metric.
        ValueError: the metric does not apply to the task.
    """
    if predictions.task not in METRICS[name].tasks:
        raise ValueError(f"`{name}` does not apply to a {predictions.task} task")
    if len(predictions) == 0 or not np.isfinite(predictions.output).all():
        return float("nan")
    with warnings.catch_warnings():
        # scikit-learn warns of what comes back as NaN.
        warnings.simplefilter("ignore")
        return float(_COMPUTE[name](predictions))


def calibration_bin(score: Array) -> Array:
    """The number of the bin of the expected calibration error that each score is in."""
    return np.minimum((score * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)


def _roc_auc(p: Predictions) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(p.truth, p.output)) if _both(p) else float("nan")


def _average_precision(p: Predictions) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(p.truth, p.output)) if p.truth.any() else float("nan")


def _brier_score(p: Predictions) -> float:
    from sklearn.metrics import mean_squared_error

    # What `brier_score_loss` computes, which cannot tell the classes of rows that all have the same one.
    return float(mean_squared_error(p.truth, p.output))


def _log_loss(p: Predictions) -> float:
    from sklearn.metrics import log_loss

    classes = 2 if p.task == "binary" else p.output.shape[1]
    return float(log_loss(p.truth, p.output, labels=range(classes)))


def _expected_calibration_error(p: Predictions) -> float:
    # Guo et al. 2017, equation 5, for the probability of the positive class.
    gap = np.bincount(calibration_bin(p.output), weights=p.truth - p.output, minlength=CALIBRATION_BINS)
    return float(np.abs(gap).sum() / len(p))


def _accuracy(p: Predictions) -> float:
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(p.truth, p.decision))


def _balanced_accuracy(p: Predictions) -> float:
    from sklearn.metrics import balanced_accuracy_score

    return float(balanced_accuracy_score(p.truth, p.decision))


def _precision(p: Predictions) -> float:
    from sklearn.metrics import precision_score

    return float(precision_score(p.truth, p.decision, zero_division=np.nan))


def _recall(p: Predictions) -> float:
    from sklearn.metrics import recall_score

    return float(recall_score(p.truth, p.decision, zero_division=np.nan))


def _specificity(p: Predictions) -> float:
    from sklearn.metrics import recall_score

    return float(recall_score(p.truth, p.decision, pos_label=0, zero_division=np.nan))


def _selection_rate(p: Predictions) -> float:
    return float(p.decision.mean())


def _f1(p: Predictions) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(p.truth, p.decision, zero_division=np.nan))


def _macro_f1(p: Predictions) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(p.truth, p.decision, average="macro", zero_division=np.nan))


def _matthews_correlation(p: Predictions) -> float:
    from sklearn.metrics import matthews_corrcoef

    # Without two classes on both sides the correlation is 0/0, which scikit-learn calls 0.
    return float(matthews_corrcoef(p.truth, p.decision)) if _both(p) and 0 < p.decision.mean() < 1 else float("nan")


def _r2(p: Predictions) -> float:
    from sklearn.metrics import r2_score

    return float(r2_score(p.truth, p.output)) if np.ptp(p.truth) > 0 else float("nan")


def _mean_absolute_error(p: Predictions) -> float:
    from sklearn.metrics import mean_absolute_error

    return float(mean_absolute_error(p.truth, p.output))


def _root_mean_squared_error(p: Predictions) -> float:
    from sklearn.metrics import root_mean_squared_error

    return float(root_mean_squared_error(p.truth, p.output))


def _mean_absolute_percentage_error(p: Predictions) -> float:
    from sklearn.metrics import mean_absolute_percentage_error

    return float(mean_absolute_percentage_error(p.truth, p.output)) if (p.truth != 0).all() else float("nan")


def _mean_poisson_deviance(p: Predictions) -> float:
    from sklearn.metrics import mean_poisson_deviance

    defined = (p.truth >= 0).all() and (p.output > 0).all()
    return float(mean_poisson_deviance(p.truth, p.output)) if defined else float("nan")


def _both(p: Predictions) -> bool:
    return bool(0 < p.truth.mean() < 1)


_COMPUTE: dict[str, Callable[[Predictions], float]] = {
    "roc_auc": _roc_auc,
    "average_precision": _average_precision,
    "brier_score": _brier_score,
    "log_loss": _log_loss,
    "expected_calibration_error": _expected_calibration_error,
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "precision": _precision,
    "recall": _recall,
    "specificity": _specificity,
    "false_positive_rate": lambda p: 1 - _specificity(p),
    "false_negative_rate": lambda p: 1 - _recall(p),
    "selection_rate": _selection_rate,
    "f1": _f1,
    "macro_f1": _macro_f1,
    "matthews_correlation": _matthews_correlation,
    "r2": _r2,
    "mean_absolute_error": _mean_absolute_error,
    "root_mean_squared_error": _root_mean_squared_error,
    "mean_absolute_percentage_error": _mean_absolute_percentage_error,
    "mean_poisson_deviance": _mean_poisson_deviance,
}
COMPUTED = frozenset(_COMPUTE)
"""The metrics that `compute` knows; a test holds them equal to the language's."""

"""The metrics that gates, searches and monitors may name: for which task, which range, which direction is better.

The table is plain data, so that the compiler can prove a bound impossible without loading what computes it;
`penstock.runtime` computes each and tests hold the two lists equal.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Task = Literal["binary", "multiclass", "regression"]
Input = Literal["score", "decision", "value"]


class Metric(NamedTuple):
    """One metric: its standard name, where it applies and what its values can be."""

    name: str
    tasks: frozenset[Task]
    reads: Input
    """``score``: class probabilities; ``decision``: predicted classes; ``value``: predicted numbers."""
    higher_is_better: bool
    low: float
    high: float
    rate_of: Literal["all", "positives", "negatives", "predicted_positives"] | None = None
    """For a metric that is a proportion: which rows are its denominator, which decides its sampling error."""


_INF = float("inf")
_BINARY: frozenset[Task] = frozenset({"binary"})
_CLASSES: frozenset[Task] = frozenset({"binary", "multiclass"})
_NUMBERS: frozenset[Task] = frozenset({"regression"})

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("roc_auc", _BINARY, "score", True, 0, 1),
        Metric("average_precision", _BINARY, "score", True, 0, 1),
        Metric("brier_score", _BINARY, "score", False, 0, 1),
        Metric("log_loss", _CLASSES, "score", False, 0, _INF),
        Metric("expected_calibration_error", _BINARY, "score", False, 0, 1),
        Metric("accuracy", _CLASSES, "decision", True, 0, 1, "all"),
        Metric("balanced_accuracy", _CLASSES, "decision", True, 0, 1),
        Metric("precision", _BINARY, "decision", True, 0, 1, "predicted_positives"),
        Metric("recall", _BINARY, "decision", True, 0, 1, "positives"),
        Metric("specificity", _BINARY, "decision", True, 0, 1, "negatives"),
        Metric("false_positive_rate", _BINARY, "decision", False, 0, 1, "negatives"),
        Metric("false_negative_rate", _BINARY, "decision", False, 0, 1, "positives"),
        Metric("selection_rate", _BINARY, "decision", True, 0, 1, "all"),
        Metric("f1", _BINARY, "decision", True, 0, 1),
        Metric("macro_f1", _CLASSES, "decision", True, 0, 1),
        Metric("matthews_correlation", _BINARY, "decision", True, -1, 1),
        Metric("r2", _NUMBERS, "value", True, -_INF, 1),
        Metric("mean_absolute_error", _NUMBERS, "value", False, 0, _INF),
        Metric("root_mean_squared_error", _NUMBERS, "value", False, 0, _INF),
        Metric("mean_absolute_percentage_error", _NUMBERS, "value", False, 0, _INF),
        Metric("mean_poisson_deviance", _NUMBERS, "value", False, 0, _INF),
    )
}

FAIRNESS_METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("demographic_parity_difference", _BINARY, "decision", False, 0, 1, "all"),
        Metric("demographic_parity_ratio", _BINARY, "decision", True, 0, 1, "all"),
        Metric("equal_opportunity_difference", _BINARY, "decision", False, 0, 1, "positives"),
        Metric("equalized_odds_difference", _BINARY, "decision", False, 0, 1, "positives"),
        Metric("equalized_odds_ratio", _BINARY, "decision", True, 0, 1, "positives"),
    )
}

"""What a multiclass model makes of each class: precision, recall and F1 of it against all others, and what it says.

The figures are those of scikit-learn's `classification_report`; precision and recall have the intervals of the metrics
of that name, of clusters where rows belong together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from penstock.runtime.evaluation.context import SEED, EvaluationContext
from penstock.runtime.evaluation.figures import REPORT_CONFIDENCE, figure_as_json
from penstock.runtime.measures.intervals import Intervals
from penstock.runtime.measures.metrics import compute
from penstock.runtime.measures.predictions import Predictions
from penstock.specs.decision import Figure

_RATES = ("precision", "recall")


def by_class(context: EvaluationContext) -> list[dict[str, Any]]:
    """For each class in order: its rows, its figures, and as ``said`` how often each class is said of its rows.

    Empty for tasks other than multiclass.
    """
    if context.task != "multiclass":
        return []
    predictions, classes = context.predictions, context.splits.classes
    said = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(said, (predictions.truth, predictions.decision), 1)
    return [
        {"class": name, "rows": int(said[number].sum()), **_figures(context, number), "said": said[number].tolist()}
        for number, name in enumerate(classes)
    ]


def _figures(context: EvaluationContext, number: int) -> dict[str, Any]:
    """Precision and recall of one class with their intervals, and its F1."""
    whole = context.predictions
    truth, decision = (np.asarray(each == number, dtype=np.int64) for each in (whole.truth, whole.decision))
    of_class = Predictions("binary", truth, whole.output[:, number], decision)
    intervals = Intervals(of_class, _RATES, SEED, context.clusters)
    found: dict[str, Any] = {"f1": compute("f1", of_class)}
    for name in _RATES:
        interval = intervals.of(name, REPORT_CONFIDENCE)
        found[name] = figure_as_json(Figure(name, compute(name, of_class), interval.low, interval.high))
    return found

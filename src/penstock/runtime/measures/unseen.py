"""What rows of a kind that a sample does not show could do to a metric.

Where a model ranks every row rightly, or decides none wrongly, the variance of DeLong and that of the bootstrap are 0,
as if nothing else could ever happen. But n rows without one of some kind only say, with confidence c, that a share of
at most 1 - ((1 - c) / 2)^(1 / n) is of that kind (Clopper and Pearson 1934: 3.7 / n at 95 %). An interval of a metric
that has a worst and a best value therefore reaches at least as far as that share of rows could move it: rows of one
class, or of all, that are answered as badly, or as well, as can be.

The area under a ROC curve needs no rows for this. Of m positives and n negatives, min(m, n) pairs without a common row
can be made, each of which is ranked rightly with a chance of the true area. If that is less than
((1 - c) / 2)^(1 / min(m, n)), a sample that is ranked rightly throughout has a chance of less than (1 - c) / 2,
whatever the distribution of the scores.

Where rows in clusters are all alike, nothing says that those of one cluster are more than one look at the world: it is
the clusters that count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penstock.runtime.measures.predictions import Predictions
from penstock.runtime.measures.resampling import statistic, weighted
from penstock.specs.metrics import METRICS

if TYPE_CHECKING:
    from penstock.runtime.measures.clusters import Clusters
    from penstock.runtime.measures.predictions import Array

FEWEST_ALIKE = 100
"""Rows below which their being alike says nothing where no worst value is known: 3.6 % could be of another kind."""


def shown_share(rows: int, confidence: float) -> float:
    """The share of all rows that is of the kinds that `rows` rows show, at least."""
    return float(((1 - confidence) / 2) ** (1 / rows)) if rows else 0.0


def smallest_class(predictions: Predictions) -> int:
    """Rows of the class that has fewest, of those that have any; all rows of a regression."""
    if predictions.task == "regression":
        return len(predictions)
    counts = np.bincount(predictions.truth)
    return int(counts[counts > 0].min(initial=len(predictions)))


def is_bounded(metric: str) -> bool:
    """Whether a metric has a worst and a best value, so that unseen rows can do no more than so much."""
    return bool(np.isfinite([METRICS[metric].low, METRICS[metric].high]).all())


def is_collapsed(low: float, high: float) -> bool:
    """Whether an interval has no width, apart from rounding."""
    return bool(np.isclose(low, high, rtol=1e-9, atol=1e-12))


def reach(
    metric: str, predictions: Predictions, confidence: float, clusters: Clusters | None = None
) -> tuple[float, float]:
    """How low and how high unseen rows could bring a bounded metric of classes; NaN where it is undefined with them.

    With `clusters`: how far unseen clusters could.
    """
    classes = 2 if predictions.task == "binary" else predictions.output.shape[1]
    rows = np.bincount(predictions.truth, minlength=classes)
    if clusters is None:
        looks, all_looks = rows, int(rows.sum())
    else:
        looks = np.array([clusters.having(predictions.truth == each) for each in range(classes)])
        all_looks = len(clusters)
    ends: list[float] = []
    for right in (False, True):
        form = statistic(metric, _with_one_each(predictions, classes, right))
        with np.errstate(divide="ignore", invalid="ignore"):
            values = weighted(form, _weights(rows, looks, all_looks, confidence))
        ends.extend(values[~np.isnan(values)])
    return (float(min(ends)), float(max(ends))) if ends else (float("nan"), float("nan"))


def _with_one_each(predictions: Predictions, classes: int, right: bool) -> Predictions:
    """The rows and one more of each class, which the model is sure of, rightly or wrongly."""
    truth = np.arange(classes)
    decision = truth if right else (truth + 1) % classes
    output = decision.astype(np.float64) if predictions.task == "binary" else np.eye(classes)[decision]
    return Predictions(
        predictions.task,
        np.r_[predictions.truth, truth],
        np.concatenate([predictions.output, output]),
        np.r_[predictions.decision, decision],
    )


def _weights(rows: Array, looks: Array, all_looks: int, confidence: float) -> Array:
    """The weights of all rows and of the one more of each class: unseen ones are of one class, or of all alike.

    `looks`: how many rows of each class, or clusters that have some, are independent of each other.
    """
    everywhere = 1 / shown_share(all_looks, confidence) - 1
    more = [rows * everywhere]
    for number, count in enumerate(rows):
        if count:
            more.append(np.zeros(len(rows)))
            more[-1][number] = count * (1 / shown_share(int(looks[number]), confidence) - 1)
    return np.hstack([np.ones((len(more), int(rows.sum()))), np.array(more)])

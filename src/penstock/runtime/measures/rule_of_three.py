"""The rule of three for metrics: what rows of a kind that a sample does not show could do to one.

Where a model ranks every row rightly, or decides none wrongly, the variance of DeLong and that of the bootstrap are 0,
as if nothing else could ever happen. But n rows without one of some kind only say, with confidence c, that a share of
at most 1 - ((1 - c) / 2)^(1 / n) is of that kind (Clopper and Pearson 1934: 3.7 / n at 95 %). An interval of a metric
that has a worst and a best value therefore reaches at least as far as that share of rows could move it: rows of one
class, or of all, that are answered as badly, or as well, as can be.

The area under a ROC curve needs no rows for this. Of m positives and n negatives, min(m, n) pairs without a common row
can be made, each of which is ranked rightly with a chance of the true area. If that is less than
((1 - c) / 2)^(1 / min(m, n)), a sample that is ranked rightly throughout has a chance of less than (1 - c) / 2,
whatever the distribution of the scores.

Two models that decide few rows differently have a difference that no resample may ever turn round: one row that the
first alone decides rightly would prove it better. The interval of a difference in decisions therefore reaches at least
as far as rows could move it that are unseen and that one model decides rightly and the other wrongly, as McNemar's
exact test would have it: three such rows, of however many, prove nothing.

Where rows in clusters are all alike, nothing says that those of one cluster are more than one look at the world: it is
the clusters that count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penstock.runtime.measures.predictions import Predictions
from penstock.runtime.measures.resampling import Statistic, difference, statistic, weighted
from penstock.specs.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def worst_case_interval(
    metric: str, predictions: Predictions, confidence: float, clusters: Clusters | None
) -> tuple[float, float]:
    """How low and how high unseen rows could bring a bounded metric of classes; NaN where it is undefined with them.

    With `clusters`: how far unseen clusters could.
    """
    classes = _classes(predictions)
    forms = (statistic(metric, _with_one_each(predictions, classes, right)) for right in (False, True))
    return _ends(forms, _weights(predictions, confidence, clusters))


def worst_case_difference(
    metric: str, ours: Predictions, theirs: Predictions, confidence: float, clusters: Clusters | None
) -> tuple[float, float]:
    """How low and how high rows could bring the difference of a bounded metric that only one of two models is right on.

    With `clusters`: how far unseen clusters could.
    """
    classes = _classes(ours)
    forms = (
        difference(
            statistic(metric, _with_one_each(ours, classes, right)),
            statistic(metric, _with_one_each(theirs, classes, not right)),
        )
        for right in (False, True)
    )
    return _ends(forms, _weights(ours, confidence, clusters))


def _ends(forms: Iterable[Statistic], weights: Array) -> tuple[float, float]:
    """The least and the greatest value of some metrics under some weights of their rows; NaN where none has any."""
    ends: list[float] = []
    for form in forms:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = weighted(form, weights)
        ends.extend(values[~np.isnan(values)])
    return (float(min(ends)), float(max(ends))) if ends else (float("nan"), float("nan"))


def _classes(predictions: Predictions) -> int:
    return 2 if predictions.task == "binary" else int(predictions.output.shape[1])


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


def _weights(predictions: Predictions, confidence: float, clusters: Clusters | None) -> Array:
    """The weights of all rows and of the one more of each class: unseen ones are of one class, or of all alike.

    What is independent of each other: rows, or `clusters` that have some of a class.
    """
    rows = np.bincount(predictions.truth, minlength=_classes(predictions))
    if clusters is None:
        looks, all_looks = rows, int(rows.sum())
    else:
        looks = np.array([clusters.having(predictions.truth == each) for each in range(len(rows))])
        all_looks = len(clusters)
    more = [rows * (1 / shown_share(all_looks, confidence) - 1)]
    for number, count in enumerate(rows):
        if count:
            more.append(np.zeros(len(rows)))
            more[-1][number] = count * (1 / shown_share(int(looks[number]), confidence) - 1)
    return np.hstack([np.ones((len(more), int(rows.sum()))), np.array(more)])

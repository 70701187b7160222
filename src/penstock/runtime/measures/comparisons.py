"""Whether one model is better than another on the same rows, beyond chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penstock.runtime.measures import delong
from penstock.runtime.measures.intervals import (
    adds_to_percentiles,
    area_interval,
    by_deviations,
    decided_by,
    is_decided_by_few,
    looks,
    looks_expanded,
    percentiles,
    reaching,
    wider,
)
from penstock.runtime.measures.jackknife import jackknife_interval
from penstock.runtime.measures.metrics import compute
from penstock.runtime.measures.predictions import Predictions
from penstock.runtime.measures.resampling import RANKING, Cells, Sums, difference, distributions, statistic
from penstock.runtime.measures.rule_of_three import (
    FEWEST_ALIKE,
    is_bounded,
    is_collapsed,
    smallest_class,
    worst_case_difference,
)
from penstock.runtime.measures.scarcity import looks_of
from penstock.runtime.measures.studentized import studentized
from penstock.specs.metrics import METRICS

if TYPE_CHECKING:
    from penstock.runtime.measures.clusters import Clusters
    from penstock.runtime.measures.predictions import Array


@dataclass(frozen=True, slots=True)
class Advantage:
    """How much better one model is than another: above 0 where it is better, whichever way the metric points."""

    estimate: float
    low: float
    high: float


def paired_bootstrap(
    metric: str,
    ours: Predictions,
    theirs: Predictions,
    confidence: float,
    seed: int,
    clusters: Clusters | None = None,
) -> Advantage:
    """The advantage in any metric: both models on the same resamples, the percentile interval of the difference; of a
    metric without bounds, that of the studentized bootstrap.

    With few rows of a class, no resample knows how badly the next ones may rank. Against a model that says the same of
    every row, an area is therefore at most as certain as `delong_difference` has it.

    A difference in decisions is at least as uncertain as rows make it that are unseen and that one model alone is right
    on; so is any difference of models that are not alike and that is the same in every resample. Of a metric without
    bounds, `intervals.decided_by` says whether there is an interval.
    """
    estimate = compute(metric, ours) - compute(metric, theirs)
    if np.isnan(estimate):
        return Advantage(estimate, estimate, estimate)
    form = difference(statistic(metric, ours), statistic(metric, theirs))
    resamples = distributions({metric: form}, len(ours), seed, clusters)[metric]
    low, high = percentiles(resamples, confidence, looks_expanded(metric, clusters, ours, theirs))
    widest = METRICS[metric].high - METRICS[metric].low
    if not _alike(metric, ours, theirs):
        collapsed = is_collapsed(low, high)
        if isinstance(form, Sums) and is_decided_by_few(metric, clusters):
            ends = by_deviations(studentized(form, seed, clusters), confidence, low, high)
            low, high = wider((low, high), ends) if is_bounded(metric) else ends
        if not is_bounded(metric):
            low, high = decided_by(looks(ours, clusters), low, high)
        elif not np.isnan(low) and (collapsed or isinstance(form, Cells)):
            ends = worst_case_difference(metric, ours, theirs, confidence, clusters if collapsed else None)
            low, high = float(np.fmin(low, ends[0])), float(np.fmax(high, ends[1]))
        if clusters is not None and adds_to_percentiles(metric):
            worth = looks_of(metric, clusters, ours, theirs)
            low, high = wider((low, high), jackknife_interval(form, (-widest, widest), clusters, worth, confidence))
    if metric == "roc_auc" and is_constant(theirs):
        by_area = delong_difference(ours, theirs, confidence, clusters)
        low, high = float(np.minimum(low, by_area.low)), float(np.maximum(high, by_area.high))
    low, high = reaching(estimate, *(float(end) for end in np.clip([low, high], -widest, widest)))
    return Advantage(estimate, low, high) if METRICS[metric].higher_is_better else Advantage(-estimate, -high, -low)


def delong_difference(
    ours: Predictions, theirs: Predictions, confidence: float, clusters: Clusters | None = None
) -> Advantage:
    """The advantage in roc_auc by DeLong's covariance of two areas on the same rows; with `clusters`, by Obuchowski's.

    A score that is the same for every row has an area of one half, whatever the rows are.
    """
    found = delong.areas(ours.truth, ours.output, theirs.output, clusters=clusters)
    estimate = float(found.area[0] - found.area[1])
    if is_constant(theirs):
        low, high = (end - 0.5 for end in area_interval(ours, confidence, clusters))
        return Advantage(estimate, low, high)
    if _alike("roc_auc", ours, theirs):
        return Advantage(estimate, estimate, estimate)
    return Advantage(*found.difference(confidence))


def is_constant(predictions: Predictions) -> bool:
    """Whether a model says the same of every row, as a baseline does."""
    return bool(np.ptp(predictions.output, axis=0).max() == 0)


def _alike(metric: str, ours: Predictions, theirs: Predictions) -> bool:
    """Whether two models say the same of every row; or, of enough rows, what comes to the same for a metric."""
    from scipy.stats import rankdata

    if np.array_equal(ours.output, theirs.output) and np.array_equal(ours.decision, theirs.decision):
        return True
    if smallest_class(ours) < FEWEST_ALIKE:
        return False
    if METRICS[metric].reads == "decision":
        return np.array_equal(ours.decision, theirs.decision)
    return metric in RANKING and np.array_equal(rankdata(ours.output), rankdata(theirs.output))


@dataclass(frozen=True, slots=True)
class McNemar:
    """McNemar's test of the rows on which two models' decisions are not both right or both wrong."""

    only_ours: int
    """Rows that only the first model decides rightly."""
    only_theirs: int
    chi2: float
    """Statistic with Edwards' continuity correction; 0 where the models never differ."""
    p_value: float
    """Exact two-sided binomial p."""


def mcnemar(ours: Predictions, theirs: Predictions) -> McNemar:
    """McNemar's test of two models' decisions on the same rows."""
    right, other = ours.decision == ours.truth, theirs.decision == theirs.truth
    return mcnemar_of_counts(int((right & ~other).sum()), int((~right & other).sum()))


def mcnemar_of_counts(only_ours: int, only_theirs: int) -> McNemar:
    """McNemar's test of the two counts that decide it."""
    from scipy.stats import binomtest

    differ = only_ours + only_theirs
    if differ == 0:
        return McNemar(0, 0, 0.0, 1.0)
    chi2 = max(0, abs(only_ours - only_theirs) - 1) ** 2 / differ
    return McNemar(only_ours, only_theirs, chi2, float(binomtest(only_ours, differ).pvalue))


def without_features(metric: str, predictions: Predictions, train_label: Array) -> Predictions:
    """What the best predictor for a metric says that knows only the training labels, and so the same of every row.

    A number is their median for the mean absolute error, their median weighted by 1/|label| for the percentage error,
    and else their mean: the values that minimise these losses (Gneiting, "Making and Evaluating Point Forecasts",
    2011). A score is the share of each class. The decision is the most frequent class; of precision and F1, which
    count true positives alone, the positive one.
    """
    rows = len(predictions)
    if predictions.task == "regression":
        value = np.full(rows, _best_number(metric, train_label.astype(np.float64)))
        return Predictions("regression", predictions.truth, value, value)
    classes = 2 if predictions.task == "binary" else predictions.output.shape[1]
    share = np.bincount(train_label.astype(np.int64), minlength=classes) / len(train_label)
    decision = np.full(rows, 1 if metric in _OF_POSITIVES else int(share.argmax()))
    output = np.full(rows, share[1]) if predictions.task == "binary" else np.tile(share, (rows, 1))
    return Predictions(predictions.task, predictions.truth, output, decision)


_OF_POSITIVES = ("precision", "f1")
"""Metrics in which a constant of negatives is 0 or undefined, and one of positives is not."""


def _best_number(metric: str, labels: Array) -> float:
    """The constant with the least loss on these labels."""
    if metric == "mean_absolute_error":
        return float(np.median(labels))
    if metric == "mean_absolute_percentage_error" and labels.any():
        ordered = np.sort(labels[labels != 0])  # of a label of 0 the metric is undefined
        weights = np.cumsum(1 / np.abs(ordered))
        return float(ordered[np.searchsorted(weights, weights[-1] / 2)])
    return float(np.mean(labels))

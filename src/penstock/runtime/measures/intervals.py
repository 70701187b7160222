"""Confidence intervals of metrics: exact enough where a formula is known, by bootstrap for the rest.

`roc_auc`: DeLong. Metrics that are proportions: Wilson's score interval. Metrics without a worst value, which a few
large losses may decide: the bootstrap of `penstock.runtime.measures.studentized`. All others: the percentile bootstrap
of `penstock.runtime.measures.resampling`. Where rows belong together: Obuchowski's form of DeLong's variance for
`roc_auc`, and the same bootstraps of whole clusters for all others, proportions too. They reach at least as far as
`penstock.runtime.measures.jackknife` says, of a proportion with a rare outcome as far as
`penstock.runtime.measures.rare_outcomes` does, and of `brier_score`, a mean of losses, as far as the studentized
bootstrap: a few clusters may decide any of them.

Percentiles lie too near to each other where the rows that a metric is about are few, or in few clusters: they are taken
further out, as far as the number of these asks for (`penstock.runtime.measures.clusters`).

The percentile interval of the expected calibration error lies too high, since resampling adds to what chance alone
makes of it: an upper bound is judged more strictly than its confidence says. It may lie above the estimate even, and so
every bootstrap interval is made to reach its own.

Where DeLong and the bootstrap see no variation, or hardly any, an interval of a metric with a worst and a best value
reaches as far as `penstock.runtime.measures.rule_of_three` says. A metric without (a log loss, an error of numbers) has
no interval from fewer than 10 rows, nor from fewer than 100 that are all alike: its rule is undecided, and so fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from penstock.runtime.measures import delong
from penstock.runtime.measures.clusters import expanded
from penstock.runtime.measures.jackknife import bounds_of, jackknife_interval
from penstock.runtime.measures.metrics import compute
from penstock.runtime.measures.rare_outcomes import rare_outcome_interval
from penstock.runtime.measures.resampling import Statistic, Sums, distributions, statistic
from penstock.runtime.measures.rule_of_three import FEWEST_ALIKE, is_bounded, is_collapsed, worst_case_interval
from penstock.runtime.measures.scarcity import fewest_rows, looks_of
from penstock.runtime.measures.studentized import studentized
from penstock.specs.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.runtime.measures.clusters import Clusters
    from penstock.runtime.measures.predictions import Array, Predictions
    from penstock.runtime.measures.studentized import Deviations

_MOST_UNDEFINED = 0.05
"""Share of the resamples that may leave a metric undefined before its interval is undefined, too."""

_ENOUGH_OF_A_KIND = 100
"""Rows of a kind from which percentiles are not expanded: that would move them by less than 2 % of their distance, and
2,000 resamples alone have an error of 3 %."""

_FEWEST_BEYOND = 5
"""Resamples beyond a percentile that tell where it is."""

_CALIBRATION = "expected_calibration_error"
"""The metric whose percentiles are too high already, both of them, so that nothing more is added to them."""

_FEWEST = 10
"""Rows from which the values of a metric without bounds say something of those that they are not."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval; both ends are NaN where the rows allow none."""

    low: float
    high: float
    method: str
    """``delong``, ``wilson``, ``bootstrap`` or ``bootstrap-t``; of clusters ``obuchowski`` or one of the last two with
    ``cluster-`` before it."""


class Intervals:
    """The intervals of some metrics of one set of predictions, at any confidence; resamples once."""

    def __init__(
        self, predictions: Predictions, metrics: Iterable[str], seed: int, clusters: Clusters | None = None
    ) -> None:
        self._predictions = predictions
        self._clusters = clusters
        self._forms = {
            name: statistic(name, predictions)
            for name in metrics
            if name != "roc_auc"
            and (METRICS[name].rate_of is None or clusters is not None)
            and _resamples(predictions, clusters)
        }
        self._deviations = {
            name: studentized(form, seed, clusters)
            for name, form in self._forms.items()
            if isinstance(form, Sums) and is_decided_by_few(name, clusters)
        }
        self._resamples = distributions(self._forms, len(predictions), seed, clusters)

    def of(self, metric: str, confidence: float) -> Interval:
        """The interval of one of the metrics that were named."""
        predictions, clusters = self._predictions, self._clusters
        estimate, method = compute(metric, predictions), _method(metric, clusters)
        if metric == "roc_auc":
            return Interval(*reaching(estimate, *area_interval(predictions, confidence, clusters)), method)
        if METRICS[metric].rate_of is not None and clusters is None:
            return Interval(*reaching(estimate, *wilson(*proportion(metric, predictions), confidence)), method)
        if metric not in self._resamples:
            return Interval(float("nan"), float("nan"), method)
        low, high = percentiles(self._resamples[metric], confidence, looks_expanded(metric, clusters, predictions))
        if metric in self._deviations:
            ends = by_deviations(self._deviations[metric], confidence, low, high)
            low, high = wider((low, high), ends) if is_bounded(metric) else ends
        if clusters is not None and adds_to_percentiles(metric):
            low, high = wider((low, high), by_jackknife(metric, self._forms[metric], confidence, clusters, predictions))
        low, high = (float(end) for end in np.clip([low, high], METRICS[metric].low, METRICS[metric].high))
        low, high = _honest(metric, predictions, confidence, low, high, clusters)
        return Interval(*reaching(estimate, low, high), method)


def area_interval(predictions: Predictions, confidence: float, clusters: Clusters | None) -> tuple[float, float]:
    """The interval of `roc_auc`: DeLong's, or Obuchowski's of clusters, as far as the jackknife of these at least."""
    found = delong.areas(predictions.truth, predictions.output, clusters=clusters).interval(confidence)
    if clusters is None or np.isnan(found[0]):
        return found
    form = statistic("roc_auc", predictions)
    return wider(found, by_jackknife("roc_auc", form, confidence, clusters, predictions))


def by_jackknife(
    metric: str, form: Statistic, confidence: float, clusters: Clusters, predictions: Predictions
) -> tuple[float, float]:
    """The interval of a bounded metric by the jackknife of clusters."""
    looks = looks_of(metric, clusters, predictions)
    return jackknife_interval(form, bounds_of(metric), clusters, looks, confidence)


def wider(found: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """An interval that reaches as far as another, too, where that is known."""
    if np.isnan(found).any() or np.isnan(other).any():
        return found
    return min(found[0], other[0]), max(found[1], other[1])


def adds_to_percentiles(metric: str) -> bool:
    """Whether clusters that are worse than those drawn could move a metric by no more than so much, and resamples do
    not overstate that already.
    """
    return is_bounded(metric) and metric != _CALIBRATION


def is_decided_by_few(metric: str, clusters: Clusters | None) -> bool:
    """Whether a mean of losses is one that a few large ones may decide: without bounds, or with them of clusters."""
    return not is_bounded(metric) or (clusters is not None and metric != _CALIBRATION)


def _method(metric: str, clusters: Clusters | None) -> str:
    if metric == "roc_auc":
        return "delong" if clusters is None else "obuchowski"
    if METRICS[metric].rate_of is not None and clusters is None:
        return "wilson"
    return ("" if clusters is None else "cluster-") + ("bootstrap" if is_bounded(metric) else "bootstrap-t")


def wilson(successes: int, trials: int, confidence: float) -> tuple[float, float]:
    """Wilson's score interval of a proportion (Wilson 1927); NaN without trials."""
    from scipy.stats import binomtest

    if trials == 0:
        return float("nan"), float("nan")
    interval = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def proportion(metric: str, predictions: Predictions) -> tuple[int, int]:
    """The successes and the trials of a metric that is a proportion."""
    success, among = outcomes(metric, predictions)
    return int((success & among).sum()), int(among.sum())


def outcomes(metric: str, predictions: Predictions) -> tuple[Array, Array]:
    """Of a metric that is a proportion: which rows are successes, if they are among those that it is about; and which
    rows these are.
    """
    truth, decision = predictions.truth, predictions.decision
    among = {
        "all": np.ones(len(truth), dtype=bool),
        "positives": truth == 1,
        "negatives": truth == 0,
        "predicted_positives": decision == 1,
    }[str(METRICS[metric].rate_of)]
    success = {
        "accuracy": truth == decision,
        "precision": truth == 1,
        "recall": decision == 1,
        "specificity": decision == 0,
        "false_positive_rate": decision == 1,
        "false_negative_rate": decision == 0,
        "selection_rate": decision == 1,
    }[metric]
    return success, among


def percentiles(resamples: Array, confidence: float, looks: float | None = None) -> tuple[float, float]:
    """The two-sided percentile interval of a bootstrap distribution; NaN where too many resamples are undefined.

    That of so few `looks` at the world is expanded as their number asks for; NaN where they are NaN, too few to say.
    """
    if looks is not None:
        if np.isnan(looks):
            return float("nan"), float("nan")
        confidence = expanded(confidence, looks)
    return _quantiles(resamples, confidence)


def looks_expanded(metric: str, clusters: Clusters | None, *predictions: Predictions) -> float | None:
    """For how many clusters percentiles are expanded, or rows of the scarcest kind; None for enough single rows."""
    if clusters is not None:
        return looks_of(metric, clusters, *predictions)
    rows = min(fewest_rows(metric, each) for each in predictions)
    # How a single row differs from others of its kind is not known, and two are the fewest that tell.
    return float(max(2, rows)) if rows < _ENOUGH_OF_A_KIND else None


def by_deviations(found: Deviations, confidence: float, low: float, high: float) -> tuple[float, float]:
    """The two-sided interval of the studentized bootstrap, given the percentile interval of the same resamples.

    That stands where it is not known, and where the few rows that make the metric what it is are in too few resamples
    for a standard error.
    """
    least, greatest = _quantiles(found.deviations, confidence)
    if np.isnan((low, high, least, greatest, found.error)).any():
        return low, high
    return found.estimate - greatest * found.error, found.estimate - least * found.error


def _quantiles(values: Array, confidence: float) -> tuple[float, float]:
    defined = values[~np.isnan(values)]
    if len(defined) < (1 - _MOST_UNDEFINED) * len(values):
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2
    known = max(tail, _FEWEST_BEYOND / len(defined))
    low, middle, high = np.quantile(defined, [known, 0.5, 1 - known])
    # Resamples do not reach further out than they are many: from there on as far as a normal distribution does.
    further = NormalDist().inv_cdf(tail) / NormalDist().inv_cdf(known) if known > tail else 1.0
    return float(middle - further * (middle - low)), float(middle + further * (high - middle))


def reaching(estimate: float, low: float, high: float) -> tuple[float, float]:
    """The interval, as far as its estimate at least; NaN where the estimate is, or one end.

    The resamples of a figure that chance can only raise, such as an error of calibration or the largest of some
    differences, may all lie on one side of it. An interval beside its own estimate would be taken for a mistake, and
    one without an estimate would let a gate judge, by its end, what was never measured.
    """
    if np.isnan((estimate, low, high)).any():
        return float("nan"), float("nan")
    return min(low, estimate), max(high, estimate)


def looks(predictions: Predictions, clusters: Clusters | None) -> int:
    """How many rows, or clusters of rows, are independent of each other."""
    return len(predictions) if clusters is None else len(clusters)


def decided_by(rows: int, low: float, high: float) -> tuple[float, float]:
    """A bootstrap interval of a figure without bounds; NaN where so few rows make none."""
    if rows < (FEWEST_ALIKE if is_collapsed(low, high) else _FEWEST):
        return float("nan"), float("nan")
    return low, high


def _honest(
    metric: str, predictions: Predictions, confidence: float, low: float, high: float, clusters: Clusters | None
) -> tuple[float, float]:
    if not is_bounded(metric):
        return decided_by(looks(predictions, clusters), low, high)
    if np.isnan(low) or (metric == _CALIBRATION and not is_collapsed(low, high)):
        return low, high
    lowest, highest = worst_case_interval(
        metric, predictions, confidence, clusters if is_collapsed(low, high) else None
    )
    rare = (float("nan"),) * 2
    if METRICS[metric].rate_of is not None and clusters is not None:
        rare = rare_outcome_interval(*outcomes(metric, predictions), clusters, confidence)
    return float(np.fmin.reduce([low, lowest, rare[0]])), float(np.fmax.reduce([high, highest, rare[1]]))


def _resamples(predictions: Predictions, clusters: Clusters | None) -> bool:
    return looks(predictions, clusters) > 1 and bool(np.isfinite(predictions.output).all())

"""The jackknife of whole clusters, on the scale of log odds: of a bounded metric that a few clusters decide.

Where most days go well and a few very badly, a sample with too few bad days has a metric that is too good and, at once,
too small a spread. Percentiles of resamples repeat both mistakes, and an interval as long below an area of 0.9 as above
it does not know that there is more room below. An interval of clusters therefore reaches at least as far as this one:
the metric is computed without each cluster in turn, its spread is taken in log odds (of a metric from -1 to 1, in those
of its place between the two), and Student's distribution of the number of clusters says how far the interval reaches.

Of variances for few clusters the jackknife's ("CV3") is the most reliable (MacKinnon, Nielsen and Webb, Journal of
Applied Econometrics 38, 2023, p. 671); log odds are the scale for proportions of clusters (Korn and Graubard, Survey
Methodology 24, 1998, p. 193) and for areas under curves (Qin and Hotilovac, Statistical Methods in Medical Research
17, 2008, p. 207). Of 500 samples of days with 20 rows each, so many lower ends at 95 % lay above the truth, and upper
ends for `brier_score` below it, where 2.5 % should; before the arrow without this and, of `brier_score`, without the
studentized bootstrap:

    days                                     roc_auc    average_precision   accuracy    brier_score
    31, right on Beta(1.8, 0.2) of rows      9.8 -> 2.6 %    6.8 -> 2.8 %   3.8 -> 2.2 %    7.4 -> 2.8 %
    60                                       6.4 -> 2.8      6.2 -> 3.0     3.2 -> 2.8      5.0 -> 2.4
    31, one of ten right on 30 %, not 95 %   8.4 -> 3.4      6.4 -> 3.6     3.8 -> 3.0      5.0 -> 2.6
    31, larger days being worse days        10.1 -> 7.6      9.5 -> 5.8     9.3 -> 7.8     10.9 -> 6.8
    60                                       7.6 -> 5.2      6.6 -> 3.6     7.2 -> 5.4      8.0 -> 4.6

No interval knows of clusters that are worse than any in the sample: if one day of twenty is ruined, every fifth sample
of 31 days has none, and 12 to 16 % of lower ends are above the truth. Then only more clusters help.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penstock.runtime.measures.clusters import student
from penstock.runtime.measures.resampling import Curve, columns_of, places_in_cache, under_weights_of_clusters
from penstock.specs.metrics import METRICS

if TYPE_CHECKING:
    from penstock.runtime.measures.clusters import Clusters
    from penstock.runtime.measures.predictions import Array
    from penstock.runtime.measures.resampling import Statistic

_ENOUGH_CLUSTERS = 1000
"""Clusters from which the metric is as good as normally distributed, so that log odds would change nothing."""


def jackknife_interval(
    form: Statistic, bounds: tuple[float, float], clusters: Clusters, looks: float, confidence: float
) -> tuple[float, float]:
    """The interval of a metric between `bounds`, of clusters worth `looks`; NaN where they say nothing, or are enough.

    Nothing is said by an estimate at a bound, which has no log odds, and by a cluster without which there is no metric.
    """
    unknown = float("nan"), float("nan")
    if np.isnan(looks) or looks <= 1 or len(clusters) > _ENOUGH_CLUSTERS:
        return unknown
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, without = (_place(values, bounds) for values in with_all_and_without_each(form, clusters))
        if not 0 < estimate < 1:
            return unknown
        centre, error = _log_odds(estimate), _error(_log_odds(without))
        if not np.isfinite(error):
            # Without one cluster the metric is at a bound: the slope at the estimate says what its error comes to.
            error = _error(without) / (estimate * (1 - estimate))
        reach = student(confidence, looks) * error
        ends = 1 / (1 + np.exp(-np.array([centre - reach, centre + reach])))
    low, high = bounds[0] + (bounds[1] - bounds[0]) * ends
    return float(low), float(high)


def bounds_of(metric: str) -> tuple[float, float]:
    """The worst and the best value of a metric, or the best and the worst."""
    return METRICS[metric].low, METRICS[metric].high


def with_all_and_without_each(form: Statistic, clusters: Clusters) -> tuple[Array, Array]:
    """The metric of all clusters, and that without each of them in turn; NaN where it is undefined."""
    count = len(clusters)
    if not isinstance(form, Curve):
        sums = clusters.sums(columns_of(form))
        whole = sums.sum(axis=0, keepdims=True)
        return form.combine(whole)[0], form.combine(whole - sums)
    metric, width = under_weights_of_clusters(form, clusters)
    at_once = places_in_cache(max(count, width))
    found = []
    for start in range(0, count, at_once):
        left_out = np.arange(start, min(start + at_once, count))
        weights = np.ones((len(left_out), count))
        weights[left_out - start, left_out] = 0
        found.append(metric(weights))
    return metric(np.ones((1, count)))[0], np.concatenate(found)


def _place(values: Array, bounds: tuple[float, float]) -> Array:
    # Rounding can put an area a hair beyond 1.
    return np.clip((values - bounds[0]) / (bounds[1] - bounds[0]), 0, 1)


def _log_odds(share: Array) -> Array:
    return np.asarray(np.log(share) - np.log1p(-share))


def _error(without: Array) -> float:
    """The standard error of a figure of which only its values without each unit are known (Tukey 1958)."""
    return float(np.sqrt((len(without) - 1) * np.var(without)))

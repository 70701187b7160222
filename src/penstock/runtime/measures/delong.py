"""The sampling error of areas under ROC curves, one or two on the same rows, without resampling.

DeLong, DeLong and Clarke-Pearson 1988, by the midranks of Sun and Xu 2014: n log n in the number of rows. Their
variance says too little where few rows are ranked wrongly, and is 0 where none is: an interval reaches at least as far
as `penstock.runtime.measures.rule_of_three` says.

Of rows in clusters, what each row adds to the area is summed in its cluster before the squares are taken (Obuchowski
1997), and Student's distribution says how far the interval reaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penstock.runtime.measures.clusters import student
from penstock.runtime.measures.rule_of_three import is_collapsed, shown_share

if TYPE_CHECKING:
    from penstock.runtime.measures.clusters import Clusters
    from penstock.runtime.measures.predictions import Array


@dataclass(frozen=True, slots=True)
class Areas:
    """Areas under ROC curves of scores for the same rows, and the covariance of their estimates."""

    area: Array
    """One for each score."""
    covariance: Array
    pairs: int
    """Pairs of a positive and a negative that can be made without a common row."""
    clusters: Clusters | None = None
    pairs_apart: int = 0
    """With clusters: such pairs that have no common cluster either."""
    looks: float = float("nan")
    """With clusters: how many the interval counts on; NaN where they are too few."""

    def interval(self, confidence: float) -> tuple[float, float]:
        """The two-sided interval of the first area, cut to [0, 1]; NaN where fewer than two rows of a class are."""
        area = float(self.area[0])
        low, high = self._around(area, float(self.covariance[0, 0]), confidence, 0.0)
        return _reaching(low, high, area, 0.0, 1.0, self._shown(low, high, confidence))

    def difference(self, confidence: float) -> tuple[float, float, float]:
        """The first area less the second, with the ends of its two-sided interval.

        A difference that is the same wherever one looks reaches as far as unseen rows could move it.
        """
        estimate = float(self.area[0] - self.area[1])
        low, high = self._around(estimate, self._variance_of_difference(), confidence, -1.0)
        if is_collapsed(low, high):
            low, high = _reaching(low, high, estimate, -1.0, 1.0, self._shown(low, high, confidence))
        return estimate, low, high

    def p_value(self) -> float:
        """Two-sided p of the hypothesis that both areas are equal; 1 for equal areas, else NaN without variance."""
        from scipy.stats import norm

        difference, variance = float(self.area[0] - self.area[1]), self._variance_of_difference()
        if variance == 0:
            return 1.0 if difference == 0 else float("nan")
        return float(2 * norm.sf(abs(difference) / np.sqrt(variance)))

    def _shown(self, low: float, high: float, confidence: float) -> float:
        """The share of pairs of the kinds that these show; where clusters are all alike, it is they that count."""
        alike = self.clusters is not None and is_collapsed(low, high)
        return shown_share(self.pairs_apart if alike else self.pairs, confidence)

    def _around(self, estimate: float, variance: float, confidence: float, worst: float) -> tuple[float, float]:
        from scipy.stats import norm

        alone = self.clusters is None
        reach = float(norm.ppf((1 + confidence) / 2)) if alone else student(confidence, self.looks)
        margin = reach * float(np.sqrt(variance))
        # `np.clip` keeps NaN, which Python's `max` turns into a bound.
        ends = np.clip([estimate - margin, estimate + margin], worst, 1.0)
        return float(ends[0]), float(ends[1])

    def _variance_of_difference(self) -> float:
        contrast = np.array([1.0, -1.0])
        # Rounding can leave a hair below zero where two scores rank alike.
        return float(np.maximum(0.0, contrast @ self.covariance @ contrast))


def areas(truth: Array, *scores: Array, clusters: Clusters | None = None) -> Areas:
    """The areas of one or more scores of the same rows; NaN without rows of both classes."""
    from scipy.stats import rankdata

    positive = truth == 1
    ones, zeros = int(positive.sum()), int((~positive).sum())
    if min(ones, zeros) == 0:
        unknown = np.full(len(scores), np.nan)
        return Areas(unknown, np.full((len(scores), len(scores)), np.nan), 0)
    of_ones, of_zeros, found = [], [], []
    for score in scores:
        ranks = rankdata(score)
        # The share of the other class that each row beats, ties as halves.
        of_ones.append((ranks[positive] - rankdata(score[positive])) / zeros)
        of_zeros.append(1 - (ranks[~positive] - rankdata(score[~positive])) / ones)
        found.append(of_ones[-1].mean())
    if clusters is None:
        covariance = _covariance(of_ones) / ones + _covariance(of_zeros) / zeros
        return Areas(np.array(found), covariance, min(ones, zeros))
    added = np.empty((len(truth), len(scores)))
    added[positive] = (np.stack(of_ones, axis=1) - found) / ones
    added[~positive] = (np.stack(of_zeros, axis=1) - found) / zeros
    covariance = _of_clusters(clusters.sums(added))
    apart, looks = _pairs_apart(positive, clusters), clusters.looks([positive, ~positive])
    return Areas(np.array(found), covariance, min(ones, zeros), clusters, apart, looks)


def _of_clusters(added: Array) -> Array:
    """The covariance of sums of what each of some clusters adds, whose mean is 0."""
    count = len(added)
    return np.asarray(added.T @ added * count / (count - 1)) if count > 1 else np.full((added.shape[1],) * 2, np.nan)


def _pairs_apart(positive: Array, clusters: Clusters) -> int:
    ones, zeros = clusters.having(positive), clusters.having(~positive)
    both = ones + zeros - len(clusters)
    return both + min(ones - both, zeros - both)


def _covariance(samples: list[Array]) -> Array:
    if len(samples[0]) < 2:
        return np.full((len(samples), len(samples)), np.nan)
    return np.atleast_2d(np.cov(np.stack(samples)))


def _reaching(low: float, high: float, estimate: float, worst: float, best: float, shown: float) -> tuple[float, float]:
    """The interval, at least as wide as rows of a kind that is not shown could make it. NaN stays."""
    lowest, highest = (shown * estimate + (1 - shown) * end for end in (worst, best))
    return float(np.minimum(low, lowest)), float(np.maximum(high, highest))

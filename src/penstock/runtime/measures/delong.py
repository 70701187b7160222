"""The sampling error of areas under ROC curves, one or two on the same rows, without resampling.

DeLong, DeLong and Clarke-Pearson 1988, by the midranks of Sun and Xu 2014: n log n in the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from penstock.runtime.measures.predictions import Array


@dataclass(frozen=True, slots=True)
class Areas:
    """Areas under ROC curves of scores for the same rows, and the covariance of their estimates."""

    area: Array
    """One for each score."""
    covariance: Array

    def interval(self, confidence: float) -> tuple[float, float]:
        """The two-sided interval of the first area, cut to [0, 1]; NaN where fewer than two rows of a class are."""
        return _around(float(self.area[0]), float(self.covariance[0, 0]), confidence, 0.0, 1.0)

    def difference(self, confidence: float) -> tuple[float, float, float]:
        """The first area less the second, with the ends of its two-sided interval."""
        estimate = float(self.area[0] - self.area[1])
        return (estimate, *_around(estimate, self._variance_of_difference(), confidence, -1.0, 1.0))

    def p_value(self) -> float:
        """Two-sided p of the hypothesis that both areas are equal; 1 for scores that rank alike."""
        from scipy.stats import norm

        difference, variance = float(self.area[0] - self.area[1]), self._variance_of_difference()
        if variance == 0:
            return 1.0 if difference == 0 else 0.0
        return float(2 * norm.sf(abs(difference) / np.sqrt(variance)))

    def _variance_of_difference(self) -> float:
        contrast = np.array([1.0, -1.0])
        # Rounding can leave a hair below zero where two scores rank alike.
        return float(np.maximum(0.0, contrast @ self.covariance @ contrast))


def areas(truth: Array, *scores: Array) -> Areas:
    """The areas of one or more scores of the same rows; NaN without rows of both classes."""
    from scipy.stats import rankdata

    positive = truth == 1
    ones, zeros = int(positive.sum()), int((~positive).sum())
    if min(ones, zeros) == 0:
        unknown = np.full(len(scores), np.nan)
        return Areas(unknown, np.full((len(scores), len(scores)), np.nan))
    of_ones, of_zeros, found = [], [], []
    for score in scores:
        ranks = rankdata(score)
        # The share of the other class that each row beats, ties as halves.
        of_ones.append((ranks[positive] - rankdata(score[positive])) / zeros)
        of_zeros.append(1 - (ranks[~positive] - rankdata(score[~positive])) / ones)
        found.append(of_ones[-1].mean())
    return Areas(np.array(found), _covariance(of_ones) / ones + _covariance(of_zeros) / zeros)


def _covariance(samples: list[Array]) -> Array:
    if len(samples[0]) < 2:
        return np.full((len(samples), len(samples)), np.nan)
    return np.atleast_2d(np.cov(np.stack(samples)))


def _around(estimate: float, variance: float, confidence: float, low: float, high: float) -> tuple[float, float]:
    from scipy.stats import norm

    margin = float(norm.ppf((1 + confidence) / 2) * np.sqrt(variance))
    # `np.clip` keeps NaN, which Python's `max` turns into a bound.
    ends = np.clip([estimate - margin, estimate + margin], low, high)
    return float(ends[0]), float(ends[1])

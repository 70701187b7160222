"""Sampling error of metrics, from the number of rows alone: how wide an interval must be, whatever the model.

Formulas: the standard error of an area under a ROC curve by Hanley and McNeil (Radiology 143, 1982, p. 29); the score
interval of a proportion by Wilson (Journal of the American Statistical Association 22, 1927, p. 209); the correction
for several comparisons by Bonferroni (Dunn, Journal of the American Statistical Association 56, 1961, p. 52).
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist


def quantile(confidence: float) -> float:
    """How many standard errors a two-sided interval reaches to each side."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def auc_error(area: float, positives: float, negatives: float) -> float:
    """The standard error of an area under a ROC curve, by Hanley and McNeil."""
    both_positive = area / (2 - area)
    both_negative = 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area) + (positives - 1) * (both_positive - area**2) + (negatives - 1) * (both_negative - area**2)
    ) / (positives * negatives)
    return sqrt(max(variance, 0.0))


def wilson_low(share: float, trials: float, confidence: float) -> float:
    """The lower end of Wilson's interval of a proportion."""
    z = quantile(confidence)
    centre = share + z**2 / (2 * trials)
    spread = z * sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return (centre - spread) / (1 + z**2 / trials)


def auc_low(area: float, rows: float, confidence: float) -> float:
    """The lower end of the interval of an area, with as many positives as negatives, which makes it narrowest."""
    return area - quantile(confidence) * auc_error(area, rows / 2, rows / 2)


def chance_of_gap(gap: float, rows: float, groups: int, share: float = 0.5) -> float:
    """The chance that two of some equally good groups differ by more than `gap` in a proportion; at most 1.

    Each group has `rows` rows; over all pairs of groups the chances add up at most (Bonferroni).
    """
    error = sqrt(2 * share * (1 - share) / rows)
    one_pair = 2 * (1 - NormalDist().cdf(gap / error))
    return min(1.0, one_pair * groups * (groups - 1) / 2)


def rows_for_gap(gap: float, chance: float, groups: int, share: float = 0.5) -> int:
    """How many rows each group needs so that `chance_of_gap` is no more than `chance`."""
    pairs = groups * (groups - 1) / 2
    z = NormalDist().inv_cdf(1 - chance / pairs / 2)
    return int(2 * share * (1 - share) * (z / gap) ** 2) + 1

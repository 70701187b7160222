"""Sampling error of metrics, from the number of rows alone: how wide an interval must be, whatever the model.

Formulas: the standard error of an area under a ROC curve by Hanley and McNeil (Radiology 143, 1982, p. 29); the score
interval of a proportion by Wilson (Journal of the American Statistical Association 22, 1927, p. 209); what a sample
without a failure proves by Clopper and Pearson (Biometrika 26, 1934, p. 404); the range of several normal values by
Tippett (Biometrika 17, 1925, p. 364).
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, exp, lgamma, log, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()
_REACH = 8.0
"""Standard errors to each side beyond which nothing is left to add up."""
_STEPS = 160
_USUAL_AREA = 0.75
"""Half of the way from chance to perfection."""
_ROUNDING = 1e-9
"""What a product of decimal numbers may be more than it is."""


def quantile(confidence: float) -> float:
    """How many standard errors a two-sided interval reaches to each side."""
    return _NORMAL.inv_cdf(0.5 + confidence / 2)


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
    """The lower end of the interval of an area, with as many positives as negatives, which makes it narrowest.

    It is no higher than what pairs without a common row prove that are all ranked rightly.
    """
    by_error = area - quantile(confidence) * auc_error(area, rows / 2, rows / 2)
    return min(by_error, area * float(((1 - confidence) / 2) ** (2 / rows)))


@lru_cache(maxsize=1024)
def chance_of_gap(gap: float, rows: int, groups: int, *, is_area: bool = False) -> float:
    """The chance that some two of several equally good groups of `rows` rows differ by more than `gap`.

    In a proportion of 0.5, where it varies most, or in an area under a ROC curve of 0.75 with as many positives as
    negatives.
    The distribution of the range of independent normal values: P(range <= r) = k * integral of
    phi(x) * (Phi(x + r) - Phi(x)) ** (k - 1), by Simpson's rule.
    """
    error = auc_error(_USUAL_AREA, rows / 2, rows / 2) if is_area else sqrt(0.25 / rows)
    reach = gap / error
    total = 0.0
    for x, below, weighted in _grid():
        total += weighted * (_NORMAL.cdf(x + reach) - below) ** (groups - 1)
    return min(max(1 - groups * total, 0.0), 1.0)


@lru_cache(maxsize=1024)
def chance_of_fewer(bound: float, rows: int, share: float) -> float:
    """The chance that less than `bound` of `rows` rows are what each of them is with the probability `share`."""
    most = ceil(bound * rows - _ROUNDING) - 1
    if not 0 < share < 1:
        return float(share == 0 and most >= 0)
    odds, found = log(share), log(1 - share)
    return min(
        sum(
            exp(lgamma(rows + 1) - lgamma(few + 1) - lgamma(rows - few + 1) + few * odds + (rows - few) * found)
            for few in range(most + 1)
        ),
        1.0,
    )


@lru_cache(maxsize=1)
def _grid() -> tuple[tuple[float, float, float], ...]:
    """Points for Simpson's rule: x, Phi(x), and phi(x) times the point's weight."""
    width = 2 * _REACH / _STEPS
    points = []
    for step in range(_STEPS + 1):
        x = -_REACH + step * width
        weight = 1 if step in (0, _STEPS) else 4 if step % 2 else 2
        points.append((x, _NORMAL.cdf(x), _NORMAL.pdf(x) * weight * width / 3))
    return tuple(points)


@lru_cache(maxsize=1024)
def rows_for_gap(gap: float, chance: float, groups: int, *, is_area: bool = False) -> int:
    """The fewest rows a group needs so that `chance_of_gap` is no more than `chance`."""
    least, most = 1, 2
    while chance_of_gap(gap, most, groups, is_area=is_area) > chance:
        least, most = most, most * 2
    while most - least > 1:
        middle = (least + most) // 2
        if chance_of_gap(gap, middle, groups, is_area=is_area) > chance:
            least = middle
        else:
            most = middle
    return most

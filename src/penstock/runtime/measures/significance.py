"""Tests of whether a window differs from a reference at all. With enough rows every difference is significant, and a
distance says whether it matters: a test only tells the distances that chance makes of few rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penstock.runtime.measures.drift import Window, ks

if TYPE_CHECKING:
    from penstock.runtime.measures.predictions import Array
    from penstock.runtime.measures.profile import Numbers

_EXACT_ROWS = 2000
"""Rows of the larger side up to which the Kolmogorov-Smirnov p is exact; counting paths takes seconds beyond."""
_PERMUTATIONS = 200
_MOST_EQUAL = 3


@dataclass(frozen=True, slots=True)
class Test:
    """A statistic and its p."""

    statistic: float
    p_value: float


def ks_test(reference: Numbers, window: Window) -> Test:
    """The two-sided test of Kolmogorov and Smirnov on the values that are present; NaN where a side has none.

    Exact where the reference is known exactly and neither side has more than 2,000 rows.
    """
    from scipy.stats import ks_2samp

    count, other = reference.present, len(window.values)
    if min(count, other) == 0:
        return Test(float("nan"), float("nan"))
    if reference.exact and max(count, other) <= _EXACT_ROWS:
        with warnings.catch_warnings():
            # Where counting paths overflows, scipy says so and takes the limit's p.
            warnings.simplefilter("ignore")
            result = ks_2samp(np.repeat(reference.edges, reference.counts), window.values, method="exact")
        return Test(float(result.statistic), float(result.pvalue))
    distance = ks(_only_present(reference), Window(window.values, 0))
    return Test(distance, ks_chance(distance, count, other))


def ks_chance(distance: float, rows: int, others: int) -> float:
    """How often two samples of one distribution are at least this Kolmogorov-Smirnov distance apart; less with ties."""
    from scipy.stats import kstwo

    return float(kstwo.sf(distance, round(rows * others / (rows + others))))


def chi_square(expected: Array, found: Array) -> Test:
    """Pearson's test of two vectors of counts as a table of two rows, so that both rows' sampling errors count.

    With Yates' correction for two by two. Categories that neither side has are left out; p is 1 where one is left.
    """
    from scipy.stats import chi2_contingency

    table = np.stack([expected, found])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return Test(0.0, 1.0)
    result = chi2_contingency(table)
    return Test(float(result.statistic), float(result.pvalue))


def cramer_von_mises(reference: Array, window: Array, seed: int) -> Test:
    """The two-sample test of Cramer and von Mises, with midranks; where many values are equal, by permutations.

    The statistic of midranks grows with the ties alone, and with samples of two sizes until it always rejects.
    """
    from scipy.stats import cramervonmises_2samp

    if _has_many_ties(reference, window):
        return _by_permutation(_gaps_squared, reference, window, seed)
    result = cramervonmises_2samp(reference, window)
    return Test(float(result.statistic), float(result.pvalue))


def anderson_darling(reference: Array, window: Array, seed: int) -> Test:
    """The two-sample test of Anderson and Darling (Scholz and Stephens 1987, with midranks); p from 0.001 to 0.25.

    Where many values are equal, the statistic is not standardized, and p is by permutations.
    """
    from scipy.stats import anderson_ksamp

    if _has_many_ties(reference, window):
        return _by_permutation(_weighted_gaps_squared, reference, window, seed)
    with warnings.catch_warnings():
        # scipy warns where its table of p ends.
        warnings.simplefilter("ignore")
        result = anderson_ksamp([reference, window])
    return Test(float(result.statistic), float(result.pvalue))


def _has_many_ties(reference: Array, window: Array) -> bool:
    """Whether a row shares its value with more than two others on average: formulas of p know no equal values."""
    _, rows = np.unique(np.concatenate([reference, window]), return_counts=True)
    return bool((rows.astype(np.float64) ** 2).sum() > _MOST_EQUAL * rows.sum())


def _by_permutation(statistic: Callable[[Array, Array], Array], reference: Array, window: Array, seed: int) -> Test:
    """A statistic of counts by value, and its p by 200 exchanges of rows, of which only the counts matter."""
    values, place = np.unique(np.concatenate([reference, window]), return_inverse=True)
    total = np.bincount(place, minlength=len(values))
    first = np.bincount(place[: len(reference)], minlength=len(values))
    drawn = np.random.default_rng(seed).multivariate_hypergeometric(
        total, len(reference), size=_PERMUTATIONS, method="marginals"
    )
    found = statistic(np.vstack([first, drawn]).astype(np.float64), total.astype(np.float64))
    # Equal but for rounding is not less.
    reached = (found[1:] >= found[0] - 1e-9 * abs(found[0])).sum()
    return Test(float(found[0]), float((1 + reached) / (1 + _PERMUTATIONS)))


def _gaps_squared(first: Array, total: Array) -> Array:
    """The statistic of Cramer and von Mises for each row of counts, out of the counts of both samples together."""
    m, both = first[0].sum(), total.sum()
    gaps = np.cumsum(first, axis=1) / m - np.cumsum(total - first, axis=1) / (both - m)
    return np.asarray(m * (both - m) / both**2 * (total * gaps**2).sum(axis=1))


def _weighted_gaps_squared(first: Array, total: Array) -> Array:
    """The statistic of Anderson and Darling (Scholz and Stephens, equation 7) for each row of counts."""
    both, before = total.sum(), np.cumsum(total) - total / 2
    spread = before * (both - before) - both * total / 4
    found = np.zeros(len(first))
    for counts in (first, total - first):
        rows = counts[0].sum()
        gaps = both * (np.cumsum(counts, axis=1) - counts / 2) - rows * before
        shares = np.divide(gaps**2, spread, out=np.zeros_like(gaps), where=spread > 0)
        found += shares @ total / both / rows
    return np.asarray((both - 1) / both * found)


def maximum_mean_discrepancy(reference: Array, window: Array, sigma: float, seed: int) -> Test:
    """The unbiased squared discrepancy under a Gaussian kernel (Gretton et al. 2012), p by 200 permutations of rows.

    Rows are points of all columns at once, so that it sees columns whose relation changes while each stays the same.
    """
    from scipy.spatial.distance import cdist

    rows = np.vstack([reference, window])
    kernel = np.exp(cdist(rows, rows, "sqeuclidean") / (-2 * sigma**2))
    np.fill_diagonal(kernel, 0.0)
    first = np.r_[np.ones(len(reference)), np.zeros(len(window))]
    generator = np.random.default_rng(seed)
    members = np.stack([first, *(generator.permutation(first) for _ in range(_PERMUTATIONS))], axis=1)
    reached = kernel @ members
    within = (members * reached).sum(axis=0)
    across = reached.sum(axis=0) - within
    other = kernel.sum() - within - 2 * across
    m, n = len(reference), len(window)
    found = within / (m * (m - 1)) + other / (n * (n - 1)) - 2 * across / (m * n)
    return Test(float(found[0]), float((1 + (found[1:] >= found[0]).sum()) / (1 + _PERMUTATIONS)))


def adjusted(p_values: Sequence[float]) -> dict[str, Array]:
    """The p of several tests, corrected for their number: by Benjamini and Hochberg (``bh``) and by Benjamini and
    Yekutieli (``by``) for the share of false findings, by Holm and by Bonferroni for any false finding at all.
    """
    from scipy.stats import false_discovery_control

    p = np.asarray(p_values, dtype=np.float64)
    if not len(p):
        return dict.fromkeys(("raw", "bh", "by", "holm", "bonferroni"), p)
    order = np.argsort(p, kind="stable")
    holm = np.empty_like(p)
    holm[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return {
        "raw": p,
        "bh": false_discovery_control(p, method="bh"),
        "by": false_discovery_control(p, method="by"),
        "holm": holm,
        "bonferroni": np.minimum(1.0, p * len(p)),
    }


def _only_present(reference: Numbers) -> Numbers:
    from dataclasses import replace

    return replace(reference, missing=0)

"""Rows that belong together: what a bootstrap of whole clusters draws, and how far so few of them can be trusted.

Rows of one day, one storm or one patient share what they have no column for. Taken as independent, they make intervals
too narrow; drawn with replacement as whole clusters, they keep what they share (Davison and Hinkley 1997, chapter 3.8;
Cameron, Gelbach and Miller 2008; for blocks of time Carlstein 1986).

Percentiles of a bootstrap of few clusters lie too near to each other: resamples of G clusters vary by (G - 1) / G of
what samples do, and the normal distribution reaches less far than Student's with G - 1 degrees of freedom. They are
therefore taken further out, at the level whose normal quantile is sqrt(G / (G - 1)) times that of Student (Hesterberg
2015, "expanded percentile interval"). Clusters of unequal size count as the number of equally large ones that varies as
much, (sum of n)^2 / sum of n^2 (Kish 1965); below 20 of these no interval is given.

A metric may be about a part of the rows: a recall about the positive ones. If 5 of 60 days had any, it has seen 5 days,
however many rows the others have (Carter, Schnepel and Steigerwald 2017: what counts is how much each cluster weighs in
the estimate). With fewer than 20 clusters of such rows Student's distribution is that of their number; with fewer than
10 no interval is given. With positives in clusters worth 8, intervals of `roc_auc` at 95 % were above the truth in 12 %
of samples, where 2.5 % should be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.specs.gate import FEWEST_CLUSTERS

if TYPE_CHECKING:
    from penstock.runtime.measures.predictions import Array

FEWEST_OF_A_KIND = 10
"""Clusters from which an interval is given that have equally many rows of a kind that it is about."""

_SUREST = 1 - 1e-12
"""The greatest confidence of percentiles, of 7 standard errors: of two or three rows more would be asked for."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """The cluster of each row."""

    of_row: Array
    """From 0; each number up to the last is that of some row."""
    sizes: Array
    """Rows of each cluster."""

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def effective(self) -> float:
        """How many clusters of equal size would vary as much."""
        return _worth(self.sizes)

    def effective_of(self, rows: Array) -> float:
        """How many clusters with equally many of the rows that a mask names would vary as much; 0 without rows."""
        return _worth(np.bincount(self.of_row[rows], minlength=1))

    @property
    def are_too_few(self) -> bool:
        """Whether so few clusters allow no interval."""
        return self.effective < FEWEST_CLUSTERS

    def looks(self, kinds: Iterable[Array]) -> float:
        """How many clusters an interval counts on, given masks of the rows of each kind that it is about; NaN where it
        has too few of some kind.
        """
        scarcest = min((self.effective_of(rows) for rows in kinds), default=self.effective)
        if self.are_too_few or scarcest < FEWEST_OF_A_KIND:
            return float("nan")
        return scarcest if scarcest < FEWEST_CLUSTERS else self.effective

    def sums(self, columns: Array) -> Array:
        """The sums (clusters, columns) of the rows of each cluster."""
        return np.column_stack([np.bincount(self.of_row, column, len(self)) for column in columns.T])

    def having(self, rows: Array) -> int:
        """How many clusters have one of the rows that a mask names."""
        return len(np.unique(self.of_row[rows]))

    def members(self) -> list[Array]:
        """The positions of the rows of each cluster."""
        return np.split(np.argsort(self.of_row, kind="stable"), np.cumsum(self.sizes)[:-1])


def expanded(confidence: float, looks: float) -> float:
    """The confidence of the percentiles of a bootstrap of so many clusters, or rows, that have the width it asks for.

    Hesterberg 2015, "expanded percentile interval".
    """
    from scipy.stats import norm

    level = 1 - 2 * norm.sf(student(confidence, looks) * np.sqrt(looks / (looks - 1)))
    return min(float(level), _SUREST)


def clusters_of(*values: Array) -> Clusters:
    """The clusters of rows, each of which is in one cluster with all rows of which it shares any of the values.

    With one column of values, rows of the same value are a cluster; with more, clusters that share a row are one.
    """
    codes = np.unique(values[0], return_inverse=True)[1]
    for more in values[1:]:
        codes = _connected(codes, np.unique(more, return_inverse=True)[1])
    return Clusters(codes, np.bincount(codes))


def student(confidence: float, looks: float) -> float:
    """How many standard errors a two-sided interval of so many clusters, or rows, reaches to each side."""
    from scipy.stats import t

    return float(t.ppf((1 + confidence) / 2, looks - 1))


def _worth(sizes: Array) -> float:
    """How many clusters of equal size vary as much as those of some sizes (Kish 1965)."""
    squares = float((sizes.astype(np.float64) ** 2).sum())
    return float(sizes.sum()) ** 2 / squares if squares > 0 else 0.0


def _connected(first: Array, second: Array) -> Array:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, other = int(first.max()) + 1, int(second.max()) + 1
    ends: tuple[Any, Any] = (first, second + one)
    links = coo_array((np.ones(len(first), dtype=bool), ends), shape=(one + other, one + other))
    return np.unique(connected_components(links, directed=False)[1][first], return_inverse=True)[1]

"""Rows that belong together: what a bootstrap of whole clusters draws, and how far so few of them can be trusted.

Rows of one day, one storm or one patient share what they have no column for. Taken as independent, they make intervals
too narrow; drawn with replacement as whole clusters, they keep what they share (Davison and Hinkley 1997, chapter 3.8;
Cameron, Gelbach and Miller 2008; for blocks of time Carlstein 1986).

Percentiles of a bootstrap of few clusters lie too near to each other: resamples of G clusters vary by (G - 1) / G of
what samples do, and the normal distribution reaches less far than Student's with G - 1 degrees of freedom. They are
therefore taken further out, at the level whose normal quantile is sqrt(G / (G - 1)) times that of Student (Hesterberg
2015, "expanded percentile interval"). Clusters of unequal size count as the number of equally large ones that varies as
much, (sum of n)^2 / sum of n^2 (Kish 1965); below 20 of these no interval is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.specs.gate import FEWEST_CLUSTERS

if TYPE_CHECKING:
    from penstock.runtime.measures.predictions import Array


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
        return float(self.sizes.sum() ** 2 / (self.sizes.astype(np.float64) ** 2).sum())

    @property
    def are_too_few(self) -> bool:
        """Whether so few clusters allow no interval."""
        return self.effective < FEWEST_CLUSTERS

    def sums(self, columns: Array) -> Array:
        """The sums (clusters, columns) of the rows of each cluster."""
        return np.column_stack([np.bincount(self.of_row, column, len(self)) for column in columns.T])

    def having(self, rows: Array) -> int:
        """How many clusters have one of the rows that a mask names."""
        return len(np.unique(self.of_row[rows]))

    def draws(self, resamples: int, generator: np.random.Generator) -> Iterator[Array]:
        """The rows of as many clusters as there are, drawn with replacement: positions, once for each time drawn."""
        order = np.argsort(self.of_row, kind="stable")
        members = np.split(order, np.cumsum(self.sizes)[:-1])
        for _ in range(resamples):
            yield np.concatenate([members[each] for each in generator.integers(0, len(self), len(self))])

    def quantile(self, confidence: float) -> float:
        """How many standard errors a two-sided interval reaches to each side, by Student's distribution."""
        from scipy.stats import t

        return float(t.ppf((1 + confidence) / 2, self.effective - 1))

    def expanded(self, confidence: float) -> float:
        """The confidence at which the percentiles of a bootstrap have the width that `confidence` asks for."""
        from scipy.stats import norm

        clusters = self.effective
        return float(1 - 2 * norm.sf(self.quantile(confidence) * np.sqrt(clusters / (clusters - 1))))


def clusters_of(*values: Array) -> Clusters:
    """The clusters of rows, each of which is in one cluster with all rows of which it shares any of the values.

    With one column of values, rows of the same value are a cluster; with more, clusters that share a row are one.
    """
    codes = np.unique(values[0], return_inverse=True)[1]
    for more in values[1:]:
        codes = _connected(codes, np.unique(more, return_inverse=True)[1])
    return Clusters(codes, np.bincount(codes))


def _connected(first: Array, second: Array) -> Array:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, other = int(first.max()) + 1, int(second.max()) + 1
    ends: tuple[Any, Any] = (first, second + one)
    links = coo_array((np.ones(len(first), dtype=bool), ends), shape=(one + other, one + other))
    return np.unique(connected_components(links, directed=False)[1][first], return_inverse=True)[1]

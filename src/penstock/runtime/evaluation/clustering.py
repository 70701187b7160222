"""Which rows belong together: by the groups of the split, and by what a gate says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.diagnostics.grammar import counted
from penstock.runtime.faults import InputError
from penstock.runtime.measures.clusters import FEWEST_OF_A_KIND, Clusters, clusters_of
from penstock.runtime.measures.scarcity import scarcest
from penstock.specs.gate import FEWEST_CLUSTERS

if TYPE_CHECKING:
    import pyarrow as pa

    from penstock.runtime.artifacts import Rows, Splits
    from penstock.runtime.measures.predictions import Array, Predictions
    from penstock.specs.gate import Clusters as Declared

MONDAY = np.datetime64("1970-01-05", "us")
"""Where the periods of time begin, so that those of seven days are weeks."""


@dataclass(frozen=True, slots=True)
class Clustering:
    """The clusters of some rows, and by what they are told apart."""

    by: str
    clusters: Clusters
    without: int
    """Rows that have no value there, which are a cluster of their own."""

    def as_json(self) -> dict[str, Any]:
        """The form in which it stands in ``figures.json``, in verdicts and in evidence."""
        return {
            "by": self.by,
            "count": len(self.clusters),
            "effective": self.clusters.effective,
            "rows_without": self.without,
        }

    def refusal(self) -> str | None:
        """Why there are no intervals, where so few clusters allow none."""
        if not self.clusters.are_too_few:
            return None
        count, effective = len(self.clusters), self.clusters.effective
        as_many = f", of sizes that make them worth {effective:.1f}" if count >= FEWEST_CLUSTERS else ""
        are = "cluster" if count == 1 else "clusters"
        return (
            f"the test rows are {count} {are} by {self.by}{as_many}, but an interval needs {FEWEST_CLUSTERS}: "
            "it is unknown whether the rule holds"
        )

    def refusal_of(self, metric: str, classes: Sequence[str], *predictions: Predictions) -> str | None:
        """Why a metric has no interval, where all clusters are too few, or those that have the rows it is about."""
        found = scarcest(metric, self.clusters, classes, *predictions)
        if self.clusters.are_too_few or not found.are_too_few:
            return self.refusal()
        worth = "" if found.clusters < 2 else f", of sizes that make them worth {found.effective:.1f}"
        return (
            f"the {found.kind} are in {counted(found.clusters, 'cluster')} by {self.by}{worth}, but an interval of "
            f"`{metric}` needs {FEWEST_OF_A_KIND}: it is unknown whether the rule holds"
        )


def clustering(declared: Declared | None, splits: Splits, rows: Rows) -> Clustering | None:
    """The clusters that the split and a gate ask for; None where single rows are independent.

    An `InputError` where the splits do not hold what they go by.
    """
    split = splits.facts["split"]
    groups = [split["column"]] if split["by"] == "group" else []
    return clustered(groups, declared, rows.clusters, rows.event_time)


def clustered(
    groups: Sequence[str], declared: Declared | None, told_apart: pa.Table, times: pa.ChunkedArray | None
) -> Clustering | None:
    """The clusters of rows by the groups of a split and what a gate declares; None where single rows are independent.

    `told_apart` has for each column a number for each value of it. An `InputError` where one is not there.
    """
    columns = list(groups)
    if declared is not None and declared.column is not None and declared.column not in columns:
        columns.append(declared.column)
    named, values = [f"`{column}`" for column in columns], [_of_column(column, told_apart) for column in columns]
    if declared is not None and declared.every is not None:
        named.append(f"periods of {declared.every}")
        values.append(_of_time(int(declared.every), times))
    if not values:
        return None
    without = int(np.logical_or.reduce([each < 0 for each in values]).sum())
    return Clustering(" and ".join(named), clusters_of(*values), without)


def most_cautious(found: Iterable[Clustering | None]) -> Clustering | None:
    """The one whose clusters are worth the fewest of equal size, which makes the widest intervals, or allows none."""
    clustered_by = [each for each in found if each is not None]
    return min(clustered_by, key=lambda each: each.clusters.effective, default=None)


def _of_column(column: str, told_apart: pa.Table) -> Array:
    """The number of each row's value; -1 where it has none."""
    if column not in told_apart.column_names:
        raise InputError(f"`clusters`: the splits have no column `{column}` to cluster by")
    return np.asarray(told_apart[column].combine_chunks().fill_null(-1).to_numpy(zero_copy_only=False))


def _of_time(every: int, times: pa.ChunkedArray | None) -> Array:
    """The number of each row's period of `every` milliseconds, from 0; -1 where it has no time."""
    if times is None:
        raise InputError("`clusters.every`: the rows have no event time; their dataset declares none")
    moments = np.asarray(times.to_numpy()).astype("datetime64[us]")
    missing = np.isnat(moments)
    since = (np.where(missing, MONDAY, moments) - MONDAY).astype(np.int64)
    period = np.floor_divide(since, every * 1000)
    return np.where(missing, -1, period - period.min(initial=0))

"""A reference distribution in a few kilobytes, against which any later window of rows can be held.

Numbers: the values at which the cumulated share is known, and how many rows lie in each interval up to and including
one of them. A column of at most 1,023 different values is kept exactly. Of others the 1,023 inner quantiles are, so
that a cumulated share read between two of them is off by less than one thousandth; the values just below each that
more than a thousandth of the rows have, where the share jumps; and the ends closer and closer, down to the least and
the greatest value, since of a long tail the last thousandth can hold most of the deviation. The ends of the intervals
that `interval_ends` makes are always among them. Categories: how often each occurs, the rarer ones together beyond the
first 1,000. Missing values are counted in both; an infinite number counts as missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from penstock.runtime.measures.predictions import Array

QUANTILES = 1024
INTERVALS = 10
"""Parts of the rows over which PSI is counted where no value is frequent."""
_TAIL_RANKS = 128
"""Ranks at most at which a tail is known, from the outermost value on."""
_TAIL_SHARE = 1 / 128
"""How far a tail reaches into the rows: over eight of the 1,024 quantiles."""
CATEGORIES = 1000
OTHER = "(other)"
"""All categories that the reference does not know by name."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The reference distribution of a numeric column."""

    edges: Array
    """Ascending and different from each other; the last is the greatest value. Empty without values."""
    counts: Array
    """Rows whose value is above the edge before, if any, and at most this edge: intervals closed on the right."""
    ends: Array
    """Where the intervals end that hold a tenth of the rows or one frequent value (`interval_ends`); among `edges`."""
    missing: int
    mean: float
    deviation: float
    exact: bool
    """Whether the edges hold every value that occurs."""

    @property
    def present(self) -> int:
        """Rows with a value."""
        return int(self.counts.sum())

    def cumulated(self) -> Array:
        """Share of the rows with a value that is at most each edge."""
        return np.asarray(np.cumsum(self.counts) / max(1, self.present))

    def as_json(self) -> dict[str, Any]:
        """The form in which `numbers_from_json` reads it."""
        return {
            "edges": self.edges.tolist(),
            "counts": self.counts.tolist(),
            "ends": self.ends.tolist(),
            "missing": self.missing,
            "mean": self.mean,
            "deviation": self.deviation,
            "exact": self.exact,
        }


@dataclass(frozen=True, slots=True)
class Categories:
    """The reference distribution of a categorical column."""

    counts: Mapping[str, int]
    """Rows by category, the most frequent first, then by name; `OTHER` is the last where there are too many."""
    missing: int

    @property
    def present(self) -> int:
        """Rows with a category."""
        return sum(self.counts.values())

    def as_json(self) -> dict[str, Any]:
        """The form in which `categories_from_json` reads it."""
        return {"categories": [[name, count] for name, count in self.counts.items()], "missing": self.missing}


def profile_numbers(values: Array) -> Numbers:
    """The reference distribution of numbers; those that are not finite count as missing."""
    present = np.sort(values[np.isfinite(values)]).astype(np.float64)
    if not len(present):
        nothing = np.array([])
        return Numbers(nothing, nothing.astype(np.int64), nothing, len(values), float("nan"), float("nan"), True)
    different, rows = np.unique(present, return_counts=True)
    exact, ends = len(different) < QUANTILES, interval_ends(present)
    known = (
        [different]
        if exact
        else [_every_thousandth(present), _just_below(different[rows * QUANTILES > len(present)]), _tails(present)]
    )
    edges = np.unique(np.concatenate([*known, ends, present[-1:]]))
    counts = np.diff(np.searchsorted(present, edges, side="right"), prepend=0)
    return Numbers(edges, counts, ends, len(values) - len(present), *_mean_and_deviation(present), exact)


def interval_ends(ascending: Array) -> Array:
    """Where the intervals end, closed on the right, over which a distribution is counted; the last has no end.

    A value that more than a tenth of the rows have is an interval of its own, and so is each of fewer than ten
    different values. The rows below, between and above such values are divided by their quantiles, with linear
    interpolation, into as few equal parts as hold at most a tenth of all rows each; a value at which two parts meet is
    in the lower one. Without a frequent value these are the ten that the nine inner deciles part, of which the outer
    ones have no bound. With one, what is less than the least value or greater than the greatest is in an interval of
    its own, in which the reference has no row.
    """
    different, rows = np.unique(ascending, return_counts=True)
    few = len(different) < INTERVALS
    alone = different if few else different[rows * INTERVALS > len(ascending)]
    if not len(alone):
        return _quantiles(ascending, INTERVALS)
    lows, highs = (np.searchsorted(ascending, alone, side=side) for side in ("left", "right"))
    ends = [_just_below(np.r_[ascending[:1], alone]), alone, ascending[-1:]]
    for start, end in zip([0, *highs], [*lows, len(ascending)], strict=True):
        if parts := -(-INTERVALS * (end - start) // len(ascending)):
            ends.append(_quantiles(ascending[start:end], parts))
    return np.unique(np.concatenate(ends))


def profile_categories(values: Sequence[str | None]) -> Categories:
    """The reference distribution of categories; None is missing."""
    found = count_categories(values)
    missing = found.pop(None, 0)
    ranked = sorted(((name, count) for name, count in found.items() if name is not None), key=lambda c: (-c[1], c[0]))
    counts, rest = dict(ranked[:CATEGORIES]), ranked[CATEGORIES:]
    if rest:
        # A category may be called so itself.
        counts[OTHER] = counts.pop(OTHER, 0) + sum(count for _, count in rest)
    return Categories(counts, missing)


def count_categories(values: Sequence[str | None]) -> dict[str | None, int]:
    """Rows by category; None counts the missing ones."""
    import pandas as pd

    counts = pd.Series(values, dtype=object).value_counts(dropna=False)
    return {(None if pd.isna(name) else str(name)): int(count) for name, count in counts.items()}


def profile_column(column: pd.Series[Any]) -> Numbers | Categories:
    """The reference of a column in the form that learners get: numbers as float64, the rest as text."""
    return profile_numbers(column.to_numpy()) if column.dtype.kind == "f" else profile_categories(list(column))


def numbers_from_json(value: Mapping[str, Any]) -> Numbers:
    """What `Numbers.as_json` wrote."""
    unknown = float("nan")
    return Numbers(
        np.array(value["edges"], dtype=np.float64),
        np.array(value["counts"], dtype=np.int64),
        np.array(value["ends"], dtype=np.float64),
        value["missing"],
        unknown if value["mean"] is None else value["mean"],
        unknown if value["deviation"] is None else value["deviation"],
        value["exact"],
    )


def categories_from_json(value: Mapping[str, Any]) -> Categories:
    """What `Categories.as_json` wrote."""
    return Categories(dict(value["categories"]), value["missing"])


def from_json(value: Mapping[str, Any]) -> Numbers | Categories:
    """The reference of a column."""
    return categories_from_json(value) if "categories" in value else numbers_from_json(value)


def _quantiles(ascending: Array, parts: int) -> Array:
    return np.asarray(np.quantile(ascending, np.arange(1, parts) / parts))


def _mean_and_deviation(ascending: Array) -> tuple[float, float]:
    """Both are finite wherever the values are, and the deviation of equal values is 0, however they round."""
    least, greatest = float(ascending[0]), float(ascending[-1])
    if least == greatest:
        return least, 0.0
    # A power of two changes no digit.
    scale = 2.0 ** max(0, np.frexp(max(-least, greatest))[1] - 400)
    return float((ascending / scale).mean()) * scale, float((ascending / scale).std()) * scale


def _every_thousandth(ascending: Array) -> Array:
    """Inner quantiles that are values themselves, so that each interval's last row is at its upper edge."""
    ranks = np.ceil(len(ascending) * np.arange(1, QUANTILES) / QUANTILES).astype(np.int64)
    return ascending[ranks - 1]


def _just_below(values: Array) -> Array:
    """The greatest number below each, so that an interval between the two holds that value alone.

    Below 0 it is the greatest normal one: some processors are told to take those in between for 0. The least number of
    all stays as it is, since nothing is below.
    """
    limits = np.finfo(np.float64)
    with np.errstate(over="ignore"):
        return np.where(values == 0, -limits.tiny, np.maximum(np.nextafter(values, -np.inf), limits.min))


def _tails(ascending: Array) -> Array:
    """Values at both ends by rank: 1, 2, 3, then ever farther from each other up to the 128th part of the rows."""
    farthest = max(1, int(len(ascending) * _TAIL_SHARE))
    ranks = np.unique(np.geomspace(1, farthest, _TAIL_RANKS).round().astype(np.int64))
    return np.concatenate([ascending[ranks - 1], ascending[-ranks]])

"""How far a window of rows is from a reference, as effect sizes that do not grow with the number of rows.

**psi**: the population stability index over the intervals of `penstock.runtime.measures.profile.interval_ends`, and
one more for the missing: the reference's deciles, closed on the right, where no value is frequent; a value that more
than a tenth of the rows have is an interval of its own, as is each of fewer than ten values, and then values below
and above all that the reference has are counted apart. A share below 0.0001 counts as 0.0001. 0.1 is commonly called a
moderate shift, 0.25 a large one. What moves within an interval moves nothing. **jensen_shannon**: the Jensen-Shannon
distance (root of the divergence, base 2, from 0 to 1) over the same intervals.
**ks**: the Kolmogorov-Smirnov distance; a missing value counts as smaller than all others. From the reference's
quantiles it is at most one thousandth too small. **wasserstein**: the area between the two cumulated distributions
of the values that are present, in standard deviations of the reference; infinite where only one side has values.
It is exact for a reference of at most 1,023 different values. For others the reference's share rises evenly between
two values that the profile holds: on samples of normal, exponential, log-normal, Pareto and Cauchy distributions,
with and without many zeros, that is off by less than 0.001.

Categories have no order. psi and jensen_shannon count each as an interval; ks and wasserstein become the total
variation, which is what both are where any two categories are equally far apart. Chance moves all of these by more the
more categories there are: of 300, two samples of one distribution have a psi of 1.2 on 200 rows. Where there are more
than one for each 20 rows of the smaller side, and more than ten, those that are rarer in the reference than that are
put together, in the order of how frequent they are, into groups that are not. Chance then makes no more of categories
than of the ten intervals of numbers on 200 rows, and one that becomes frequent is seen in its group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penstock.runtime.measures.profile import INTERVALS, OTHER, Categories, Numbers, count_categories
from penstock.specs.series import FEWEST_DRIFT_ROWS

if TYPE_CHECKING:
    from penstock.runtime.measures.predictions import Array

SMALLEST_SHARE = 1e-4
_ROWS_OF_A_CATEGORY = FEWEST_DRIFT_ROWS // INTERVALS
_STEPS = 16
"""Steps at most by which the share rises between two edges of a reference that is not exact."""


@dataclass(frozen=True, slots=True)
class Window:
    """A column of the rows that are held against the reference."""

    values: Array
    """Present values in ascending order."""
    missing: int

    @property
    def rows(self) -> int:
        """All rows."""
        return len(self.values) + self.missing


@dataclass(frozen=True, slots=True)
class Distances:
    """The distances of one column."""

    psi: float
    ks: float
    wasserstein: float
    jensen_shannon: float


def window_of(values: Array) -> Window:
    """The window of some numbers; those that are not finite count as missing."""
    # Sorting puts NaN last and the infinite ones to the ends.
    ascending = np.sort(values)
    first, last = np.searchsorted(ascending, -np.inf, side="right"), np.searchsorted(ascending, np.inf)
    return Window(ascending[first:last], len(values) - int(last - first))


def distances_of_numbers(reference: Numbers, window: Window) -> Distances:
    """All distances of a numeric column; NaN for an empty window."""
    if window.rows == 0 or reference.present + reference.missing == 0:
        return Distances(*[float("nan")] * 4)
    expected, found = interval_counts(reference, window)
    return Distances(
        psi(expected, found), ks(reference, window), wasserstein(reference, window), jensen_shannon(expected, found)
    )


def distances_of_categories(reference: Categories, values: Sequence[str | None]) -> Distances:
    """All distances of a categorical column; NaN for an empty window."""
    if len(values) == 0 or reference.present + reference.missing == 0:
        return Distances(*[float("nan")] * 4)
    expected, found = category_counts(reference, values)
    variation = float(np.abs(_shares(expected) - _shares(found)).sum() / 2)
    return Distances(psi(expected, found), variation, variation, jensen_shannon(expected, found))


def category_counts(reference: Categories, values: Sequence[str | None]) -> tuple[Array, Array]:
    """Rows of the reference and of the window by category, or group of rare ones; then all others, then missing."""
    counted = count_categories(values)
    missing = counted.pop(None, 0)
    names = [name for name in reference.counts if name != OTHER]
    expected = np.array([reference.counts[name] for name in names], dtype=np.int64)
    found = np.array([counted.pop(name, 0) for name in names], dtype=np.int64)
    starts = _groups(expected, min(len(values), reference.present + reference.missing) // _ROWS_OF_A_CATEGORY)
    if len(starts):
        expected, found = np.add.reduceat(expected, starts), np.add.reduceat(found, starts)
    return (
        np.r_[expected, reference.counts.get(OTHER, 0), reference.missing],
        np.r_[found, sum(counted.values()), missing],
    )


def _groups(rows: Array, most: int) -> Array:
    """Where each group of categories starts, given the rows of each in descending order: each alone, if few enough."""
    most = max(INTERVALS, most)
    if len(rows) <= most:
        return np.arange(len(rows))
    least, starts, held = rows.sum() / most, [0], 0
    for number, count in enumerate(rows.tolist()):
        if held >= least:
            starts.append(number)
            held = 0
        held += count
    return np.array(starts)


def psi(expected: Array, found: Array) -> float:
    """The population stability index of two vectors of counts."""
    p, q = (np.maximum(_shares(counts), SMALLEST_SHARE) for counts in (expected, found))
    return float(((q - p) * np.log(q / p)).sum())


def jensen_shannon(expected: Array, found: Array) -> float:
    """The Jensen-Shannon distance of two vectors of counts."""
    from scipy.spatial.distance import jensenshannon

    return float(jensenshannon(_shares(expected), _shares(found), base=2))


def ks(reference: Numbers, window: Window) -> float:
    """The Kolmogorov-Smirnov distance, a missing value being smaller than all others."""
    total, absent = reference.present + reference.missing, reference.missing
    below = (absent + np.cumsum(reference.counts)) / total
    at_most = (window.missing + np.searchsorted(window.values, reference.edges, side="right")) / window.rows
    # What is missing is an edge of its own, below the first.
    gaps = np.abs(np.r_[absent / total - window.missing / window.rows, below - at_most])
    if reference.exact:
        # Between two values of the reference its share stands still, so the gap just before the next edge counts.
        less = (window.missing + np.searchsorted(window.values, reference.edges, side="left")) / window.rows
        gaps = np.r_[gaps, np.abs(np.r_[absent / total, below[:-1]] - less) if len(below) else []]
    return float(gaps.max())


def wasserstein(reference: Numbers, window: Window) -> float:
    """The area between the cumulated distributions, in standard deviations of the reference.

    For a reference without any deviation it is 0 where the window has none either and the same value, else infinite.
    """
    values, edges = window.values, reference.edges
    if not len(values) or not len(edges):
        return 0.0 if len(values) == len(edges) else float("inf")
    if reference.deviation == 0:
        return 0.0 if values[0] == values[-1] == edges[-1] else float("inf")
    edges, share = _steps(reference)
    # Sums of the greatest numbers overflow; a power of two changes no digit of the others.
    scale = 2.0 ** max(0, np.frexp(np.abs([edges[0], edges[-1], values[0], values[-1]]).max())[1] - 400)
    return float(_area(edges / scale, share, values / scale) / (reference.deviation / scale))


def _steps(reference: Numbers) -> tuple[Array, Array]:
    """Ascending points and the share of the reference from each on: its values, where it is exact.

    Otherwise the rows of each interval are laid out at equal distances, the last at its upper edge, and each 16th part
    of an interval with more rows is one step, at the mean of its rows.
    """
    edges, rows = reference.edges, reference.counts
    if reference.exact:
        return edges, reference.cumulated()
    steps = np.clip(rows[1:], 1, _STEPS)
    interval = np.repeat(np.arange(len(steps)), steps)
    number = np.arange(len(interval)) - np.repeat(np.cumsum(steps) - steps, steps)
    each = np.maximum(rows[1:], 1)
    part = ((number + 0.5) / steps[interval] + 0.5 / each[interval]).clip(max=1)
    points = edges[interval] + part * np.diff(edges)[interval]
    share = np.cumsum(np.r_[rows[0], rows[1:][interval] / steps[interval]]) / reference.present
    return np.r_[edges[0], points], share


def _area(edges: Array, share: Array, values: Array) -> float:
    """The integral of |F - G|, F being `share` from each edge on and G the share of `values` up to a point.

    Between two edges F stands still and G rises, so that they cross at most once: each interval is split there, and
    the integral of G over each part follows from the sums of the values in it.
    """
    count = len(values)
    low, high, level = edges[:-1], edges[1:], share[:-1]
    reaching = np.clip(np.ceil(level * count - 1e-9).astype(np.int64) - 1, 0, count - 1)
    crossing = np.clip(values[reaching], low, high)
    to_edges, to_crossing = (np.searchsorted(values, points, side="right") for points in (edges, crossing))
    of_edges, of_crossing = _cumulated_sums(values, to_edges), _cumulated_sums(values, to_crossing)
    until = (crossing * to_crossing - low * to_edges[:-1] - (of_crossing - of_edges[:-1])) / count
    since = (high * to_edges[1:] - crossing * to_crossing - (of_edges[1:] - of_crossing)) / count
    inside = level * (crossing - low) - until + since - level * (high - crossing)
    before = edges[0] - values[: np.searchsorted(values, edges[0])]
    after = values[to_edges[-1] :] - edges[-1]
    return float(inside.sum() + (before.sum() + after.sum()) / count)


def _cumulated_sums(values: Array, ends: Array) -> Array:
    """The sums of the values before each of the ascending positions `ends`."""
    starts = np.r_[0, ends[:-1]]
    inner = starts < ends
    parts = np.zeros(len(ends))
    if inner.any():
        parts[inner] = np.add.reduceat(values[: ends[-1]], starts[inner])
    return np.asarray(np.cumsum(parts))


def interval_counts(reference: Numbers, window: Window) -> tuple[Array, Array]:
    """Rows of the reference and of the window by interval, then missing."""
    up_to = np.cumsum(reference.counts)[np.searchsorted(reference.edges, reference.ends)]
    expected = np.diff(np.r_[0, up_to, reference.present])
    found = np.diff(np.r_[0, np.searchsorted(window.values, reference.ends, side="right"), len(window.values)])
    return np.r_[expected, reference.missing], np.r_[found, window.missing]


def _shares(counts: Array) -> Array:
    return np.asarray(counts / counts.sum())


def chance_psi(intervals: int, reference_rows: int, window_rows: int) -> float:
    """The PSI that two samples of one distribution have on average (Yurdakul and Naranjo 2020)."""
    return (intervals - 1) * (1 / reference_rows + 1 / window_rows)


CHOSEN: Mapping[str, Callable[[Distances], float]] = {
    "psi": lambda distances: distances.psi,
    "ks": lambda distances: distances.ks,
    "wasserstein": lambda distances: distances.wasserstein,
    "jensen_shannon": lambda distances: distances.jensen_shannon,
}
"""The distance that a monitor's ``test`` names."""

"""A metric, or a fairness measure, by group: which groups are large enough to judge, and how far they are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penstock.runtime.measures.metrics import compute

if TYPE_CHECKING:
    from penstock.runtime.measures.predictions import Array, Predictions

MISSING = "(missing)"
"""Name of the group of the rows whose group is not known."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The rows of each group that has at least the least number of rows, and the sizes of those that have not."""

    rows: dict[str, Array]
    """Positions of the rows, by the group's name in order."""
    small: dict[str, int]


def by_group(names: Sequence[str | None], min_support: int) -> Groups:
    """The groups that rows belong to, given the group of each row."""
    labels = [MISSING if name is None else name for name in names]
    found = sorted(set(labels))
    number = {name: place for place, name in enumerate(found)}
    codes = np.fromiter(map(number.__getitem__, labels), np.int64, len(labels))
    ends = np.cumsum(np.bincount(codes, minlength=len(found)))[:-1]
    members = dict(zip(found, np.split(np.argsort(codes, kind="stable"), ends), strict=True))
    return Groups(
        {name: rows for name, rows in members.items() if len(rows) >= min_support},
        {name: len(rows) for name, rows in members.items() if len(rows) < min_support},
    )


def metric_by_group(metric: str, predictions: Predictions, groups: Groups) -> dict[str, float]:
    """The metric in each group that is large enough; NaN in one that leaves it undefined."""
    return {name: compute(metric, predictions.take(rows)) for name, rows in groups.rows.items()}


@dataclass(frozen=True, slots=True)
class Extremes:
    """The groups with the lowest and the highest value."""

    lowest: str
    low: float
    highest: str
    high: float


def extremes(values: dict[str, float]) -> Extremes | None:
    """The extreme groups, the first by name of equal ones; None without groups. A NaN is both: it hides nothing."""
    if not values:
        return None
    undefined = next((name for name, value in values.items() if np.isnan(value)), None)
    lowest = min(values, key=lambda name: values[name]) if undefined is None else undefined
    highest = max(values, key=lambda name: values[name]) if undefined is None else undefined
    return Extremes(lowest, values[lowest], highest, values[highest])

"""A profile as values: a file, and what its columns hold. It loads no library, so that who reads a profile need not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from penstock.specs.dataset import Dialect

MOST_VALUES = 20
"""Distinct values up to which a profile lists them."""

Kind = Literal["int", "float", "string", "bool", "timestamp", "date"]


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column, by its values that are present."""

    name: str
    type: Kind | None
    """The type of the language that holds every value; None where none does, as of lists."""
    stored: str
    """The file's own type in words."""
    missing: int
    distinct: int
    least: float | datetime | None
    """Of numbers and times; of dates their midnight."""
    greatest: float | datetime | None
    newest: tuple[datetime, datetime] | None
    """Of times, those after which the newest two fifths of the rows come, and the newest fifth."""
    determines: float
    """How well it determines the target by itself, from 0 to 1; 0 where no target was named."""
    counts: tuple[tuple[str | int | bool, int], ...]
    """Values with their numbers of rows, the most frequent first, then in order; none where there are too many."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A file with its columns, in their order."""

    form: Literal["csv", "parquet"]
    dialect: Dialect
    """Of CSV; what the language takes for granted where nothing else was found."""
    rows: int
    repeated: int
    """Rows that are equal to an earlier one."""
    key_repeats: tuple[int, ...]
    """For each of the keys that were asked for, the rows that have the key of an earlier one, or a part of none."""
    columns: tuple[ColumnProfile, ...]

    def column(self, name: str) -> ColumnProfile | None:
        """The column of that name."""
        return next((each for each in self.columns if each.name == name), None)

"""The rows of tables that the values of a query are made of, with all that bounds when these rows are known."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from sqlglot import exp


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A column as an expression of a SELECT names it."""

    scope: int
    table: str
    name: str
    cut: float = 0.0
    """Seconds by which it may be less than what it was made of, as the day of a time is; the bound is both together."""


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of what a SELECT gives."""

    name: str
    cut: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """A single row of a table."""

    table: str
    path: tuple[tuple[int, str], ...]
    """The names in a FROM under which it is read, the innermost first."""


@dataclass(frozen=True, slots=True)
class Ever:
    """A time of which nobody knows whether it is late: of a table that has no times, or one that SQL computes."""


@dataclass(frozen=True, slots=True, order=True)
class Cutoff:
    """A time that is written out, in seconds."""

    seconds: float


Bound = ReadColumn | ResultColumn | Row | Ever | Cutoff
Bounds = frozenset[Bound]
EVER: Bounds = frozenset({Ever()})
NO_BOUNDS: Bounds = frozenset()


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table that a value is made of."""

    table: str
    bounds: Bounds
    """What is no less than the time at which any of them is known."""
    row: Row | None
    """The row, where it is a single one."""
    lost: Literal["", "group", "window", "chain"] = ""
    """Where they have become many; `chain`: in the query that gives the table."""


Parts = frozenset[Part]
NO_PARTS: Parts = frozenset()


@dataclass(slots=True)
class Rows:
    """What a query gives."""

    columns: dict[str, Parts]
    present: Parts = NO_PARTS
    """What decides that there is a row."""
    single: dict[Row, Bounds] = field(default_factory=dict)
    """The rows of tables of which each row of the result is made, with their bounds."""
    keys: dict[tuple[Row, str], Bounds] = field(default_factory=dict)
    """By such a row and a column of its table: where its value is found."""
    floors: dict[Cutoff, Bounds] = field(default_factory=dict)
    """By a time that is written out: what is no less in every row of the result."""


def united(names: list[str], sides: list[tuple[list[str], Rows]], query: exp.Expr) -> Rows:
    """What UNION gives; of EXCEPT and INTERSECT the second side only leaves rows of the first."""
    is_one_left = isinstance(query, exp.Except | exp.Intersect)
    found, is_first = Rows({}), True
    for own, rows in sides:
        called: dict[str, set[str]] = {}
        for ours, theirs in zip(names, own, strict=False):
            called.setdefault(theirs, set()).add(ours)

        def rename(bounds: Bounds, called: dict[str, set[str]] = called) -> Bounds:
            kept = {one for one in bounds if not isinstance(one, ResultColumn)}
            named = (one for one in bounds if isinstance(one, ResultColumn))
            return frozenset(
                kept.union(ResultColumn(new, one.cut) for one in named for new in called.get(one.name, ()))
            )

        found.present |= frozenset(replace(part, bounds=rename(part.bounds)) for part in rows.present)
        if is_one_left and not is_first:
            continue
        for ours, theirs in zip(names, own, strict=False):
            parts = frozenset(replace(part, bounds=rename(part.bounds)) for part in rows.columns.get(theirs, NO_PARTS))
            found.columns[ours] = found.columns.get(ours, NO_PARTS) | parts
        found.single |= {row: rename(bounds) for row, bounds in rows.single.items()}
        found.keys |= {key: rename(bounds) for key, bounds in rows.keys.items()}
        floors = {cutoff: rename(bounds) for cutoff, bounds in rows.floors.items()}
        # What is no less in the rows of both sides is so in all of them.
        both = floors if is_first else {one: floors[one] & found.floors[one] for one in floors.keys() & found.floors}
        found.floors, is_first = both, False
    return found


def read_as(rows: Rows, step: tuple[int, str]) -> Rows:
    """What a query gives, as a SELECT reads it under a name; `step` is the scope of the SELECT, and the name."""
    renamed = {row: Row(row.table, (*row.path, step)) for row in rows.single}

    def our(bound: Bound) -> Bound:
        if isinstance(bound, ResultColumn):
            return ReadColumn(*step, bound.name, bound.cut)
        return renamed.get(bound, bound) if isinstance(bound, Row) else bound

    def ours(bounds: Bounds) -> Bounds:
        return frozenset(map(our, bounds))

    def part_of(part: Part) -> Part:
        row = renamed.get(part.row) if part.row is not None else None
        return replace(part, bounds=ours(part.bounds), row=row)

    return Rows(
        {name: frozenset(map(part_of, parts)) for name, parts in rows.columns.items()},
        frozenset(map(part_of, rows.present)),
        {renamed[row]: ours(bounds) for row, bounds in rows.single.items()},
        {(renamed[row], name): ours(bounds) for (row, name), bounds in rows.keys.items()},
        {cutoff: ours(bounds) for cutoff, bounds in rows.floors.items()},
    )

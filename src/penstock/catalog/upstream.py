"""What columns of datasets derive from, step by step through SQL: what they are made from, and what decides them.

A walk follows values alone, or deciding columns as well. Of the deciding ones, a filter of rows tells nothing of one of
these rows more than of another: only where its rows are joined to others does it show which of them it left.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Derivation, Lookahead, Moment, Moments, Query, Tables, TableTypes
from penstock.specs.dataset import Dataset

Column = tuple[str, str]
"""A dataset and one of its columns."""

Path = tuple[str, ...]
"""How a column reaches a model: ``passengers.email``, ``bookings.contact``, ``conditions.domain``."""

SENSITIVE = {"sensitive": 1, "pii": 2}
"""The sensitivities that a use must be declared for, the larger the more sensitive."""


class Parents(NamedTuple):
    """The columns that one column of a dataset comes from directly, sorted: of a query, or of a surrogate key."""

    values: tuple[Column, ...] = ()
    keys: tuple[Column, ...] = ()
    filters: tuple[Column, ...] = ()
    joins: bool = False
    """Whether the dataset joins several others."""


_NONE = Parents()


def tables_of(view: View, dataset: str) -> tuple[str, ...]:
    """The datasets that a SQL dataset reads, sorted; none for a dataset of another source."""
    found = view.find(Dataset, dataset)
    if found is None or found.spec.source.sql is None:
        return ()
    query = analysis.query(found.spec.source.sql)
    return tuple(sorted({table.name for table in query.tables})) if isinstance(query, Query) else ()


def derivation_of(view: View, dataset: Dataset) -> Derivation | None:
    """How the columns of a SQL dataset derive from those of the datasets it reads; None where it has no sound SQL."""
    text = dataset.spec.source.sql
    if text is None or not isinstance(analysis.query(text), Query):
        return None
    return analysis.derivation(text, tables_read(view, dataset))


def tables_read(view: View, dataset: Dataset) -> Tables:
    """The datasets that a SQL dataset reads, with their columns; those that are invalid are left out."""
    found = ((name, view.find(Dataset, name)) for name in tables_of(view, dataset.name))
    return tuple((name, tuple(read.spec.columns)) for name, read in found if read is not None)


def types_read(view: View, dataset: Dataset) -> TableTypes:
    """The datasets that a SQL dataset reads, with the types of their columns; those that are invalid are left out."""
    found = ((name, view.find(Dataset, name)) for name in tables_of(view, dataset.name))
    return tuple(
        (name, tuple((column, one.type) for column, one in read.spec.columns.items()))
        for name, read in found
        if read is not None
    )


def moments_read(view: View, dataset: Dataset) -> Moments:
    """The datasets that a SQL dataset reads, with the times at which their rows are known, and their keys."""
    found = ((name, view.find(Dataset, name)) for name in tables_of(view, dataset.name))
    return tuple(_moment(view, read, frozenset({dataset.name})) for _, read in found if read is not None)


def _moment(view: View, dataset: Dataset, seen: frozenset[str]) -> Moment:
    spec = dataset.spec
    time = spec.known_at or spec.event_time or ""
    declared = spec.columns.get(time)
    keys = [spec.primary_key, *([name] for name, column in spec.columns.items() if column.unique)]
    return (
        dataset.name,
        _same_rows_as(view, dataset, time, seen | {dataset.name}),
        time.lower(),
        declared is not None and declared.type == "date",
        tuple(tuple(map(str.lower, key)) for key in keys if key),
        tuple(map(str.lower, spec.columns)),
        _unsure(view, dataset),
    )


def lookaheads_of(view: View, dataset: Dataset) -> tuple[Lookahead, ...]:
    """What of a SQL dataset may be made of rows that are known after its own time, or be there by them."""
    derivation, own = derivation_of(view, dataset), dataset.spec.known_at or dataset.spec.event_time
    read = moments_read(view, dataset) if derivation is not None else ()
    given = {column.lower() for column, _ in derivation.columns} if derivation is not None else set()
    if not any(time for _, _, time, *_ in read) or (own is not None and own.lower() not in given):
        return ()
    found = analysis.lookaheads(dataset.spec.source.sql or "", read, own or "")
    # What a row says of its own time is told at the dataset.
    return tuple(one for one in found if one.how not in ("earlier", "retimed"))


def _unsure(view: View, dataset: Dataset) -> tuple[str, ...]:
    """The columns of a dataset with a time that may be made of later rows, an empty one where those decide its rows."""
    own = dataset.spec.known_at or dataset.spec.event_time
    if own is None or dataset.spec.source.sql is None or circle_of(view, dataset.name) is not None:
        return ()

    def look(inner: View) -> tuple[str, ...]:
        found = lookaheads_of(inner, dataset)
        return tuple(sorted({one.column.lower() for one in found if one.how in ("chain", "window", "join")}))

    return view.memo(("unsure", dataset.name), look)


def circle_of(view: View, start: str) -> tuple[str, ...] | None:
    """The shortest way from a dataset back to itself, breadth first; None where there is none."""
    paths: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while paths:
        following = []
        for path in paths:
            for table in tables_of(view, path[-1]):
                if table == start:
                    return (*path, start)
                if table not in seen:
                    seen.add(table)
                    following.append((*path, table))
        paths = following
    return None


def _same_rows_as(view: View, dataset: Dataset, time: str, seen: frozenset[str]) -> str:
    """The dataset of which a query takes single rows, with their key and their time; its own name where it does not."""
    if not time or not dataset.spec.primary_key or derivation_of(view, dataset) is None:
        return dataset.name
    read = [one for name in tables_of(view, dataset.name) if (one := view.find(Dataset, name)) is not None]
    alike = [one for one in read if one.spec.primary_key == dataset.spec.primary_key and one.name not in seen]
    moments = {one.name: _moment(view, one, seen) for one in alike if time in (one.spec.known_at, one.spec.event_time)}
    for name, moment in moments.items():
        _, origin, known, *_ = moment
        taken = analysis.lookaheads(dataset.spec.source.sql or "", (moment,), "")
        single = {one.column.lower() for one in taken if one.table == name and one.how == "row"}
        if known == time.lower() and {known, *map(str.lower, dataset.spec.primary_key)} <= single:
            return origin
    return dataset.name


def upstream(view: View, column: Column) -> dict[Column, Path]:
    """The column itself and all that its values are made from, each with the path from there to the column.

    Breadth first, so that each path is a shortest one; a cycle of datasets ends where it began.
    """
    return view.memo(("upstream", column), lambda seen: _upstream(seen, column))


def bearing(view: View, column: Column, joined: bool) -> dict[Column, Path]:
    """`upstream`, and after it all that decides the column, each with the path from there to the column.

    `joined`: whether its rows are joined to others by whoever reads it, so that its filters tell something, too.
    """
    return view.memo(("bearing", column, joined), lambda seen: _bearing(seen, column, joined))


def exposed(view: View, column: Column, deciding: bool) -> dict[Column, Path]:
    """The sensitive columns that somebody must answer for who reads `column`, each with the path to it.

    Of the columns upstream of a sensitive one, only those are named that are more sensitive: whoever answers for a
    column answers for what it was made from, but not for `pii` behind what is declared as merely `sensitive`.
    `deciding`: whether what decides a column counts beside what it is made from.
    """
    return view.memo(("exposed", column, deciding), lambda seen: _exposed(seen, column, deciding))


def copied(view: View, column: Column) -> frozenset[Column]:
    """The column itself and those that SQL gives it from as they are, step by step, under whatever names."""
    found: dict[Column, None] = {}
    step: Column | None = column
    while step is not None and step not in found:
        found[step] = None
        step = _copies(view, step[0]).get(step[1].lower())
    return frozenset(found)


def made_of_its_row(view: View, column: Column) -> tuple[Column, ...]:
    """The column itself and those that it is made of, nearest first, as long as they are of the same row by its key.

    What is computed of a row counts where that has a time: of others it is not followed which row it is.
    """
    found: dict[Column, None] = {column: None}
    waiting = [column]
    for step in waiting:
        dataset = view.find(Dataset, step[0])
        if dataset is None or derivation_of(view, dataset) is None:
            continue
        copies = _copies(view, step[0])
        made_of = {copies[step[1].lower()]} if step[1].lower() in copies else set(_parents(view, step).values)
        for one in sorted(made_of - found.keys()):
            is_copy = copies.get(step[1].lower()) == one
            if _gives_rows_of(dataset, copies, one[0]) and (is_copy or _is_of_one_row(view, dataset, step[1], one[0])):
                found[one] = None
                waiting.append(one)
    return tuple(found)


def _is_of_one_row(view: View, dataset: Dataset, column: str, table: str) -> bool:
    """Whether a query makes a column of single rows of a table."""
    moments = tuple(moment for moment in moments_read(view, dataset) if moment[0] == table)
    found = analysis.lookaheads(dataset.spec.source.sql or "", moments, "")
    return any((one.column.lower(), one.table, one.how) == (column.lower(), table, "row") for one in found)


def _copies(view: View, dataset: str) -> dict[str, Column]:
    """The columns of a SQL dataset, in lower case, that are one of a dataset which it reads."""
    derived = _derived_of(view, dataset)
    return derived.copies if derived is not None else {}


def _gives_rows_of(dataset: Dataset, copies: dict[str, Column], table: str) -> bool:
    """Whether a query reads a table once, and identifies its own rows by the columns of that one."""
    query = analysis.query(dataset.spec.source.sql or "")
    uses = [one.name for one in query.tables] if isinstance(query, Query) else []
    keys = [copies.get(key.lower(), ("", ""))[0] for key in dataset.spec.primary_key]
    return uses.count(table) == 1 and set(keys or uses) == {table}


def sensitivity(view: View, column: Column) -> str:
    """How sensitive a column is declared to be; `internal` where the dataset or the column is unknown."""
    dataset = view.find(Dataset, column[0])
    declared = dataset.spec.columns.get(column[1]) if dataset is not None else None
    return declared.sensitivity if declared is not None else "internal"


def sensitivity_rank(view: View, column: Column) -> int:
    """How sensitive a column is as a number: 0 where no use of it needs to be declared."""
    return SENSITIVE.get(sensitivity(view, column), 0)


def _upstream(view: View, column: Column) -> dict[Column, Path]:
    found: dict[Column, Path] = {column: (".".join(column),)}
    waiting = [column]
    while waiting:
        following = []
        for one in waiting:
            for parent in _parents(view, one).values:
                if parent not in found:
                    found[parent] = (".".join(parent), *found[one])
                    following.append(parent)
        waiting = following
    return found


def _bearing(view: View, column: Column, joined: bool) -> dict[Column, Path]:
    found = dict(upstream(view, column))
    waiting: list[tuple[Column, bool, Path]] = [(column, joined, (".".join(column),))]
    seen = {(column, joined)}
    while waiting:
        following = []
        for one, is_joined, path in waiting:
            parents = _parents(view, one)
            filters = parents.filters if is_joined else ()
            for parent in (*parents.values, *parents.keys, *filters):
                state = (parent, is_joined or parents.joins)
                if state not in seen:
                    seen.add(state)
                    way = (".".join(parent), *path)
                    found.setdefault(parent, way)
                    following.append((*state, way))
        waiting = following
    return found


def _exposed(view: View, column: Column, deciding: bool) -> dict[Column, Path]:
    found: dict[Column, Path] = {}
    waiting: list[tuple[Column, Path, int]] = [(column, (".".join(column),), 0)]
    seen: set[tuple[Column, int]] = set()
    while waiting:
        following = []
        for one, path, answered in waiting:
            rank = sensitivity_rank(view, one)
            if rank > answered:
                found.setdefault(one, path)
            level = max(rank, answered)
            if (one, level) not in seen:
                seen.add((one, level))
                following += [(parent, (".".join(parent), *path), level) for parent in _followed(view, one, deciding)]
        waiting = following
    return found


def _followed(view: View, column: Column, deciding: bool) -> Iterator[Column]:
    parents = _parents(view, column)
    yield from parents.values
    if deciding:
        yield from parents.keys
        yield from parents.filters


class _Derived(NamedTuple):
    """What the columns of a SQL dataset are made of and decided by, by their names in lower case."""

    values: dict[str, frozenset[Column]]
    keys: dict[str, frozenset[Column]]
    copies: dict[str, Column]
    """Those that are one of a dataset which the query reads."""
    filters: tuple[Column, ...]
    everything: tuple[Column, ...]
    """Of a query that nobody can see into: all columns of what it reads, of which it gives any."""
    joins: bool


def _parents(view: View, column: Column) -> Parents:
    dataset = view.find(Dataset, column[0])
    if dataset is not None and column[1] == dataset.spec.surrogate_key:
        return Parents(tuple(sorted((dataset.name, name) for name in dataset.spec.columns if name != column[1])))
    derived = _derived_of(view, column[0])
    if derived is None:
        return _NONE
    if not derived.values:
        return Parents(derived.everything, joins=derived.joins)
    values, keys = (_of(found, column[1]) for found in (derived.values, derived.keys))
    return Parents(tuple(sorted(values)), tuple(sorted(keys)), derived.filters, derived.joins)


def _of(columns: dict[str, frozenset[Column]], name: str) -> frozenset[Column]:
    # SQL does not tell upper case from lower case, the contract does. What has no name in the query may be any of those
    # without one.
    return columns.get(name.lower(), columns.get("", frozenset()))


def _derived_of(view: View, dataset: str) -> _Derived | None:
    return view.memo(("derived", dataset), lambda inner: _derived(inner, dataset))


def _derived(view: View, name: str) -> _Derived | None:
    dataset = view.find(Dataset, name)
    derivation = derivation_of(view, dataset) if dataset is not None else None
    if dataset is None or derivation is None:
        return None
    everything = sorted((read, one) for read, columns in tables_read(view, dataset) for one in columns)
    return _Derived(
        _by_name(derivation.columns),
        _by_name(derivation.keys),
        {one.lower(): column for one, column in derivation.copies},
        tuple(sorted(derivation.filters)),
        () if derivation.columns else tuple(everything),
        len(tables_of(view, name)) > 1,
    )


def _by_name(columns: tuple[tuple[str, frozenset[Column]], ...]) -> dict[str, frozenset[Column]]:
    found: dict[str, frozenset[Column]] = {}
    for name, sources in columns:
        found[name.lower()] = found.get(name.lower(), frozenset()) | sources
    return found

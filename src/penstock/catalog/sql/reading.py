"""What one SELECT reads, and what its conditions say of when the rows are known that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import islice, pairwise
from typing import Protocol

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from penstock.catalog.sql.conditions import MOST, Either, Missing, Says, cases, constant, said
from penstock.catalog.sql.conditions import Order as Comparison
from penstock.catalog.sql.moments import (
    Sight,
    above,
    apart,
    below,
    columns,
    is_aggregate,
    walk,
)
from penstock.catalog.sql.row_identity import RowIdentity
from penstock.catalog.sql.spans import WHOLE, cut_off, part_of, written_seconds
from penstock.catalog.sql.timed_rows import (
    EVER,
    NO_BOUNDS,
    NO_PARTS,
    Bound,
    Bounds,
    Cutoff,
    Part,
    Parts,
    ReadColumn,
    Row,
    Rows,
    read_as,
)
from penstock.catalog.sql.values import Moment

_MOST_ROWS = 1_000
"""Rows of tables that one query may read side by side; of more, nothing is told."""


Order = tuple[Bounds, Bounds]
"""Bounds of which each is no more than all of the others."""


class Query(Protocol):
    """A query while its scopes are followed."""

    scopes: dict[int, Scope]
    tables: dict[str, Moment]
    cuts: frozenset[float]
    """The seconds that its truncations cut off."""
    cutoffs: tuple[Cutoff, ...]
    """The times that it writes out, the earliest first."""

    def scope(self, identity: int) -> Scope | None:
        """A scope by its identity."""

    def reading(self, scope: Scope) -> Reading:
        """What the SELECT of a scope reads."""

    def rows(self, scope: Scope) -> Rows:
        """What a scope gives."""


class Reading:
    """One SELECT: what it reads, and what its conditions say of times."""

    def __init__(self, query: Query, scope: Scope) -> None:
        self._query = query
        self._scope = scope
        self._select = scope.expression.unnest()
        self._selects: list[exp.Expr] = getattr(self._select, "selects", [])
        self._sources: dict[str, Rows] = {}

    def parts(self, column: ReadColumn) -> Parts:
        """What a column of something that is read is made of."""
        return self._source(column.table).columns.get(column.name, NO_PARTS)

    def closure(self, bounds: Bounds, more: Iterable[Order] = ()) -> Bounds:
        """All that is no less than one of some bounds, by the conditions of the SELECT."""
        found: set[Bound] = set(bounds)
        pairs = (*self._orders, *more)
        size = -1
        while size != len(found):
            size = len(found)
            for row in [one for one in found if isinstance(one, Row)]:
                found |= self._single.get(row, NO_BOUNDS) | self._identity.same_rows.get(row, frozenset())
            _follow(found, pairs)
        return frozenset(found)

    def _read_columns(self, node: exp.Expr) -> Iterator[Part]:
        return (part for column in columns(node) for part in self._parts_of(column))

    def _parts_of(self, column: exp.Column) -> Parts:
        found = self._found(column)
        return self._query.reading(found[0]).parts(found[1]) if found is not None else NO_PARTS

    def _node(self, column: exp.Expr) -> ReadColumn:
        found = self._found(column)
        return found[1] if found is not None else ReadColumn(0, column.text("table"), column.name)

    def _found(self, column: exp.Expr) -> tuple[Scope, ReadColumn] | None:
        """The scope that reads the table of a column, the innermost one around it, and the column there."""
        select = column.find_ancestor(exp.Select)
        scope: Scope | None = self._query.scopes.get(id(select), self._scope)
        while scope is not None:
            if column.text("table") in self._query.reading(scope).read:
                return scope, ReadColumn(id(scope), column.text("table"), column.name)
            scope = scope.parent
        return None

    @cached_property
    def read(self) -> frozenset[str]:
        """The names under which the SELECT reads something."""
        select = self._select
        if not isinstance(select, exp.Select):
            return frozenset()
        joined = (one for one in select.find_all(exp.Join, exp.Lateral) if one.find_ancestor(exp.Select) is select)
        return frozenset([*self._scope.selected_sources, *(one.alias_or_name for one in joined)])

    def _source(self, alias: str) -> Rows:
        if alias not in self._sources:
            self._sources[alias] = Rows({})
            self._sources[alias] = self._imported(alias)
        return self._sources[alias]

    def _imported(self, alias: str) -> Rows:
        """What is read under a name, in columns of this SELECT."""
        source = self._scope.sources.get(alias)
        step = (id(self._scope), alias)
        if isinstance(source, exp.Table):
            _, _, time, _, _, names, unsure = self._query.tables.get(source.name, ("", "", "", False, (), (), ()))
            if not time:
                return Rows({})
            row = Row(source.name, (step,))
            bounds = frozenset[Bound]({row, ReadColumn(*step, time)})
            parts = frozenset({Part(source.name, bounds, row)})
            keys: dict[tuple[Row, str], Bounds] = {(row, name): frozenset({ReadColumn(*step, name)}) for name in names}
            later = parts | {Part(source.name, NO_BOUNDS, None, "chain")}
            columns = {name: later if name in unsure else parts for name in names}
            return Rows(columns, later if "" in unsure else parts, {row: bounds}, keys)
        if source is None:
            return Rows({})
        return read_as(self._query.rows(source), step)

    @cached_property
    def _single(self) -> dict[Row, Bounds]:
        """The single rows that are read, with what bounds them."""
        found = {row: bounds for alias in self.read for row, bounds in self._source(alias).single.items()}
        return found if len(found) <= _MOST_ROWS else {}

    @cached_property
    def _keys(self) -> dict[tuple[Row, str], Bounds]:
        return {key: nodes for alias in self.read for key, nodes in self._source(alias).keys.items()}

    @cached_property
    def _joins(self) -> tuple[exp.Join, ...]:
        select = self._select
        return tuple(one for one in select.find_all(exp.Join) if one.find_ancestor(exp.Select) is select)

    @cached_property
    def _conditions(self) -> tuple[exp.Expr, ...]:
        select = self._select
        clauses = [*(one.args.get("on") for one in self._joins)]
        clauses += [where.this for key in ("where", "having", "qualify") if (where := select.args.get(key)) is not None]
        return tuple(one for one in clauses if one is not None)

    @cached_property
    def _keeps_unmatched(self) -> bool:
        """Whether there are rows of the result that no condition of a join holds for."""
        return any(one.side for one in self._joins)

    @cached_property
    def _orders(self) -> tuple[Order, ...]:
        """What is no more than what, by the conditions."""
        natural = any((one.method or "").upper() == "NATURAL" for one in self._select.find_all(exp.Join))
        if natural:
            # Which columns rows meet on is not looked into: their times may be among them.
            return ((frozenset(self._single), EVER),)
        times = [frozenset[Bound]({one}) for one in self._query.cutoffs]
        floors = (one for alias in self.read for one in self._source(alias).floors.items())
        return (
            *(pair for condition in self._conditions for pair in self._orders_in(condition)),
            *((frozenset({cutoff}), bounds) for cutoff, bounds in floors),
            *pairwise(times),
        )

    def _no_more(self, node: exp.Expr, spare: float = 0.0) -> Bounds:
        """The columns that are no more than an expression and some seconds, alone and with what was cut off them."""
        lower = [(self._node(one), left) for one, left in below(node, self._sight, spare)]
        cuts = [replace(one, cut=cut) for one, left in lower for cut in self._query.cuts if cut <= left]
        return frozenset([*(one for one, _ in lower), *cuts])

    def _surely_no_more(self, node: exp.Expr, spare: float = 0.0) -> Bounds:
        """The same of an expression that may have several values: the columns that are no more than any of them."""
        each = []
        for says, value in islice(cases(node.unalias()), MOST):
            # By a time that is NULL nothing is known.
            if constant(value) != (None,):
                each.append((self._no_more(value, spare), tuple(self._said(says))))
        named = frozenset[Bound](map(self._node, columns(node))).union(*(lower for lower, _ in each))
        return frozenset(
            one for one in named if all(not lower.isdisjoint(_follow({one}, pairs)) for lower, pairs in each)
        )

    def _orders_in(self, condition: exp.Expr) -> Iterator[Order]:
        return self._said(said(condition) or ())

    def _said(self, says: Says) -> Iterator[Order]:
        for one in says:
            match one:
                case Either():
                    yield from self._in_each(one)
                case Missing():
                    continue
                case _:
                    yield from self._no_later(one)

    def _no_later(self, comparison: Comparison) -> Iterator[Order]:
        """What is no more than what, by a comparison."""
        less, more, seconds, is_strict = comparison
        lower = self._no_more(less, seconds + apart(less, more, is_strict))
        if not any(columns(more)) and any(map(part_of, walk(less))):
            # Of the number of a year nobody knows whether it is late.
            lower = frozenset(map(self._node, columns(less)))
        mixed = {one.table for one in columns(less)}
        if len(mixed) > 1 and not any(columns(more)) and not less.find(exp.Abs):
            # Whatever is made of several times and compared with an amount may say anything of them.
            yield frozenset(map(self._node, columns(less))), self._known_with(columns(less))
        elif lower:
            yield lower, self._known_with(above(more)) | self._written(more)
        elif (cutoff := cutoff_of(less)) is not None:
            yield frozenset({cutoff}), self._known_with(above(more))

    def _written(self, node: exp.Expr) -> Bounds:
        """The time that an expression writes out, or that it is one of which nobody knows whether it is late."""
        cutoff = cutoff_of(node)
        if cutoff is not None:
            return frozenset({cutoff})
        is_query_within = any(map(is_query, node.walk()))
        is_written = not any(columns(node)) and not is_query_within
        is_timeless = any(not self._parts_of(one) for one in above(node))
        return EVER if is_written or is_timeless or is_query_within else NO_BOUNDS

    def _in_each(self, either: Either) -> Iterator[Order]:
        """What is no more than what whichever of some alternatives holds, but for those of a row that is not there."""
        sides = [(*self._said(side), *self._missing(side)) for side in either.sides]
        starts = [NO_BOUNDS.union(*(less for less, _ in side)) for side in sides]
        for start in frozenset.intersection(*starts) if starts else NO_BOUNDS:
            reached = [_follow({start}, side) for side in sides]
            # By a time that is written out nothing is at fault, so the others say what bounds it.
            bounding = [one for one in reached if EVER.isdisjoint(one)]
            common = frozenset(set.intersection(*bounding)) if bounding else EVER
            if common - {start}:
                yield frozenset({start}), common

    def _missing(self, says: Says) -> Iterator[Order]:
        """The rows of which an alternative says that there is none, as by `m.time IS NULL` after an outer join."""
        named = {self._node(one.column) for one in says if isinstance(one, Missing)}
        for row, name in [key for key, nodes in self._keys.items() if not named.isdisjoint(nodes)]:
            _, _, time, _, keys, *_ = self._query.tables[row.table]
            if name == time or any(name in key for key in keys):
                own = NO_BOUNDS.union(*(nodes for (other, _), nodes in self._keys.items() if other == row))
                cut = {replace(one, cut=cut) for one in own if isinstance(one, ReadColumn) for cut in self._query.cuts}
                yield own | cut | {row}, EVER

    def _known_with(self, named: Iterable[exp.Column]) -> Bounds:
        """Columns, and what bounds the rows that they are of: by then their values are known."""
        nodes = set(map(self._node, named))
        return frozenset[Bound](nodes).union(*map(self._of_column, nodes))

    def _of_column(self, node: Bound) -> Bounds:
        """What bounds the rows that a column of something that is read is of."""
        scope = self._query.scope(node.scope) if isinstance(node, ReadColumn) else None
        if scope is None or not isinstance(node, ReadColumn):
            return NO_BOUNDS
        return NO_BOUNDS.union(*(part.bounds for part in self._query.reading(scope).parts(node)))

    @cached_property
    def _identity(self) -> RowIdentity:
        return RowIdentity(self._query.tables, self._keys if self._single else {}, self._equal())

    def _equal(self) -> Iterator[tuple[Bound, Bound]]:
        """Columns that are equal in every row."""
        for condition in self._conditions:
            for one in condition.flatten() if isinstance(condition, exp.And) else (condition,):
                one = one.unnest()
                if isinstance(one, exp.EQ) and is_column(one.left) and is_column(one.right):
                    yield self._node(one.left), self._node(one.right)

    @cached_property
    def _is_grouped(self) -> bool:
        return self._select.args.get("group") is not None or any(
            is_aggregate(node) and node.find_ancestor(exp.Window, exp.Select) is self._select
            for one in self._selects
            for node in walk(one)
        )

    @cached_property
    def _grouped_by(self) -> Bounds:
        group = self._select.args.get("group")
        if group is None:
            return NO_BOUNDS
        keys: list[exp.Expr] = list(group.find_all(exp.Column))
        if group.args.get("all"):
            keys += [one.unalias() for one in self._selects]
        return self._identity.same_as(self._node(one) for one in keys if is_column(one))

    @cached_property
    def _pinned(self) -> frozenset[Row]:
        """The rows of which each group has one."""
        return self._pinned_by(self._grouped_by)

    def _pinned_by(self, shared: Bounds) -> frozenset[Row]:
        found = {
            row
            for row in self._single
            for key in self._query.tables[row.table][4]
            if all(not self._keys.get((row, column), NO_BOUNDS).isdisjoint(shared) for column in key)
        }
        return frozenset(found.union(*(self._identity.same_rows.get(row, frozenset()) for row in found)))

    @cached_property
    def _sight(self) -> Sight:
        def is_one(call: exp.Expr) -> bool:
            parts = list(self._read_columns(call))
            return self._is_grouped and bool(parts) and all(part.row in self._pinned for part in parts)

        def is_whole(column: exp.Column) -> bool:
            return any(self._query.tables[part.table][3] for part in self._parts_of(column)) or self._is_day(column)

        return Sight(is_one, is_whole)

    def _is_day(self, column: exp.Column) -> bool:
        """Whether a query within gives the column as a time of which at least what is below a day is cut off."""
        found = self._found(column)
        source = found[0].sources.get(found[1].table) if found is not None else None
        selected = getattr(source.expression, "selects", ()) if isinstance(source, Scope) else ()
        made = next((one.unalias() for one in selected if one.alias_or_name == column.name), None)
        return made is not None and (cut_off(made) or 0) >= WHOLE


def _follow(found: set[Bound], pairs: Iterable[Order]) -> set[Bound]:
    """Add all that is no less than one of what was found."""
    pairs = tuple(pairs)
    size = -1
    while size != len(found):
        size = len(found)
        for less, greater in pairs:
            if not less.isdisjoint(found):
                found |= greater
    return found


def cutoff_of(node: exp.Expr) -> Cutoff | None:
    """The time that an expression is, where it is one that is written out."""
    seconds = written_seconds(node)
    return Cutoff(seconds) if seconds is not None else None


def is_column(node: exp.Expr) -> bool:
    """Whether it is a column."""
    return isinstance(node, exp.Column)


def is_query(node: exp.Expr) -> bool:
    """Whether it is a query."""
    return isinstance(node, exp.Query)

"""Which columns of a query's result may be made of rows that are known later than the result (look-ahead bias).

The rows that a value is made of are followed through subqueries, joins, groups and windows, with all that bounds the
time at which they are known: a column that is no less, by itself or by a condition, a row of which they are known no
later, or a time that is written out and that the query says its own rows not to be before. Where the result's own time
is not among these, the value may come from later.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace
from functools import cached_property
from typing import Literal

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from penstock.catalog.sql.conditions import Read, Says, asserted, constant, reads
from penstock.catalog.sql.moments import above, columns, is_aggregate
from penstock.catalog.sql.reading import Reading, cutoff_of, is_column, is_query
from penstock.catalog.sql.spans import added, cut_off
from penstock.catalog.sql.timed_rows import (
    NO_BOUNDS,
    NO_PARTS,
    Bound,
    Bounds,
    Cutoff,
    Ever,
    Part,
    Parts,
    ReadColumn,
    ResultColumn,
    Row,
    Rows,
    united,
)
from penstock.catalog.sql.values import Look, Lookahead, Moment, Moments
from penstock.catalog.sql.windows import reach


def lookaheads(scope: Scope, tables: Moments, own: str) -> tuple[Lookahead, ...]:
    """The columns of a qualified query's result that may be made of later rows, each with the tables.

    `own` is the column with the time of the result; without one, any row of a table with a time may be later.
    """
    given = _Query({id(one.expression): one for one in scope.traverse()}, tables).rows(scope)
    own = next((name for name in given.columns if name.lower() == own.lower()), own)
    own_rows: Set[Bound] = {part.row for part in given.columns.get(own, NO_PARTS) if part.row is not None}
    found: dict[tuple[str, str], Lookahead] = {}
    # The time itself is known by then.
    for name, parts in (*given.columns.items(), ("", given.present)):
        for part in parts if name != own else ():
            # A result without a time is not of any: what is written out is all that could bound it.
            if part.bounds.isdisjoint({ResultColumn(own), Ever()}) and (own or not _is_cut_off(part)):
                how = _how(part, own, own_rows)
                known = found.get((name, part.table))
                is_worse = known is None or _WORSE.index(how) > _WORSE.index(known.how)
                # That there is a group is known as soon as its first row is, and a row as soon as its time is.
                if is_worse and (name or how in ("window", "join", "chain")):
                    found[name, part.table] = Lookahead(name, part.table, how)
    return tuple(found.values())


def _is_cut_off(part: Part) -> bool:
    return any(isinstance(one, Cutoff) for one in part.bounds)


_OF_ZERO = (exp.Sum, exp.Max, exp.LogicalOr, exp.CountIf)
"""Aggregate functions to which nothing is added by 0, nor by FALSE."""
_OF_ONE = (exp.Max, exp.Min, exp.AnyValue, exp.First, exp.Last, exp.FirstValue, exp.LastValue)
"""Aggregate functions to which it is the same how often a value is there."""
_WORSE: tuple[Look, ...] = ("chain", "retimed", "earlier", "row", "group", "window", "join")


def _how(part: Part, own: str, own_rows: Set[Bound]) -> Look:
    if part.lost == "chain":
        return "chain"
    if not part.bounds.isdisjoint(own_rows):
        # Known no later than the row that gives the time, which may be said to be another than it is.
        is_less = any(isinstance(one, ResultColumn) and one.name == own for one in part.bounds)
        return "earlier" if is_less else "retimed"
    if part.lost == "window":
        return "window"
    if not own:
        return "row" if part.row is not None else part.lost or "join"
    return "join" if own_rows else "group"


class _Query:
    """A query while it is followed: each scope of it once."""

    def __init__(self, scopes: dict[int, Scope], tables: Moments) -> None:
        self.scopes = scopes
        self._by_identity = {id(scope): scope for scope in scopes.values()}
        self.tables: dict[str, Moment] = {moment[0]: moment for moment in tables}
        nodes = [node for scope in scopes.values() for node in scope.expression.walk()]
        spans = {sum_[1] for node in nodes if (sum_ := added(node)) is not None}
        cuts = {cut for node in nodes if (cut := cut_off(node)) is not None} | {-span for span in spans if span < 0}
        # Some of it may be added at once, and the rest in a query around.
        self.cuts = frozenset(cuts | {cut - span for cut in cuts for span in spans if 0 < span < cut})
        self.cutoffs = tuple(sorted({one for node in nodes if (one := cutoff_of(node)) is not None}))
        self._rows: dict[int, Rows] = {}
        self._readings: dict[int, _Level] = {}

    def scope(self, identity: int) -> Scope | None:
        """A scope by its identity."""
        return self._by_identity.get(identity)

    def reading(self, scope: Scope) -> _Level:
        """The SELECT of a scope."""
        if id(scope) not in self._readings:
            self._readings[id(scope)] = _Level(self, scope)
        return self._readings[id(scope)]

    def rows(self, scope: Scope) -> Rows:
        """What a scope gives; of a query that reads itself, nothing at first."""
        if id(scope) not in self._rows:
            self._rows[id(scope)] = Rows({})
            self._rows[id(scope)] = self._rows_of(scope)
        return self._rows[id(scope)]

    def _rows_of(self, scope: Scope) -> Rows:
        query = scope.expression
        if scope.set_operation_scopes:
            sides = scope.set_operation_scopes
            return united(names_of(scope), [(names_of(one), self.rows(one)) for one in sides], query)
        if isinstance(query.unnest(), exp.Select):
            return self.reading(scope).rows()
        within = (self.scopes.get(id(one)) for one in query.find_all(exp.Query))
        inner = next((one for one in within if one is not None and one is not scope), None)
        if inner is not None:
            return self.rows(inner)
        # UNNEST and the like give parts of what they are given.
        parent = scope.parent
        parts = NO_PARTS if parent is None else self.reading(parent).parts_in(query)
        return Rows(dict.fromkeys(names_of(scope), parts), parts)


def names_of(scope: Scope) -> list[str]:
    """The columns of what a scope gives, as they are called by whoever reads it."""
    named: list[str] = scope.outer_columns or getattr(scope.expression, "named_selects", [])
    return list(named)


class _Level(Reading):
    """One SELECT: what the columns that it gives are made of."""

    def rows(self) -> Rows:
        """What the SELECT gives."""
        selected = list(zip(names_of(self._scope), self._selects, strict=False))
        bounded: dict[Bound, set[Bound]] = {}
        for name, one in selected:
            for cut in (0.0, *self._query.cuts):
                for lower in self._surely_no_more(one, cut):
                    bounded.setdefault(lower, set()).add(ResultColumn(name, cut))

        def given(part: Part, before: Bounds) -> Part:
            """A part with its bounds as the result has them; `before` its rows were put together."""
            kept = (one for one in part.bounds if not isinstance(one, ReadColumn) or one.scope != id(self._scope))
            return replace(part, bounds=frozenset(kept).union(*(bounded.get(one, ()) for one in before)))

        found = Rows({})
        for name, one in selected:
            found.columns[name] = frozenset(given(part, before) for part, before in self._made_from(one))
        found.present = frozenset(given(*self._put_together(part)) for part in self._required)
        found.present |= frozenset(given(part, before) for part, before in self._left_by())
        single = {row for row in self._single if not self._is_grouped or row in self._pinned}
        for row in single:
            bounds = self.closure(frozenset({row}))
            found.single[row] = given(Part(row.table, bounds, row), bounds).bounds
        plain: dict[Bound, set[Bound]] = {}
        for name, one in selected:
            for node in self._identity.same(self._node(one.unalias())) if is_column(one.unalias()) else ():
                plain.setdefault(node, set()).add(ResultColumn(name))
        # What joins rows only where its condition holds says nothing of the other rows.
        for cutoff in self._query.cutoffs if not self._keeps_unmatched else ():
            bounds = self.closure(frozenset({cutoff}))
            found.floors[cutoff] = given(Part("", bounds, None), bounds).bounds
        for (row, column), nodes in self._keys.items():
            same = NO_BOUNDS.union(*(plain.get(node, ()) for node in nodes))
            if row in single and same:
                found.keys[row, column] = same
        return found

    def parts_in(self, node: exp.Expr) -> Parts:
        """What the value of an expression is made of."""
        return frozenset(part for part, _ in self._made_from(node))

    def _made_from(self, node: exp.Expr) -> Iterator[tuple[Part, Bounds]]:
        """What a selected expression is made of, with the bounds before rows were put together."""
        for read in reads(node, stops=self._is_of_many):
            more = tuple(self._said(read.says))
            for parts, before in self._gathered(read):
                for part in parts:
                    bounds = self.closure(part.bounds, more)
                    yield replace(part, bounds=bounds), before if before is not None else bounds

    def _is_of_many(self, node: exp.Expr) -> bool:
        return isinstance(node, exp.Window) or (is_aggregate(node) and self._is_grouped)

    def _gathered(self, read: Read) -> Iterator[tuple[Parts, Bounds | None]]:
        match read.node:
            case exp.Column():
                for part in self._parts_of(read.node):
                    yield from self._of_group(part)
            case exp.Query():
                yield self._of_query(read.node), None
            case exp.Window():
                yield self._in_window(read.node), None
            case _:
                for part in self._read_in(read.node, read.says):
                    together, before = self._put_together(part)
                    yield frozenset({together}), before

    def _of_group(self, part: Part) -> Iterator[tuple[Parts, Bounds | None]]:
        """A column outside of aggregate functions: where rows are grouped, it is what they are grouped by.

        That there is such a group is known as soon as its first row is.
        """
        closed = replace(part, bounds=self.closure(part.bounds))
        if not self._is_grouped or closed.row in self._pinned or not closed.bounds:
            yield frozenset({closed}), None

    def _read_in(self, node: exp.Expr, says: Says = ()) -> Parts:
        """What the columns of an expression are made of; of one that names none, such as a count, all rows."""

        def adds_nothing(value: exp.Expr) -> bool:
            return constant(value) in (((None,), (0.0,)) if isinstance(node, _OF_ZERO) else ((None,),))

        found: set[Part] = set()
        # Of what is compared within, such as in `count_if`, is taken that it holds.
        holds = (*says, *asserted(node))
        for one, said in [
            *reads(node, holds, adds_nothing=adds_nothing),
            *(() if any(columns(node)) else (Read(node, holds),)),
        ]:
            if isinstance(one, exp.Column):
                parts = self._parts_of(one)
                is_one = isinstance(node, _OF_ONE) and all(part.row in self._pinned for part in parts)
                parts |= NO_PARTS if is_one else self._among(one)
            else:
                parts = self._of_query(one) if is_query(one) else self._met
            parts |= self._met if isinstance(node, exp.Count) else NO_PARTS
            more = tuple(self._said(said))
            found |= {replace(part, bounds=self.closure(part.bounds, more)) for part in parts}
        return frozenset(found)

    def _put_together(self, part: Part) -> tuple[Part, Bounds]:
        """What becomes of rows in a group, and their bounds before."""
        before = self.closure(part.bounds)
        if not self._is_grouped or part.row in self._pinned:
            return replace(part, bounds=before), before
        return self._many(replace(part, bounds=before), self._grouped_by, self._pinned, "group"), before

    def _many(self, part: Part, shared: Bounds, pinned: frozenset[Row], lost: Literal["group", "window"]) -> Part:
        """A part once it is of many rows that share some columns."""

        def is_shared(bound: Bound) -> bool:
            match bound:
                case ReadColumn():
                    if bound.scope != id(self._scope) or bound in shared:
                        return True
                    parts = self.parts(bound)
                    return bool(parts) and all(one.row in pinned for one in parts)
                case Row():
                    return bound in pinned or bound not in self._single
                case _:
                    return isinstance(bound, Ever | Cutoff)

        return Part(
            part.table, frozenset(filter(is_shared, part.bounds)), None, "chain" if part.lost == "chain" else lost
        )

    def _in_window(self, window: exp.Window) -> Parts:
        """What a window function is made of: rows that share what it is divided by, as far as it looks."""
        seen = reach(self._select, window)
        parts = self._read_in(window.this)
        if not any(columns(window.this)):
            parts |= frozenset(
                part for one in (*seen.shared, seen.last) if one is not None for part in self._read_columns(one)
            )
        shared = self._identity.same_as(self._node(one) for one in seen.shared if is_column(one))
        pinned = self._pinned_by(shared)
        ends: list[tuple[Bounds, Bounds]] = []
        if seen.last is not None:
            last, then = self._surely_no_more(seen.last), self._known_with(above(seen.last))
            ends = [(last, then), *((_cut(last, cut), _cut(then, cut)) for cut in self._query.cuts)]
        found = set()
        for part in parts:
            bounds = self.closure(part.bounds)
            if part.row in pinned:
                found.add(replace(part, bounds=bounds))
                continue
            many = self._many(replace(part, bounds=bounds), shared, pinned, "window")
            # What all rows of the window share, the row itself has as well.
            kept = many.bounds.union(*(self._of_column(one) for one in many.bounds))
            kept = kept.union(*(self.closure(then) for last, then in ends if not last.isdisjoint(bounds)))
            found.add(replace(many, bounds=kept, lost="" if kept else many.lost))
        if self._is_grouped:
            return frozenset(self._put_together(part)[0] for part in found)
        return frozenset(found)

    def _of_query(self, query: exp.Expr) -> Parts:
        """What a query within an expression gives, bound by what it says of the row around it."""
        scope = self._query.scopes.get(id(query.unnest()))
        if scope is None:
            return NO_PARTS
        rows = self._query.rows(scope)
        is_there = isinstance(query.parent, exp.Exists)
        parts = rows.present if is_there else NO_PARTS.union(*rows.columns.values())
        parts |= rows.present if isinstance(query.parent, exp.In) else NO_PARTS
        return frozenset(
            replace(part, bounds=frozenset(one for one in part.bounds if not isinstance(one, ResultColumn)))
            for part in parts
        )

    @cached_property
    def _met(self) -> Parts:
        """What decides which rows of what is read come together, and how many of them."""
        return self._decided_by({one.alias_or_name for one in self._joins if _only_filters(one)})

    @cached_property
    def _required(self) -> Parts:
        """What decides that some come together: where none has to be met, none decides."""
        found = self._decided_by({one.alias_or_name for one in self._joins if one.side == "LEFT" or _only_filters(one)})
        return self._kept_by | {part for part in found if part.row not in self._identity.named}

    def _decided_by(self, without: set[str]) -> Parts:
        found = self._kept_by.union(*(self._source(alias).present for alias in self.read - without))
        return frozenset(replace(part, bounds=self.closure(part.bounds)) for part in found)

    @cached_property
    def _kept_by(self) -> Parts:
        """What the conditions read that leave rows out."""
        found: set[Part] = set()
        for clause in (one.args.get("on") for one in self._joins if not one.side):
            met = self._filtering(clause) if clause is not None else NO_PARTS
            found |= {part for part in met if part.row not in self._identity.named}
        where = self._select.args.get("where")
        return frozenset(found) | (self._filtering(where) if where is not None else NO_PARTS)

    def _filtering(self, clause: exp.Expr) -> Parts:
        nodes = [read.node for read in reads(clause)]
        parts = (self._parts_of(one) if isinstance(one, exp.Column) else self._of_query(one) for one in nodes)
        return frozenset(replace(part, bounds=self.closure(part.bounds)) for one in parts for part in one)

    def _among(self, column: exp.Column) -> Parts:
        """What decides of how many rows an aggregate function sees a column."""
        node = self._node(column)
        return self._kept_by | (self._source(node.table).present if node.scope == id(self._scope) else NO_PARTS)

    def _left_by(self) -> Iterator[tuple[Part, Bounds]]:
        """What decides which of the rows that have come together the SELECT gives, with the bounds before."""
        for key in ("having", "qualify"):
            clause = self._select.args.get(key)
            yield from self._made_from(clause.this) if clause is not None else ()
        order, distinct = self._select.args.get("order"), self._select.args.get("distinct")
        on = distinct.args.get("on") if distinct is not None else None
        if order is not None and (on is not None or self._select.args.get("limit") is not None):
            numbered = exp.Window(this=exp.RowNumber(), order=self._spelt_out(order))
            numbered.set("partition_by", [self._spelt_out(one) for one in on.expressions] if on is not None else [])
            yield from self._made_from(numbered)

    def _spelt_out(self, clause: exp.Expr) -> exp.Expr:
        """A clause with what the SELECT gives in place of the names that it gives to it."""
        given = {one.alias_or_name: one.unalias() for one in self._selects}
        return clause.copy().transform(
            lambda node: given[node.name].copy() if is_column(node) and not node.table and node.name in given else node
        )


def _cut(bounds: Bounds, seconds: float) -> Bounds:
    """The columns among bounds with some seconds that were cut off them."""
    return frozenset(replace(one, cut=seconds) for one in bounds if isinstance(one, ReadColumn) and not one.cut)


def _only_filters(join: exp.Join) -> bool:
    return (join.kind or "").upper() in ("SEMI", "ANTI")

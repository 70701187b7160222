"""Which columns decide what a query returns, without being part of it: keys of joins and groups, filters, orders.

A value tells of the columns that it was found by. A zone that is looked up by race tells race, and a count of the rows
in which somebody was ill tells who was. Two sorts of deciding are kept apart:

- **keys** decide single values: which row of a left join gives it, which group it is computed over.
- **filters** decide which rows there are at all, the same for every column of the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from penstock.catalog.sql.aggregates import aggregates
from penstock.catalog.sql.values import TableColumn

_NOTHING: frozenset[TableColumn] = frozenset()


class Deciders(NamedTuple):
    """The columns that decide what a query returns."""

    keys: tuple[tuple[str, frozenset[TableColumn]], ...]
    """Each column of the result with what decides its single values."""
    filters: frozenset[TableColumn]
    """What decides which rows there are."""
    conditions: frozenset[TableColumn]
    """What any condition on rows reads, wherever in the query it stands."""


def deciders(scope: Scope, everything: frozenset[TableColumn]) -> Deciders:
    """What decides the result of a qualified query; `everything` are the columns of the tables that it may read."""
    query = _Query(everything, {id(one.expression): one for one in scope.traverse()})
    names = _names(scope)
    keys = tuple((name, query.keys(scope, name)) for name in names)
    return Deciders(keys, query.filters(scope), query.conditions(scope))


def ingredients(
    scope: Scope, everything: frozenset[TableColumn]
) -> tuple[tuple[str, frozenset[TableColumn]], ...] | None:
    """Each column of a qualified query's result with all that its expression reads, conditions of subqueries included.

    For subqueries that read columns of the query around them, where values and conditions cannot be told apart. None
    where a name in the query is of no table that is known.
    """
    query = _Query(everything, {id(one.expression): one for one in scope.traverse()}, with_filters=True)
    known = {name for _, name in everything}
    for column in scope.expression.find_all(exp.Column):
        if query.scope_of(column) is None and column.name not in known:
            return None
    return tuple((name, query.made_from(scope, name)) for name in _names(scope))


def _names(scope: Scope) -> list[str]:
    """The names of what a scope selects; none for a table function."""
    return list(getattr(scope.expression, "named_selects", ()))


class _Meeting(NamedTuple):
    """A condition on which rows of several tables meet."""

    clause: exp.Expr | None
    outer: str | None = None
    """The table whose rows may be missing without taking rows of the others away: that of a left join."""
    natural: bool = False
    """Whether rows meet on whatever columns have the same names."""


def _meetings(scope: Scope) -> Iterator[_Meeting]:
    """Joins, however deep in brackets, and conditions of WHERE that compare columns of several tables."""
    select = scope.expression
    for join in select.find_all(exp.Join):
        if join.find_ancestor(exp.Select) is select:
            left = (join.side or "").upper() == "LEFT" and (join.kind or "").upper() in ("", "OUTER")
            natural = (join.method or "").upper() == "NATURAL"
            yield _Meeting(join.args.get("on"), join.alias_or_name if left else None, natural)
    where = select.args.get("where")
    if where is not None and isinstance(select, exp.Select):
        for condition in where.this.flatten() if isinstance(where.this, exp.And) else (where.this,):
            columns = [one for one in condition.find_all(exp.Column) if one.find_ancestor(exp.Select) is select]
            if len({column.table for column in columns}) > 1:
                yield _Meeting(condition)


@dataclass(slots=True)
class _Query:
    """One query while its columns are followed; each is followed once."""

    everything: frozenset[TableColumn]
    scopes: dict[int, Scope]
    with_filters: bool = False
    """Whether what is aggregated counts as made from what decides which rows there are."""
    _values: dict[tuple[int, str], frozenset[TableColumn]] = field(default_factory=dict)
    _keys: dict[tuple[int, str], frozenset[TableColumn]] = field(default_factory=dict)
    _filters: dict[int, frozenset[TableColumn]] = field(default_factory=dict)
    _joined: dict[int, tuple[_Meeting, ...]] = field(default_factory=dict)
    _rows_met: dict[tuple[int, str], frozenset[TableColumn]] = field(default_factory=dict)
    _of_table: dict[str, frozenset[TableColumn]] = field(default_factory=dict)

    def keys(self, scope: Scope, name: str) -> frozenset[TableColumn]:
        """What decides the single values of one column of a scope."""
        known = (id(scope), name)
        if known not in self._keys:
            self._keys[known] = _NOTHING  # of a query that reads itself, the first pass says all
            self._keys[known] = self._union(self._keys_of(one, column) for one, column in self._selected(scope, name))
        return self._keys[known]

    def filters(self, scope: Scope) -> frozenset[TableColumn]:
        """What decides which rows a scope has."""
        if id(scope) not in self._filters:
            self._filters[id(scope)] = _NOTHING
            self._filters[id(scope)] = self._filters_of(scope)
        return self._filters[id(scope)]

    def conditions(self, scope: Scope) -> frozenset[TableColumn]:
        """The columns that the conditions on rows of a whole query read."""
        return self._union(map(self._tells, scope.expression.find_all(exp.Where, exp.Having, exp.Qualify)))

    def _keys_of(self, scope: Scope, projection: exp.Expr) -> frozenset[TableColumn]:
        # What a query within gives is part of the value; of the rest of it, the conditions show in the value as well.
        found: set[TableColumn] = set(self._filters_within(projection))
        for column in projection.find_all(exp.Column):
            source = scope.sources.get(column.table)
            if source is not None and not isinstance(source, exp.Table):
                found |= self.keys(source, column.name)
                if not isinstance(source.expression, exp.Query):
                    found |= self._tells(source.expression)
            found |= self._met(scope, column.table)
        select = scope.expression
        group = select.args.get("group")
        if aggregates(projection):
            # How often a row is met decides what is made of all of them, whichever table it is of.
            found |= self._union(self._tells(meeting.clause) for meeting in self._meetings(scope))
        if aggregates(projection) and group is not None:
            found |= self._tells(group)
            if group.args.get("all"):
                selects: list[exp.Expr] = getattr(select, "selects", [])
                plain = (one for one in selects if not aggregates(one))
                found |= self._union(map(self._tells, plain))
        if projection.find(exp.Window) is not None:
            found |= self._union(self._tells(window) for window in select.args.get("windows") or ())
        return frozenset(found)

    def _meetings(self, scope: Scope) -> tuple[_Meeting, ...]:
        if id(scope) not in self._joined:
            self._joined[id(scope)] = tuple(_meetings(scope))
        return self._joined[id(scope)]

    def _met(self, scope: Scope, table: str) -> frozenset[TableColumn]:
        """What decides which row of a table is met, by all that its rows are met on."""
        known = (id(scope), table)
        if known not in self._rows_met:
            self._rows_met[known] = _NOTHING
            met = (self._met_by(scope, meeting, table) for meeting in self._meetings(scope))
            self._rows_met[known] = self._union(met)
        return self._rows_met[known]

    def _met_by(self, scope: Scope, meeting: _Meeting, table: str) -> frozenset[TableColumn]:
        """What decides which row of a table is met."""
        if meeting.natural:
            return self.everything
        if meeting.outer is not None:
            if table != meeting.outer:
                return _NOTHING
            rows = dict(self._read(scope)).get(table)
            return self._tells(meeting.clause) | (self.filters(rows) if rows is not None else _NOTHING)
        columns = list(meeting.clause.find_all(exp.Column)) if meeting.clause is not None else []
        if all(column.table != table for column in columns):
            return _NOTHING
        # What the row says itself decides only whether it is there.
        return self._union(self._column(column) for column in columns if column.table != table)

    def _filters_of(self, scope: Scope) -> frozenset[TableColumn]:
        select = scope.expression
        if not isinstance(select, exp.Query):
            # LATERAL and the like hold the query that gives their rows.
            return self._filters_within(select)
        clauses = [select.args.get(key) for key in ("where", "having", "qualify", "limit", "offset")]
        distinct = select.args.get("distinct")
        if isinstance(distinct, exp.Distinct) and distinct.args.get("on") is not None:
            clauses += [distinct.args["on"], select.args.get("order")]
        if select.args.get("limit") is not None:
            clauses.append(select.args.get("order"))
        if isinstance(select, exp.Except | exp.Intersect):
            clauses.append(select)
        found = set(self._union(map(self._tells, clauses)))
        for one in scope.set_operation_scopes:
            found |= self.filters(one)
        meetings = self._meetings(scope)
        for meeting in meetings:
            if meeting.natural:
                return self.everything
            if meeting.outer is None:
                found |= self._tells(meeting.clause)
        outer = {meeting.outer for meeting in meetings}
        for name, source in self._read(scope):
            if name not in outer:
                found |= self.filters(source)
        return frozenset(found)

    def _read(self, scope: Scope) -> Iterator[tuple[str, Scope]]:
        """The scopes that stand in a FROM or a JOIN of a scope; what is declared by WITH alone is not read."""
        select = scope.expression
        # sqlglot leaves out of what is selected from what only filters, such as a semi join, and what is lateral.
        joined = (one for one in select.find_all(exp.Join, exp.Lateral) if one.find_ancestor(exp.Select) is select)
        for name in dict.fromkeys([*scope.selected_sources, *(one.alias_or_name for one in joined)]):
            source = scope.sources.get(name)
            if isinstance(source, Scope):
                yield name, source

    def _tells(self, clause: exp.Expr | None) -> frozenset[TableColumn]:
        """The columns of tables that a clause reads, its subqueries included, and what decides their rows."""
        if clause is None:
            return _NOTHING
        return self._filters_within(clause).union(*map(self._column, clause.find_all(exp.Column)))

    def _filters_within(self, clause: exp.Expr) -> frozenset[TableColumn]:
        """What decides the rows of the queries that stand in a clause."""
        scopes = (self.scopes.get(id(query)) for query in clause.find_all(exp.Query))
        return self._union(self.filters(scope) for scope in scopes if scope is not None)

    def scope_of(self, column: exp.Column) -> Scope | None:
        """The innermost scope around a column of any clause that has its table; None where none has."""
        select = column.find_ancestor(exp.Select)
        scope = self.scopes.get(id(select))
        while scope is not None and column.table not in scope.sources:
            scope = scope.parent
        return scope

    def _column(self, column: exp.Column) -> frozenset[TableColumn]:
        """The columns of tables that a column of any clause is made from or decided by."""
        scope = self.scope_of(column)
        if scope is None:
            return frozenset(one for one in self.everything if one[1] == column.name)
        source = scope.sources[column.table]
        if isinstance(source, exp.Table):
            named = (source.name, column.name)
            return frozenset({named}) if named in self.everything else self._columns_of(source.name)
        return self.made_from(source, column.name) | self.keys(source, column.name)

    def _columns_of(self, table: str) -> frozenset[TableColumn]:
        if table not in self._of_table:
            self._of_table[table] = frozenset(one for one in self.everything if one[0] == table)
        return self._of_table[table]

    def made_from(self, scope: Scope, name: str) -> frozenset[TableColumn]:
        """The columns of tables that one column of a scope is made from or, in its subqueries, decided by."""
        known = (id(scope), name)
        if known not in self._values:
            self._values[known] = _NOTHING
            self._values[known] = self._union(self._read_by(*selected) for selected in self._selected(scope, name))
        return self._values[known]

    def _read_by(self, scope: Scope, projection: exp.Expr) -> frozenset[TableColumn]:
        calls = projection.find_all(exp.AggFunc, exp.Anonymous) if self.with_filters else ()
        own = any(aggregates(one) for one in calls if one.find_ancestor(exp.Select) is scope.expression)
        return self._tells(projection) | (self.filters(scope) if own else _NOTHING)

    def _selected(self, scope: Scope, name: str) -> Iterator[tuple[Scope, exp.Expr]]:
        """The expressions that give a column of a scope: one, and of a set operation one of each side."""
        names = scope.outer_columns or _names(scope)
        if name not in names:
            yield scope, scope.expression
        elif scope.set_operation_scopes:
            for one in scope.set_operation_scopes:
                yield from self._selected(one, _names(one)[names.index(name)])
        else:
            selects: list[exp.Expr] = getattr(scope.expression, "selects", [])
            yield scope, selects[names.index(name)]

    @staticmethod
    def _union(parts: Iterable[frozenset[TableColumn]]) -> frozenset[TableColumn]:
        return _NOTHING.union(*parts)

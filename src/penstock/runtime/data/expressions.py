"""SQL expressions of features, taken apart before they run: what they may hold, and where their aggregates are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlglot
from sqlglot import exp

from penstock.runtime.data.engine import connect
from penstock.runtime.faults import InputError
from penstock.specs.row_order_sql import by_column, by_row_order
from penstock.specs.volatile_sql import volatile

_DIALECT = "duckdb"
PLACE = "@place"
"""Column with the place of a row in the order by which a frame is taken."""


@dataclass(frozen=True, slots=True)
class AggregateCall:
    """One aggregate within an expression."""

    name: str
    """The column that stands for its value in the rest of the expression."""
    call: str
    """SQL of the call, such as ``avg(delay)``."""
    where: str | None
    """SQL of its own FILTER."""

    @property
    def counts(self) -> str:
        """The column that tells whether a row counts; what the call is over is computed where it does."""
        return _counts(self.name)


def scalar(sql: str, place: str) -> str:
    """`sql` itself where it is a value of one row; an `InputError` where it looks at other rows or at the clock.

    A window or a subquery could reach rows that lie in the future of the row it is computed for.
    """
    tree = _parse(sql, place)
    if tree.find(exp.Window) or tree.find(exp.Query) or _aggregates(tree):
        raise InputError(
            f"{place}: `{sql}` reads more than its own row, possibly the future; use `aggregate` or `latest`"
        )
    return sql


def aggregates(sql: str, prefix: str, place: str) -> tuple[str, tuple[AggregateCall, ...]]:
    """`sql` with a column in place of each aggregate, and the aggregates; an `InputError` where it holds none.

    The columns are named by `prefix`, which no column of the dataset may start with, and a number.
    """
    tree = _parse(sql, place).transform(_frameable)
    if tree.find(exp.Window) or tree.find(exp.Query):
        raise InputError(
            f"{place}: `{sql}` contains a window or a subquery; the feature's own `window` bounds the rows"
        )
    ordered = by_row_order(tree)
    if ordered is not None:
        instead = by_column(ordered, "time")
        raise InputError(
            f"{place}: `{ordered.sql(_DIALECT)}` picks a value by the order of rows, but the rows of a window "
            f"have none; {f'write `{instead}`, with the column that orders them' if instead else 'aggregate values'}"
        )
    calls = []
    for position, node in enumerate(_aggregates(tree)):
        name = f"{prefix}{position}"
        # `any_value` stands in a node of its own, which says that it passes over missing values.
        inner = node.parent if isinstance(node.parent, exp.IgnoreNulls) else node
        whole = inner.parent if isinstance(inner.parent, exp.Filter) else inner
        where = whole.expression.this.sql(_DIALECT) if whole is not inner else None
        calls.append(_call(name, node, where))
        column = exp.column(exp.to_identifier(name, quoted=True))
        if whole is tree:
            tree = column
        else:
            whole.replace(column)
    if not calls:
        raise InputError(f"{place}: `{sql}` contains no aggregate, such as `count(*)` or `avg(delay)`")
    outside = [column.sql(_DIALECT) for column in tree.find_all(exp.Column) if not column.name.startswith(prefix)]
    if outside:
        raise InputError(f"{place}: {', '.join(sorted(set(outside)))} is outside an aggregate in `{sql}`")
    return tree.sql(_DIALECT), tuple(calls)


def _frameable(node: exp.Expr) -> exp.Expr:
    """An aggregate in the form in which the database takes it over a frame, where it has another one."""
    if isinstance(node, exp.WithinGroup) and isinstance(node.this, exp.PercentileCont | exp.PercentileDisc):
        return _quantile(node, node.this)
    if isinstance(node, exp.IgnoreNulls) and isinstance(node.this, exp.AnyValue):
        # sqlglot says of it what it does anyway.
        return node.this
    # As window functions, `first` and `last` are others, which know no FILTER.
    if isinstance(node, exp.First):
        return exp.AnonymousAggFunc(this="arbitrary", expressions=[node.this])
    if isinstance(node, exp.Last):
        return exp.AnonymousAggFunc(this="arbitrary", expressions=[_backwards(node.this)])
    return node


def _quantile(node: exp.WithinGroup, share: exp.Expr) -> exp.Expr:
    ordered = node.expression.expressions[0]
    if isinstance(share, exp.PercentileDisc):
        if ordered.args.get("desc"):
            return node
        return exp.AnonymousAggFunc(this="quantile_disc", expressions=[ordered.this, share.this])
    of = exp.Sub(this=exp.Literal.number(1), expression=share.this) if ordered.args.get("desc") else share.this
    return exp.AnonymousAggFunc(this="quantile_cont", expressions=[ordered.this, of])


def _backwards(values: exp.Expr) -> exp.Expr:
    """Values in the order from the last to the first; what is alike stands in the order of the rows, as all else."""
    place = exp.Ordered(this=exp.column(exp.to_identifier(PLACE, quoted=True)), desc=True, nulls_first=False)
    if not isinstance(values, exp.Order):
        return exp.Order(this=values, expressions=[place])
    turned = [
        exp.Ordered(this=one.this, desc=not one.args.get("desc"), nulls_first=not one.args.get("nulls_first"))
        for one in values.expressions
    ]
    return exp.Order(this=values.this, expressions=[*turned, place])


def _call(name: str, node: exp.Expr, where: str | None) -> AggregateCall:
    if isinstance(node, exp.CountIf):
        # Over a frame without rows the database's count_if is missing, where a count is 0.
        counted = node.this.sql(_DIALECT)
        return AggregateCall(name, "count(*)", counted if where is None else f"CASE WHEN {where} THEN {counted} END")
    guarded = node.copy()
    for key, argument in list(guarded.args.items()):
        guarded.set(key, _guarded(argument, _counts(name)))
    return AggregateCall(name, guarded.sql(_DIALECT), where)


def _counts(name: str) -> str:
    return f"{name}.counts"


def _guarded(argument: Any, counts: str) -> Any:
    """An argument of an aggregate that is computed for the rows that count alone: elsewhere it may be an error.

    The database computes what an aggregate is over, such as `ln(delay)`, before it leaves out what is filtered.
    """
    if isinstance(argument, list):
        return [_guarded(each, counts) for each in argument]
    if isinstance(argument, exp.Distinct | exp.Order | exp.Ordered | exp.IgnoreNulls | exp.RespectNulls):
        for key, inner in list(argument.args.items()):
            argument.set(key, _guarded(inner, counts))
        return argument
    # A bare column is no error anywhere, and what names nothing is a constant, which has to stay one.
    if not isinstance(argument, exp.Expr) or isinstance(argument, exp.Column) or not argument.find(exp.Identifier):
        return argument
    asked = exp.column(exp.to_identifier(counts, quoted=True))
    return exp.Case(ifs=[exp.If(this=asked, true=argument.copy())])


def condition(sql: str, place: str) -> str:
    """`sql` itself where it is a condition on one row."""
    return f"({scalar(sql, place)}\n)"


def _parse(sql: str, place: str) -> exp.Expr:
    try:
        tree = sqlglot.parse_one(sql, dialect=_DIALECT)
    except sqlglot.errors.SqlglotError as error:
        raise InputError(f"{place}: `{sql}` is not an SQL expression: {str(error).splitlines()[0]}") from None
    if isinstance(tree, exp.Query) or not isinstance(tree, exp.Expr):
        raise InputError(f"{place}: `{sql}` is a whole query; expected an expression")
    if tree.find(exp.Explode):
        raise InputError(f"{place}: `{sql}` turns one row into several; a feature has one value for each row")
    clock = volatile(tree)
    if clock is not None:
        raise InputError(
            f"{place}: `{clock.sql(_DIALECT)}` differs in every run; a feature must depend only on its row's time"
        )
    return tree


def _aggregates(tree: exp.Expr) -> list[exp.Expr]:
    """The outermost aggregates of an expression, in order; what sqlglot does not know is asked of the database."""
    known = _aggregate_names()
    found: list[exp.Expr] = []
    for node in tree.walk(bfs=False):
        called = isinstance(node, exp.AggFunc) or (
            isinstance(node, exp.Anonymous | exp.AnonymousAggFunc) and node.name.lower() in known
        )
        if called and not any(parent in found for parent in _ancestors(node)):
            found.append(node)
    return found


def _ancestors(node: exp.Expr) -> list[exp.Expr]:
    ancestors = []
    while node.parent is not None:
        node = node.parent
        ancestors.append(node)
    return ancestors


@cache
def _aggregate_names() -> frozenset[str]:
    sql = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
    return frozenset(name for (name,) in connect({}).execute(sql).fetchall())

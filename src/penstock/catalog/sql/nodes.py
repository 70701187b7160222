"""Every part of an expression or a query, and of which type the columns are that it may name there."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import build_scope

from penstock.catalog.sql.kinds import KindOf, column_in
from penstock.catalog.sql.values import ColumnTypes, TableTypes


def expression_nodes(tree: exp.Expr, types: ColumnTypes) -> Iterator[tuple[exp.Expr, KindOf]]:
    """The parts of an expression over columns of these types."""
    known = dict(types)
    of: KindOf = lambda column: "" if column.table else known.get(column.name.lower(), "")  # noqa: E731
    return ((node, of) for node in tree.walk())


def query_nodes(tree: exp.Expr, tables: TableTypes) -> Iterator[tuple[exp.Expr, KindOf]]:
    """The parts of a query over these tables, scope by scope; none of one whose scopes cannot be told."""
    try:
        root = build_scope(tree)
    except SqlglotError:
        root = None
    if root is None:
        return
    typed = {name: {column.lower(): type_ for column, type_ in columns} for name, columns in tables}
    for scope in root.traverse():
        of = _without(column_in(scope, typed), _given_names(scope.expression))
        yield from ((node, of) for node in scope.walk())


def _given_names(query: exp.Expr) -> set[str]:
    """The names that a query gives to what it selects, in lower case."""
    selected: list[exp.Expr] = getattr(query, "selects", [])
    return {one.alias.lower() for one in selected if isinstance(one, exp.Alias)}


def _without(of: KindOf, names: set[str]) -> KindOf:
    """Columns without those that may be meant by a name which the query gives to something else."""
    return lambda column: "" if not column.table and column.name.lower() in names else of(column)

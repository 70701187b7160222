"""Which columns SQL reads, and which of a query no table in their scope has."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from penstock.catalog.sql.values import Tables

Unknown = tuple[exp.Column, str, str | None]
"""A column that is not there, what it is called, and the one table that it was looked for in; None for several."""


def columns_read(tree: exp.Expr) -> Iterator[exp.Column]:
    """The columns that an expression names; the variable of ``[x + 1 for x in list]`` is none."""
    return (column for column in tree.find_all(exp.Column) if not _is_variable(column))


def unknown_in_scopes(tree: exp.Expr, tables: Tables) -> Iterator[Unknown]:
    """The columns of a query that no table has whose columns they could be.

    What reads a query or a function in place of a table is left to the engine.
    """
    # SQL does not tell upper case from lower case.
    known = {name: {column.lower() for column in columns} for name, columns in tables}
    for scope in traverse_scope(tree):
        seen = _seen(scope, known)
        for column in scope.columns:
            source = scope.sources.get(column.table) if column.table else None
            if isinstance(source, exp.Table) and _is_known(source, known):
                if column.name.lower() not in known[source.name]:
                    yield column, column.name, source.name
            # sqlglot counts what stands in a subquery to the query around it as well.
            elif seen is not None and scope.sources and column.find_ancestor(exp.Select) is scope.expression:
                if not column.table and not _is_variable(column) and column.name.lower() not in seen:
                    names = {table.name for table in scope.sources.values() if isinstance(table, exp.Table)}
                    alone = len(names) == 1 and scope.parent is None
                    yield column, column.name, next(iter(names)) if alone else None
                elif column.table and not _is_variable(column) and column.table.lower() not in seen:
                    yield column, f"{column.table}.{column.name}", None


def _seen(scope: Scope, known: dict[str, set[str]]) -> set[str] | None:
    """The names in lower case that mean something in a scope: of columns, of tables and of what it selects.

    A query within another one sees the names of both. None where some of them are not known.
    """
    found: set[str] = set()
    around: Scope | None = scope
    while around is not None:
        for alias, source in around.sources.items():
            if not isinstance(source, exp.Table) or not _is_known(source, known):
                return None
            # The name of a table stands for its row.
            found |= {alias.lower(), *known[source.name]}
        found |= {select.alias.lower() for select in getattr(around.expression, "selects", ()) if select.alias}
        around = around.parent
    return found


def _is_known(table: exp.Table, known: dict[str, set[str]]) -> bool:
    """Whether the columns of a table are known, by the names that they have."""
    return table.name in known and not table.alias_column_names


def _is_variable(column: exp.Column) -> bool:
    first = column.parts[0].name
    node = column.parent
    while node is not None:
        if isinstance(node, exp.Comprehension):
            named = (node.args.get("expression"), node.args.get("position"))
            if any(isinstance(one, exp.Expr) and one.name == first for one in named):
                return True
        node = node.parent
    return False

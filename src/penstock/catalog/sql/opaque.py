"""SQL that does not show by names which columns it reads: patterns, numbers, methods, functions in place of tables.

sqlglot does not follow these, so that whatever the tables of a query hold counts as read.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

_OF_ARGUMENTS = frozenset({"json_each", "json_tree", "repeat_row"})
"""Functions of DuckDB that make rows of their arguments alone, and that sqlglot knows no class for."""


def is_opaque(query: exp.Expr) -> bool:
    """Whether columns of a query come about by more than the names and places of what is selected."""
    by_name = any(union.args.get("by_name") for union in query.find_all(exp.SetOperation))
    renamed = any(table.alias_column_names for table in query.find_all(exp.Table))
    by_function = any(not is_of_arguments(one) or one.find(exp.Column) for one in table_functions(query))
    return by_name or renamed or by_function or has_statement(query) or hides_names(query)


def hides_names(tree: exp.Expr) -> bool:
    """Whether columns are read by a pattern, by their number, or as the value that a method is called on."""
    if tree.find(exp.Columns, exp.PositionalColumn) is not None or any(map(_is_pattern, tree.find_all(exp.Star))):
        return True
    return any(isinstance(dot.expression, exp.Func) for dot in tree.find_all(exp.Dot))


def has_statement(query: exp.Expr) -> bool:
    """Whether a statement that is no SELECT stands in the place of a table, or a pivot."""
    return query.find(exp.Pivot, exp.Describe, exp.Summarize) is not None


def table_functions(query: exp.Expr) -> Iterator[exp.Expr]:
    """The functions in the place of tables; of `unnest` sqlglot knows where its values come from."""
    for holder in query.find_all(exp.Table, exp.Lateral):
        if isinstance(holder.this, exp.Func) and not isinstance(holder.this, exp.Unnest | exp.Explode):
            yield holder.this


def is_of_arguments(function: exp.Expr) -> bool:
    """Whether a function in the place of a table gives nothing but what is made of its arguments."""
    return isinstance(function, exp.GenerateSeries | exp.Repeat) or function.name.lower() in _OF_ARGUMENTS


def _is_pattern(star: exp.Star) -> bool:
    """Whether a star is chosen from, as in ``* like 'em%'``: neither all columns nor the rows of a count."""
    holder = star.parent.parent if isinstance(star.parent, exp.Column) else star.parent
    return not isinstance(holder, exp.Select | exp.Count | None)

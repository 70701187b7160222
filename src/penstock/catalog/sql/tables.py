"""Which names in the place of a table stand for tables, and which for queries that WITH has named.

A common table expression may have the name of the table that it reads: ``with flights as (select * from flights)``. Its
name is known to the queries behind it, and to itself only as far as it is recursive. SQL does not tell upper case from
lower case.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp


def tables_in(tree: exp.Expr) -> Iterator[exp.Table]:
    """The tables that a query reads by their names, without its own common table expressions."""
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and (table.db or not _is_named(table)):
            yield table


def _is_named(table: exp.Table) -> bool:
    """Whether a query around the table gives the name to a query of its own."""
    node: exp.Expr = table
    above: list[exp.Expr] = []
    while node.parent is not None:
        above.append(node)
        within, node = node, node.parent
        seen: list[exp.Expr] = []
        if isinstance(node, exp.With):
            # What stands in one common table expression sees those before it.
            seen = node.expressions[: _position(node, within)]
            seen += [within] if _is_recursive(above) else []
        elif (named := node.args.get("with_")) is not None and within is not named:
            seen = named.expressions
        if any(one.alias.lower() == table.name.lower() for one in seen):
            return True
    return False


def _position(named: exp.With, within: exp.Expr) -> int:
    return next(at for at, one in enumerate(named.expressions) if one is within)


def _is_recursive(above: list[exp.Expr]) -> bool:
    """Whether a place, told by all above it up to a common table expression, reads the expression itself.

    Behind RECURSIVE that is what follows UNION; what stands before it gives the first rows.
    """
    one = above[-1]
    is_said = isinstance(one.parent, exp.With) and bool(one.parent.args.get("recursive"))
    return is_said and isinstance(one.this, exp.SetOperation) and above[-3].arg_key == "expression"

"""Operators whose two sides DuckDB takes together for none of their meanings, such as text above a number.

Where the kinds of both sides leave no doubt (see `kinds`). Equality is left out: there DuckDB converts one of the two.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from penstock.catalog.sql.arguments import OF_TEXT, OWN_NAMES
from penstock.catalog.sql.kinds import KindOf, kind_of
from penstock.catalog.sql.nodes import expression_nodes, query_nodes
from penstock.catalog.sql.values import Clash, ColumnTypes, TableTypes

_ARITHMETIC: dict[type[exp.Expr], str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.IntDiv: "//", exp.Mod: "%",
}  # fmt: skip
_ORDERS: dict[type[exp.Expr], str] = {exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
BETWEEN = "between"
_SORTS = {
    "int": "number", "float": "number", "fraction": "number", "bool": "bool", "string": "text", "timestamp": "moment",
    "date": "moment", "interval": "interval", "time": "time",
}  # fmt: skip
"""By a kind: what it is compared with."""
_ADDED = ("+", "-")


def expression_clashes(tree: exp.Expr, text: str, types: ColumnTypes) -> Iterator[Clash]:
    """The operators of an expression over columns of these types that DuckDB refuses."""
    return _clashes(expression_nodes(tree, types), text)


def query_clashes(tree: exp.Expr, text: str, tables: TableTypes) -> Iterator[Clash]:
    """The operators of a query over these tables that DuckDB refuses."""
    return _clashes(query_nodes(tree, tables), text)


def refuses(operator: str, left: str, right: str) -> bool:
    """Whether an operator takes no values of two kinds together."""
    sorts = {_SORTS.get(left, ""), _SORTS.get(right, "")}
    if "" in sorts:
        return False
    if operator in (*_ORDERS.values(), BETWEEN):
        return len(sorts) == 2 and sorts != {"bool", "number"}
    if not sorts.isdisjoint({"bool", "text"}):
        return True
    # A whole number may be added to a date, as days, and what is known as a time may be one.
    if sorts == {"moment", "number"}:
        return operator not in _ADDED or "int" not in (left, right)
    return sorts == {"moment"} and operator not in _ADDED


def _clashes(nodes: Iterator[tuple[exp.Expr, KindOf]], text: str) -> Iterator[Clash]:
    for node, of in nodes:
        for operator, left, right in _pairs(node):
            kinds = _kind(left, of), _kind(right, of)
            if refuses(operator, *kinds) and node.find_ancestor(*OWN_NAMES) is None:
                yield Clash(operator, *kinds, _range(node, text))
                break


def _pairs(node: exp.Expr) -> Iterator[tuple[str, exp.Expr, exp.Expr]]:
    """An operator with its two sides; BETWEEN compares with both of its ends."""
    operator = _ARITHMETIC.get(type(node)) or _ORDERS.get(type(node))
    if operator is not None and isinstance(node, exp.Binary):
        yield operator, node.left, node.right
    elif isinstance(node, exp.Between):
        yield BETWEEN, node.this, node.args["low"]
        yield BETWEEN, node.this, node.args["high"]


def _kind(node: exp.Expr, of: KindOf) -> str:
    """The kind of a side; of text only where it is no literal, of which DuckDB makes what the other side is."""
    bare = node.unnest()
    kind = kind_of(bare, of)
    return "" if kind == "words" or (kind == "string" and not isinstance(bare, OF_TEXT)) else kind


def _range(node: exp.Expr, text: str) -> tuple[int, int]:
    """From the first to the last of what the parser tells the place of within it."""
    told = [one.meta for one in node.walk() if "start" in one.meta]
    if not told:
        return (0, len(text))
    return (min(one["start"] for one in told), max(one["end"] for one in told) + 1)

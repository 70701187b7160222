"""Which columns bound a moment that SQL computes: from below, or from above.

Of what nobody can tell without the data, the answer is the one under which no query is at fault: a function of a time
may give any time. What is known is that a truncated time is earlier, and one from which an interval is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sqlglot import exp

from penstock.catalog.sql.aggregates import MORE_AGGREGATES

_TRUNCATIONS = (exp.TimestampTrunc, exp.DateTrunc, exp.DatetimeTrunc, exp.DateBin, exp.Date, exp.Floor)
_FOLDS = (exp.Neg, exp.Abs)
"""What turns the order of values around, or folds it."""
_WRAPPERS = (exp.Paren, exp.Alias, exp.Filter, exp.IgnoreNulls, exp.RespectNulls, exp.Order, exp.Ordered)
_LATER = (exp.Max, exp.ArgMax, exp.Lead, exp.LastValue)
"""Functions of many rows that give a time which is no earlier than that of the row."""


def is_aggregate(node: exp.Expr) -> bool:
    """Whether a node is the call of an aggregate function, or of one of those that windows have."""
    return isinstance(node, exp.AggFunc) or (isinstance(node, exp.Anonymous) and node.name.lower() in MORE_AGGREGATES)


class Sight(NamedTuple):
    """What is known of the columns of an expression."""

    is_one: Callable[[exp.Expr], bool]
    """Whether the call of an aggregate function sees one row alone."""
    is_whole: Callable[[exp.Column], bool]
    """Whether nothing of a column's values can be cut off, since they are days."""


def below(node: exp.Expr, sight: Sight, *, may_be_cut: bool = False) -> set[exp.Column]:
    """The columns whose values are no more than that of an expression.

    `may_be_cut`: also those of which the expression is truncated, as where days are compared that are apart.
    """
    if isinstance(node, exp.Column):
        return {node}
    if isinstance(node, (*_WRAPPERS, exp.Window)):
        return below(node.this, sight, may_be_cut=may_be_cut)
    if is_truncated(node):
        return {one for one in columns(node) if may_be_cut or sight.is_whole(one)}
    if isinstance(node, (*_FOLDS, exp.Least)):
        return set()
    if isinstance(node, exp.Sub | exp.DateSub | exp.TimestampSub) and not any(columns(node.expression)):
        return below(node.this, sight) if _is_negative(node.expression) else set()
    if is_aggregate(node):
        is_late = isinstance(node, _LATER) or sight.is_one(node)
        return below(node.this, sight) if is_late and isinstance(node.this, exp.Expr) else set()
    return set(columns(node))


def above(node: exp.Expr) -> set[exp.Column]:
    """The columns whose values are no less than that of an expression."""
    if isinstance(node, exp.Column):
        return {node}
    if isinstance(node, (*_WRAPPERS, exp.Cast, *_TRUNCATIONS)):
        inner = node.expression if isinstance(node, exp.DateBin) else node.this
        return above(inner)
    if isinstance(node, exp.Add | exp.DateAdd | exp.TimestampAdd) and not any(columns(node.expression)):
        return above(node.this) if _is_negative(node.expression) else set()
    return set() if isinstance(node, _FOLDS) else set(columns(node))


def orders(condition: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """What a condition, wherever in it, says is no more than what.

    Of alternatives each is taken for granted, and of what is negated both directions.
    """
    for node in walk(condition):
        for less, more in _sides(node):
            yield less, more
            if isinstance(node.find_ancestor(exp.Not, exp.Query), exp.Not):
                yield more, less


def are_apart(less: exp.Expr, more: exp.Expr) -> bool:
    """Whether two truncated values differ by at least a unit where one is no more than the other.

    As ``d::date < t::date`` says, and ``d::date = t::date - 1``.
    """
    is_less = less.parent is more.parent and isinstance(less.parent, exp.LT | exp.GT)
    return more.find(exp.Sub) is not None or (is_less and any(map(is_truncated, walk(more))))


def _sides(node: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    if isinstance(node, exp.Between):
        yield node.args["low"], node.this
        yield node.this, node.args["high"]
    elif isinstance(node, exp.In):
        yield from ((node.this, one) for one in node.expressions)
    elif isinstance(node, exp.LT | exp.LTE | exp.EQ | exp.NullSafeEQ):
        yield node.this, node.expression
    if isinstance(node, exp.GT | exp.GTE | exp.EQ | exp.NullSafeEQ):
        yield node.expression, node.this


def is_truncated(node: exp.Expr) -> bool:
    """Whether an expression cuts off a part of its value: of a time, what is below a day or another unit."""
    return isinstance(node, _TRUNCATIONS) or (isinstance(node, exp.Cast) and node.to.is_type("date"))


def columns(node: exp.Expr) -> Iterator[exp.Column]:
    """The columns of an expression, but for those of queries within."""
    return (one for one in walk(node) if isinstance(one, exp.Column))


def walk(node: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of an expression, but for those of queries within."""
    return (one for one in node.walk(prune=lambda part: isinstance(part, exp.Query)) if not isinstance(one, exp.Query))


def _is_negative(amount: exp.Expr) -> bool:
    """Whether an interval or a number goes backwards: `interval '-1 day'`, `-1`."""
    inner = amount.this if isinstance(amount, exp.Interval) else amount
    return isinstance(inner, exp.Neg) or (isinstance(inner, exp.Literal) and inner.name.startswith("-"))

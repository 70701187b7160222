"""Which columns bound a moment that SQL computes: from below, or from above.

Of what nobody can tell without the data, the answer is the one under which no query is at fault: a function of a time
may give any time. What is known is that a truncated time is earlier, by less than its unit, and one from which an
interval is taken, by that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import NamedTuple

from sqlglot import exp

from penstock.catalog.sql.aggregates import MORE_AGGREGATES
from penstock.catalog.sql.spans import WHOLE, added, cut_off, goes_round

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


def below(node: exp.Expr, sight: Sight, spare: float = 0.0) -> Iterator[tuple[exp.Column, float]]:
    """The columns whose values are no more than that of an expression and some seconds, with what is left of these."""
    if isinstance(node, exp.Column):
        if spare >= 0:
            yield node, spare
        return
    if isinstance(node, (*_FOLDS, exp.Least, exp.Case, exp.If)) or goes_round(node):
        return
    if isinstance(node, exp.Filter) and not (sight.is_one(node.this) or _leaves_out_nothing(node)):
        return
    cut, sum_ = cut_off(node), added(node)
    if isinstance(node, (*_WRAPPERS, exp.Window)):
        yield from below(node.this, sight, spare)
    elif cut is not None:
        is_whole = cut <= WHOLE and all(map(sight.is_whole, columns(node)))
        yield from below(_inner(node), sight, spare if is_whole else spare - cut)
    elif sum_ is not None:
        yield from below(sum_[0], sight, spare + sum_[1])
    elif is_aggregate(node):
        is_late = isinstance(node, _LATER) or sight.is_one(node)
        if is_late and isinstance(node.this, exp.Expr):
            yield from below(node.this, sight, spare)
    elif not isinstance(node, exp.Query):
        # Nobody knows how much a column adds.
        more = inf if isinstance(node, exp.Add | exp.DateAdd | exp.TimestampAdd) else spare
        for one in node.iter_expressions():
            yield from below(one, sight, more)


def _leaves_out_nothing(node: exp.Filter) -> bool:
    """Whether a filter leaves out nothing but values that are missing."""
    condition = node.expression.this
    inner = condition.this if isinstance(condition, exp.Not) else None
    return isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null)


def above(node: exp.Expr) -> set[exp.Column]:
    """The columns whose values are no less than that of an expression."""
    if isinstance(node, exp.Column):
        return {node}
    if goes_round(node):
        return set()
    if isinstance(node, (*_WRAPPERS, exp.Cast)) or cut_off(node) is not None:
        return above(_inner(node))
    sum_ = added(node)
    if sum_ is not None:
        return above(sum_[0]) if sum_[1] <= 0 else set()
    return set() if isinstance(node, _FOLDS) else set(columns(node))


def apart(less: exp.Expr, more: exp.Expr, is_strict: bool) -> float:
    """Seconds between two values of which a condition says that one is no more than the other, at least.

    As ``d::date < t::date`` says, which are days, and ``d::date = t::date - 1``.
    """
    taken = [-sum_[1] for one in walk(more) if (sum_ := added(one)) is not None and sum_[1] < 0]
    cuts = [[cut for one in walk(side) if (cut := cut_off(one)) is not None] for side in (less, more)]
    between = min((max(side) for side in cuts if side), default=0.0) if is_strict and cuts[1] else 0.0
    return sum(taken) + between


def _inner(node: exp.Expr) -> exp.Expr:
    """What an expression truncates, converts or wraps."""
    if isinstance(node, exp.Anonymous):
        last: exp.Expr = node.expressions[-1]
        return last
    inner: exp.Expr = node.expression if isinstance(node, exp.DateBin | exp.Extract) else node.this
    return inner


def columns(node: exp.Expr) -> Iterator[exp.Column]:
    """The columns of an expression, but for those of queries within."""
    return (one for one in walk(node) if isinstance(one, exp.Column))


def walk(node: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of an expression, but for those of queries within."""
    return (one for one in node.walk(prune=lambda part: isinstance(part, exp.Query)) if not isinstance(one, exp.Query))

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
from penstock.catalog.sql.spans import WHOLE, added, cut_off

_FOLDS = (exp.Neg, exp.Abs)
"""What turns the order of values around, or folds it."""
_WRAPPERS = (exp.Paren, exp.Alias, exp.Filter, exp.IgnoreNulls, exp.RespectNulls, exp.Order, exp.Ordered)
_COMPARED = (exp.LT, exp.LTE, exp.GT, exp.GTE)
"""What says the contrary where it is negated; that two times differ says nothing of which is the later one."""
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
    if isinstance(node, (*_FOLDS, exp.Least)):
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


def above(node: exp.Expr) -> set[exp.Column]:
    """The columns whose values are no less than that of an expression."""
    if isinstance(node, exp.Column):
        return {node}
    if isinstance(node, (*_WRAPPERS, exp.Cast)) or cut_off(node) is not None:
        return above(_inner(node))
    sum_ = added(node)
    if sum_ is not None:
        return above(sum_[0]) if sum_[1] <= 0 else set()
    return set() if isinstance(node, _FOLDS) else set(columns(node))


def orders(condition: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """What a condition, wherever in it but for its alternatives, says is no more than what.

    Of what is negated within a function or a CASE, both directions are taken for granted.
    """
    apart = {id(one) for one in alternatives(condition)}
    for node in condition.walk(prune=lambda part: isinstance(part, exp.Query) or id(part) in apart):
        said = _said(node)
        for less, more in _sides(node):
            if said is not False:
                yield less, more
            if said is None or (said is False and isinstance(node, _COMPARED)):
                yield more, less


def alternatives(condition: exp.Expr) -> Iterator[exp.Connector]:
    """The outermost parts of a condition of which one or the other holds: of OR, and of AND where it is negated."""
    for node in condition.walk(prune=lambda part: isinstance(part, exp.Query) or _is_either(part)):
        if isinstance(node, exp.Connector) and _is_either(node):
            yield node


def _is_either(node: exp.Expr) -> bool:
    return isinstance(node, exp.And | exp.Or) and _said(node) is isinstance(node, exp.Or)


def _said(node: exp.Expr) -> bool | None:
    """Whether a condition says a part of it or the contrary; None where a function or a CASE makes of it what it may.

    That is, where it is negated; without any negation, a part is taken to be said wherever it is.
    """
    is_said, is_plain, around = True, True, node.parent
    while isinstance(around, exp.Condition) and not isinstance(around, exp.Query):
        if isinstance(around, exp.Not):
            is_said = not is_said
        is_plain = is_plain and isinstance(around, exp.Not | exp.Connector | exp.Paren)
        if isinstance(around, exp.Not) and not is_plain:
            return None
        around = around.parent
    return is_said


def apart(less: exp.Expr, more: exp.Expr) -> float:
    """Seconds between two values of which a condition says that one is no more than the other, at least.

    As ``d::date < t::date`` says, which are days, and ``d::date = t::date - 1``.
    """
    taken = [-sum_[1] for one in walk(more) if (sum_ := added(one)) is not None and sum_[1] < 0]
    is_less = less.parent is more.parent and isinstance(less.parent, exp.LT | exp.GT)
    cuts = [[cut for one in walk(side) if (cut := cut_off(one)) is not None] for side in (less, more)]
    between = min((max(side) for side in cuts if side), default=0.0) if is_less and cuts[1] else 0.0
    return sum(taken) + between


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


def _inner(node: exp.Expr) -> exp.Expr:
    """What an expression truncates, converts or wraps."""
    inner: exp.Expr = node.expression if isinstance(node, exp.DateBin) else node.this
    return inner


def columns(node: exp.Expr) -> Iterator[exp.Column]:
    """The columns of an expression, but for those of queries within."""
    return (one for one in walk(node) if isinstance(one, exp.Column))


def walk(node: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of an expression, but for those of queries within."""
    return (one for one in node.walk(prune=lambda part: isinstance(part, exp.Query)) if not isinstance(one, exp.Query))

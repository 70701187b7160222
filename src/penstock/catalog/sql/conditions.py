"""What a condition says where it holds: which value is no more than which, however it is negated, compared or chosen.

A comparison may stand behind NOT, IS, CASE, coalesce and further comparisons, as in ``CASE WHEN s > t THEN 0 ELSE 1
END = 1``; each of them is undone. Where a side of a comparison is one value or another, so is what it says. Of a time
that is NULL nothing is asked: nothing is known by it. What other functions make of a comparison nobody knows, and it is
taken to hold; where they are negated, in both directions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import Any, NamedTuple

from sqlglot import exp

from penstock.catalog.sql.differences import difference

MOST = 64
"""Alternatives that are told apart; of more, nothing is said."""


class Order(NamedTuple):
    """One value is no more than another, by some seconds at least."""

    less: exp.Expr
    more: exp.Expr
    apart: float = 0.0
    is_strict: bool = False
    """Whether the two are not equal either."""


class Missing(NamedTuple):
    """A column has no value."""

    column: exp.Column


class Either(NamedTuple):
    """One of several alternatives holds, each with all that it says."""

    sides: tuple[Says, ...]


Said = Order | Missing | Either
Says = tuple[Said, ...]


class Branch(NamedTuple):
    """One of the values that a CASE may have."""

    says: Says
    """What holds then."""
    condition: exp.Expr | None
    """What chooses it; None for ELSE."""
    value: exp.Expr


class Read(NamedTuple):
    """A column or a query that an expression reads."""

    node: exp.Expr
    says: Says
    """What holds where its value shows in that of the expression."""


_FLIPPED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.LT: exp.GTE, exp.LTE: exp.GT, exp.GT: exp.LTE, exp.GTE: exp.LT, exp.EQ: exp.NEQ, exp.NEQ: exp.EQ,
    exp.NullSafeEQ: exp.NullSafeNEQ, exp.NullSafeNEQ: exp.NullSafeEQ,
}  # fmt: skip
_OF_VALUES: dict[type[exp.Expr], Callable[[Any, Any], bool]] = {
    exp.LT: operator.lt, exp.LTE: operator.le, exp.GT: operator.gt, exp.GTE: operator.ge, exp.EQ: operator.eq,
    exp.NEQ: operator.ne, exp.NullSafeEQ: operator.eq, exp.NullSafeNEQ: operator.ne,
}  # fmt: skip
_COMPARED = tuple(_FLIPPED)
_CHOSEN = (exp.Case, exp.If)
_TRUTHS = (*_COMPARED, exp.Connector, exp.Not, exp.Is, exp.Between, exp.In)
"""Conditions whose value, TRUE or FALSE, may be compared in turn."""


def said(condition: exp.Expr, outcome: bool = True, or_null: bool = False) -> Says | None:
    """What is said by a condition that has this outcome, or by one that is NULL as well; None where it never has."""
    match condition:
        case exp.Paren() | exp.Alias():
            return said(condition.this, outcome, or_null)
        case exp.Not():
            return said(condition.this, not outcome, or_null)
        case exp.And() | exp.Or():
            parts = [said(one, outcome, or_null) for one in condition.flatten()]
            return _all(parts) if isinstance(condition, exp.And) is outcome else _any(parts)
        case exp.Boolean() | exp.Null() | exp.Literal():
            value = constant(condition)
            return () if (or_null if value in (None, (None,)) else bool(value[0]) is outcome) else None
        case exp.Case() | exp.If():
            return _any([_all([one.says, said(one.value, outcome, or_null)]) for one in branches(condition)])
        case exp.Coalesce():
            return _first(condition, outcome, or_null)
        case exp.Is():
            return _is(condition, outcome)
        case exp.Between():
            low = exp.GTE(this=condition.this.copy(), expression=condition.args["low"].copy())
            high = exp.LTE(this=condition.this.copy(), expression=condition.args["high"].copy())
            parts = [said(low, outcome, or_null), said(high, outcome, or_null)]
            return _all(parts) if outcome else _any(parts)
        case exp.In():
            several = condition.expressions if len(condition.expressions) <= MOST else []
            equal = (exp.EQ(this=condition.this.copy(), expression=one.copy()) for one in several)
            parts = [said(one, outcome, or_null) for one in equal]
            return (_any(parts) if outcome else _all(parts)) if parts else ()
        case exp.Cast() if condition.to.is_type("boolean"):
            return said(condition.this, outcome, or_null)
        case _ if isinstance(condition, _COMPARED):
            return _compared(condition, outcome, or_null)
        case _:
            return tuple(_within(condition, outcome))


def branches(case: exp.Case | exp.If) -> Iterator[Branch]:
    """The values that a CASE may have, each with what holds then; one of a simple CASE is chosen by its value."""
    refuted: list[Says | None] = []
    for one in case.args.get("ifs") or (case,):
        is_simple = isinstance(case, exp.Case) and case.this is not None
        chosen = exp.EQ(this=case.this.copy(), expression=one.this.copy()) if is_simple else one.this
        says = _all([*refuted, said(chosen)])
        if says is not None:
            yield Branch(says, one.this, one.args["true"])
        refuted.append(said(chosen, outcome=False, or_null=True))
    says = _all(refuted)
    if says is not None:
        default = case.args.get("default") if isinstance(case, exp.Case) else case.args.get("false")
        yield Branch(says, None, default or exp.Null())


def reads(
    node: exp.Expr,
    says: Says = (),
    stops: Callable[[exp.Expr], bool] = lambda _: False,
    adds_nothing: Callable[[exp.Expr], bool] | None = None,
) -> Iterator[Read]:
    """The columns and queries of an expression and what it `stops` at, a condition of CASE where it chooses something.

    Of a single row, ELSE is what there is without that row as well. In an aggregate function each row adds to the
    result, but for what `adds_nothing`; there, what is written out behind THEN or ELSE is read as well.
    """

    def again(one: exp.Expr, holds: Says = says) -> Iterator[Read]:
        return reads(one, holds, stops, adds_nothing)

    if isinstance(node, exp.Column | exp.Query) or stops(node):
        yield Read(node, says)
    elif isinstance(node, exp.Filter):
        holds = (*says, *(said(node.expression.this) or ()))
        yield from again(node.this, holds)
        yield from again(node.expression.this, holds)
    elif isinstance(node, _CHOSEN):
        chosen = tuple(branches(node))
        subject = [node.this] if isinstance(node, exp.Case) and node.this is not None else []
        default = constant(chosen[-1].value) if chosen and chosen[-1].condition is None else None
        for branch in chosen:
            holds = (*says, *branch.says)
            is_written = constant(branch.value) is not None
            if adds_nothing is None:
                is_idle = branch.condition is None or constant(branch.value) in ((None,), default or (None,))
            else:
                is_idle = adds_nothing(branch.value)
            choosing = chosen if branch.condition is None else (branch,)
            for one in () if is_idle else (*subject, *(one.condition for one in choosing)):
                yield from again(one, holds) if one is not None else ()
            if adds_nothing is not None and is_written and not is_idle:
                yield Read(branch.value, holds)
            yield from again(branch.value, holds)
    else:
        for one in node.iter_expressions():
            yield from again(one)


def asserted(node: exp.Expr) -> Says:
    """What the comparisons of an expression say, outside of CASE, where all of them hold."""
    if isinstance(node, _TRUTHS):
        return said(node) or ()
    if isinstance(node, (*_CHOSEN, exp.Query, exp.Filter, exp.Window)):
        return ()
    return tuple(one for inner in node.iter_expressions() for one in asserted(inner))


def _all(parts: list[Says | None]) -> Says | None:
    found: list[Said] = []
    for one in parts:
        if one is None:
            return None
        found += one
    return tuple(found)


def _any(parts: list[Says | None]) -> Says | None:
    possible = [one for one in parts if one is not None]
    if not possible:
        return None
    if len(possible) == 1:
        return possible[0]
    return () if () in possible or len(possible) > MOST else (Either(tuple(possible)),)


def _first(coalesced: exp.Coalesce, outcome: bool, or_null: bool) -> Says | None:
    """What is said by the first of several conditions that is not NULL."""
    first, *others = (coalesced.this, *coalesced.expressions)
    if others and isinstance(others[0], exp.Boolean):
        return said(first, outcome, or_null=others[0].this is outcome)
    return _any([said(one, outcome, or_null) for one in (first, *others)])


def _is(node: exp.Is, outcome: bool) -> Says | None:
    if isinstance(node.expression, exp.Boolean):
        return said(node.this, node.expression.this is outcome, or_null=not outcome)
    inner = node.this.unnest()
    return (Missing(inner),) if outcome and isinstance(inner, exp.Column) else ()


def _compared(node: exp.Expr, outcome: bool, or_null: bool) -> Says | None:
    """What a comparison says, in each of the cases that its two sides are made of."""
    kind: type[exp.Expr] = type(node) if outcome else _FLIPPED[type(node)]
    sides = [list(islice(cases(one), MOST + 1)) for one in (node.this, node.expression)]
    if len(sides[0]) * len(sides[1]) > MOST:
        return ()
    found = []
    for (left_says, left), (right_says, right) in product(*sides):
        found.append(_all([left_says, right_says, _plainly(kind, left, right, or_null)]))
    return _any(found)


def cases(node: exp.Expr) -> Iterator[tuple[Says, exp.Expr]]:
    """The values that an expression may have, each with what holds then; one where it makes no case of anything."""
    parts = list(_of_one_row(node))
    at = next((at for at, one in enumerate(parts) if isinstance(one, (*_CHOSEN, *_TRUTHS))), None)
    if at is None:
        yield (), node
        return
    for says, value in _choices(parts[at]):
        copy = node.copy()
        place = list(_of_one_row(copy))[at]
        if place is copy:
            copy = value.copy()
        else:
            place.replace(value.copy())
        for more, one in cases(copy):
            yield (*says, *more), one


def _of_one_row(node: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of an expression, but for those of queries within and of what is made of several rows."""
    return node.walk(prune=lambda part: isinstance(part, exp.Query | exp.AggFunc | exp.Window))


def _choices(node: exp.Expr) -> Iterator[tuple[Says, exp.Expr]]:
    if isinstance(node, _CHOSEN):
        yield from ((one.says, one.value) for one in branches(node))
        return
    for outcome in (True, False):
        says = said(node, outcome)
        if says is not None:
            yield says, exp.Boolean(this=outcome)


def _plainly(kind: type[exp.Expr], left: exp.Expr, right: exp.Expr, or_null: bool) -> Says | None:
    """What a comparison says of two sides that are one value each."""
    written, other = constant(left), constant(right)
    if written is not None and other is not None:
        (ours,), (theirs,) = written, other
        if issubclass(kind, exp.NullSafeEQ | exp.NullSafeNEQ):
            return () if _OF_VALUES[kind](ours, theirs) else None
        if ours is None or theirs is None:
            return () if or_null else None
        holds = type(ours) is not type(theirs) or _OF_VALUES[kind](ours, theirs)
        return () if holds else None
    if issubclass(kind, exp.EQ | exp.NullSafeEQ):
        return (*_ordered(left, right, is_strict=False), *_ordered(right, left, is_strict=False))
    if issubclass(kind, exp.LT | exp.LTE):
        return tuple(_ordered(left, right, is_strict=issubclass(kind, exp.LT)))
    if issubclass(kind, exp.GT | exp.GTE):
        return tuple(_ordered(right, left, is_strict=issubclass(kind, exp.GT)))
    return ()


def _ordered(less: exp.Expr, more: exp.Expr, is_strict: bool) -> Iterator[Said]:
    """That one value is no more than another, where either may be the least or the greatest of several."""
    for one, is_less in ((less.unnest(), True), (more.unnest(), False)):
        if isinstance(one, exp.Least if is_less else exp.Greatest):
            several = (one.this, *one.expressions)
            pairs = ((value, more) if is_less else (less, value) for value in several)
            yield Either(tuple(tuple(_ordered(low, high, is_strict)) for low, high in pairs))
            return
    between = difference(less, more, is_strict)
    if between is not None:
        yield Order(between.earlier, between.later, between.seconds)
    else:
        yield Order(less, more, is_strict=is_strict)


def _within(node: exp.Expr, outcome: bool) -> Iterator[Said]:
    """What is taken to be said by the comparisons in something of which nobody knows what it makes of them."""
    for one in node.iter_expressions():
        if isinstance(one, (*_CHOSEN, *_TRUTHS)):
            yield from said(one) or ()
            yield from () if outcome else (said(one, outcome=False) or ())
        elif not isinstance(one, exp.Query):
            yield from _within(one, outcome)


def constant(node: exp.Expr) -> tuple[float | str | None] | None:
    """The value of what is written out as one, numbers and truths alike; None of anything else."""
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    match node:
        case exp.Null():
            return (None,)
        case exp.Boolean():
            return (float(node.this),)
        case exp.Literal():
            return (node.name if node.is_string else float(node.name),)
        case _:
            return None

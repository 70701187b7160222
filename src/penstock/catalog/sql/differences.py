"""What a difference of two times says of them that is compared with an amount, as in ``t - s >= INTERVAL 1 HOUR``."""

from __future__ import annotations

from math import ceil, floor
from typing import NamedTuple

from sqlglot import exp

from penstock.catalog.sql.moments import columns, walk
from penstock.catalog.sql.spans import length, unit_seconds

_DAY = 86_400.0
_SECONDS = {"epoch": 1.0, "epoch_ms": 1e-3, "epoch_us": 1e-6, "epoch_ns": 1e-9}
"""Functions that make a number of a time, with the seconds that one of it is."""


class Between(NamedTuple):
    """One time and some seconds are no more than another time."""

    earlier: exp.Expr
    later: exp.Expr
    seconds: float


class _Difference(NamedTuple):
    """A time from which another is taken."""

    of: exp.Expr
    taken: exp.Expr
    seconds: float
    """What one of it is, where it is a number."""
    begun: str = ""
    """The unit, where it counts how often one begins in between."""
    is_whole: bool = False
    """Whether it counts nothing but whole ones."""


def difference(less: exp.Expr, more: exp.Expr, is_strict: bool) -> Between | None:
    """What is said of two times whose difference is no less, or no more, than an amount that is written out."""
    for one, other, is_least in ((more, less, True), (less, more, False)):
        found = _difference(one)
        amount = _amount(other, found.seconds) if found is not None else None
        if found is not None and amount is not None:
            return _between(found, amount, is_least, is_strict)
    return None


def _between(found: _Difference, amount: float, is_least: bool, is_strict: bool) -> Between:
    of, taken, unit = found.of, found.taken, found.seconds
    if found.begun or found.is_whole:
        count = amount / unit
        if is_least:
            count = floor(count) + 1 if is_strict else ceil(count)
        else:
            count = ceil(count) - 1 if is_strict else floor(count)
        if found.begun:
            of, taken = (exp.TimestampTrunc(this=one.copy(), unit=exp.var(found.begun)) for one in (of, taken))
        elif count <= 0 if is_least else count >= 0:
            # What is begun of a unit is left out, towards nothing.
            count += -1 if is_least else 1
        amount = count * unit
    return Between(taken, of, amount) if is_least else Between(of, taken, -amount)


def _difference(node: exp.Expr) -> _Difference | None:
    match node:
        case exp.Paren() | exp.Cast():
            return _difference(node.this)
        case exp.Sub() if any(columns(node.this)) and any(columns(node.expression)):
            number = next((_SECONDS[name] for one in walk(node) if (name := _called(one)) in _SECONDS), None)
            return _Difference(node.this, node.expression, number or _DAY)
        case exp.DateDiff():
            return _counted(node.text("unit"), node.expression, node.this)
        case exp.Div() | exp.Mul() if isinstance(node.expression, exp.Literal) and not node.expression.is_string:
            found, factor = _difference(node.this), float(node.expression.name)
            if found is None or not factor or found.begun or found.is_whole:
                return None
            return found._replace(seconds=found.seconds * (factor if isinstance(node, exp.Div) else 1 / factor))
        case exp.Extract() | exp.TimeToUnix() | exp.UnixToTime() | exp.Anonymous():
            return _called_difference(node)
    return None


def _called_difference(node: exp.Expr) -> _Difference | None:
    name, given = _called(node), list(node.args.get("expressions") or ())
    if name in _SECONDS:
        # Of an interval as well.
        inner = _difference(given[0] if given else node.expression if isinstance(node, exp.Extract) else node.this)
        return inner._replace(seconds=_SECONDS[name]) if inner is not None else None
    if name in ("date_sub", "datesub") and len(given) == 3:
        found = _counted(given[0].name, given[1], given[2])
        return found._replace(begun="", is_whole=True) if found is not None else None
    return _Difference(given[0], given[1], _DAY) if name == "age" and len(given) == 2 else None


def _counted(unit: str, start: exp.Expr, end: exp.Expr) -> _Difference | None:
    seconds = unit_seconds(unit)
    return _Difference(end, start, seconds, begun=unit) if seconds is not None else None


def _called(node: exp.Expr) -> str:
    """The name of the function that a number of seconds, or of parts of one, comes from; and of those nobody knows."""
    match node:
        case exp.Extract():
            return node.text("this").lower()
        case exp.TimeToUnix():
            return "epoch"
        case exp.UnixToTime():
            return "epoch_ms"
        case exp.Anonymous():
            return str(node.name).lower()
    return ""


def _amount(node: exp.Expr, seconds: float) -> float | None:
    """Seconds of an amount, of which one is so many where it is a number; None where it is not written out."""
    is_negative = isinstance(node, exp.Neg)
    inner = node.this if is_negative else node
    if isinstance(inner, exp.Paren):
        found = _amount(inner.this, seconds)
    elif isinstance(inner, exp.Literal):
        found = None if inner.is_string else float(inner.name) * seconds
    else:
        found = length(inner)
    return -found if found is not None and is_negative else found

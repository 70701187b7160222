"""How long the spans of time are that SQL writes: intervals, and the units to which times are truncated."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from math import inf

from sqlglot import exp

_DAY = 86_400.0
_YEAR = 365.25 * _DAY
_SECONDS = {
    "microsecond": 1e-6,
    "millisecond": 1e-3,
    "second": 1.0,
    "minute": 60.0,
    "hour": 3_600.0,
    "day": _DAY,
    "week": 7 * _DAY,
    "month": _YEAR / 12,
    "quarter": _YEAR / 4,
    "year": _YEAR,
    "decade": 10 * _YEAR,
    "century": 100 * _YEAR,
    "millennium": 1_000 * _YEAR,
}
WHOLE = _DAY
"""Seconds of what a day lacks nothing of."""
_LEAST = 1.0
"""Of a number of which a part is cut off, nobody knows what it counts: it is taken for the least."""
_AGAIN = "again"
_GOING_ROUND = (
    exp.Day, exp.DayOfWeek, exp.DayOfWeekIso, exp.DayOfYear, exp.Dayname, exp.Hour, exp.Minute, exp.Month,
    exp.Monthname, exp.Quarter, exp.Second, exp.Week, exp.WeekOfYear,
)  # fmt: skip
_PARTS = {
    "year": "year", "years": "year", "isoyear": "year", "yearweek": "week", "decade": "decade", "century": "century",
    "millennium": "millennium",
}  # fmt: skip
"""Parts of a time that go on for ever, each with its unit."""
_DIRECTIVE = re.compile(r"%-?([a-zA-Z])")
_ORDERED = {"Y": "year", "Ym": "month", "Ymd": "day", "YmdH": "hour", "YmdHM": "minute", "YmdHMS": "second"}
"""The directives of formats in which the order of texts is that of the times, each with the last unit."""
_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?)\s*([a-z]*)")


def length(node: exp.Expr) -> float | None:
    """Seconds of an interval, or of a number of days; None where it is not written out.

    Months and years have their average length, so that a month that is added is one that was cut off.
    """
    match node:
        case exp.Paren():
            return length(node.this)
        case exp.Neg():
            inner = length(node.this)
            return None if inner is None else -inner
        case exp.Interval():
            unit = node.args.get("unit")
            return _written(node.this.name if node.this is not None else "", unit.name if unit is not None else "")
        case exp.Literal() if not node.is_string:
            return float(node.name) * _DAY
        case exp.Mul():
            return _product(node)
        case exp.Anonymous() | exp.ToDays():
            # DuckDB's to_hours(2), and its likes.
            name = node.name if isinstance(node, exp.Anonymous) else "to_days"
            given = node.expressions[0] if node.expressions else node.this
            is_number = isinstance(given, exp.Literal) and not given.is_string
            unit_of = unit_seconds(name.lower().removeprefix("to_"))
            return float(given.name) * unit_of if is_number and unit_of is not None else None
    return None


def part_of(node: exp.Expr) -> str:
    """Of an expression that is a part of a time, the unit by which it goes on; empty of any other expression.

    `again` where it begins anew with each of a larger unit, as the hour does, so that a later time may have less of it.
    """
    match node:
        case exp.Year():
            return "year"
        case _ if isinstance(node, _GOING_ROUND):
            return _AGAIN
        case exp.Cast() if node.to.is_type("time"):
            return _AGAIN
        case exp.Extract():
            return _part_named(node.text("this"))
        case exp.Anonymous():
            name, given = node.name.lower(), node.expressions
            if name in ("date_part", "datepart") and given:
                return _part_named(given[0].name)
            return _part_named(name) if name in _PARTS and given else ""
        case exp.TimeToStr() if isinstance(node.args.get("format"), exp.Literal):
            written = "".join(_DIRECTIVE.findall(node.args["format"].name.replace("%F", "%Y%m%d")))
            return _ORDERED.get(written, _AGAIN)
    return ""


def goes_round(node: exp.Expr) -> bool:
    """Whether an expression is a part of a time of which a later one may have less."""
    return part_of(node) == _AGAIN


def _part_named(name: str) -> str:
    return _PARTS.get(name.lower(), "" if name.lower().startswith("epoch") else _AGAIN)


def cut_off(node: exp.Expr) -> float | None:
    """Seconds that an expression cuts off its value at most: of a time, what is below a day or another unit.

    None where it cuts off nothing.
    """
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc | exp.DatetimeTrunc):
        unit = node.args.get("unit")
        return (unit_seconds(unit.name) if unit is not None else None) or _LEAST
    if (part := part_of(node)) and part != _AGAIN:
        return unit_seconds(part)
    if isinstance(node, exp.DateBin):
        return length(node.this) or _LEAST
    if isinstance(node, exp.Date) or (isinstance(node, exp.Cast) and node.to.is_type("date")):
        return _DAY
    return _LEAST if isinstance(node, exp.Floor) else None


def added(node: exp.Expr) -> tuple[exp.Expr, float] | None:
    """What an expression adds a span to, and its seconds, negative where it is taken away.

    They are infinite where something is added that is not written out. None where the expression does neither.
    """
    if isinstance(node, exp.Add | exp.DateAdd | exp.TimestampAdd):
        swapped = isinstance(node.this, exp.Interval)
        base, amount = (node.expression, node.this) if swapped else (node.this, node.expression)
        seconds = _counted(amount, base)
        if seconds is None and amount.find(exp.Column) is not None:
            return None
        return base, inf if seconds is None else seconds
    if isinstance(node, exp.Sub | exp.DateSub | exp.TimestampSub):
        seconds = _counted(node.expression, node.this)
        if seconds is None and node.expression.find(exp.Column) is not None:
            return None
        return node.this, -inf if seconds is None else -seconds
    return None


def _counted(amount: exp.Expr, base: exp.Expr) -> float | None:
    """Seconds of an amount that something is added to; a number counts years where that is the year of a time."""
    unit = unit_seconds(part_of(base.unnest()))
    is_number = isinstance(amount, exp.Literal) and not amount.is_string
    return float(amount.name) * unit if is_number and unit is not None else length(amount)


def written_seconds(node: exp.Expr) -> float | None:
    """A time that is written out, in seconds since 1970, in UTC where it names no zone; None of anything else."""
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    if not (isinstance(node, exp.Literal) and node.is_string):
        return None
    try:
        written = datetime.fromisoformat(node.name.strip())
    except ValueError:
        return None
    return (written if written.tzinfo is not None else written.replace(tzinfo=UTC)).timestamp()


def _product(node: exp.Mul) -> float | None:
    one, other = node.this, node.expression
    if isinstance(other, exp.Literal):
        one, other = other, one
    seconds = length(other) if isinstance(other.unnest(), exp.Interval) else None
    return float(one.name) * seconds if seconds is not None and isinstance(one, exp.Literal) else None


def _written(text: str, unit: str) -> float | None:
    """Seconds of `1` with a unit, or of a text such as `1 day 2 hours`."""
    found = 0.0
    for number, named in _AMOUNT.findall(text.lower()):
        seconds = unit_seconds(named or unit)
        if seconds is None:
            return None
        found += float(number) * seconds
    return found if _AMOUNT.match(text.lower()) else None


def unit_seconds(name: str) -> float | None:
    """Seconds of a unit, in the singular or the plural; None where there is none of that name."""
    lower = name.lower()
    return _SECONDS.get(lower) or _SECONDS.get(lower.removesuffix("s"))

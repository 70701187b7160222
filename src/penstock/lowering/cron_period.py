"""How far apart the starts of a cron schedule can be."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from itertools import pairwise

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES: tuple[dict[str, int], ...] = ({}, {}, {}, _MONTHS, _DAYS)
# Four years hold a leap year, and every length that a gap between months can have.
_START = dt.date(2023, 1, 1)
_DAYS_SEEN = 4 * 365 + 2


@lru_cache(maxsize=256)
def longest_gap(schedule: str) -> dt.timedelta:
    """The longest time between two starts of five cron fields in a row.

    ValueError where the text is no schedule, or where it starts less than twice in four years.
    """
    fields = schedule.split()
    if len(fields) != len(_BOUNDS):
        raise ValueError(f"`{schedule}` has {len(fields)} fields; a schedule has five")
    minutes, hours, days, months, weekdays = (
        _values(field, low, high, names) for field, (low, high), names in zip(fields, _BOUNDS, _NAMES, strict=True)
    )
    weekdays = {day % 7 for day in weekdays}
    times = sorted(dt.timedelta(hours=h, minutes=m) for h in hours for m in minutes)
    # As cron does: where both the day of the month and the weekday are restricted, either will do.
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    dates = [
        date
        for date in (_START + dt.timedelta(n) for n in range(_DAYS_SEEN))
        if date.month in months
        and (
            (date.day in days or date.isoweekday() % 7 in weekdays)
            if either
            else (date.day in days and date.isoweekday() % 7 in weekdays)
        )
    ]
    within = max((b - a for a, b in pairwise(times)), default=dt.timedelta(0))
    across = max((b - a for a, b in pairwise(dates)), default=dt.timedelta(0))
    if not across:
        raise ValueError(f"`{schedule}` starts less than twice in four years")
    return max(within, across - times[-1] + times[0])


def _values(field: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            begin, end = low, high
        else:
            begin = _number(first, names)
            end = _number(last, names) if dash else (high if step else begin)
        stride = _number(step, {}) if step else 1
        if not (low <= begin <= end <= high and stride >= 1):
            raise ValueError(f"`{field}` is outside of {low} to {high}")
        found.update(range(begin, end + 1, stride))
    return found


def _number(text: str, names: dict[str, int]) -> int:
    if text.isdecimal():
        return int(text)
    try:
        return names[text.lower()]
    except KeyError:
        raise ValueError(f"`{text}` is no number of a cron schedule") from None

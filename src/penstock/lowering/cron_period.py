"""How far apart the starts of a cron schedule can be."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from itertools import pairwise

from penstock.specs.cron import Cron, CronError, parse

_START = dt.date(2023, 1, 1)
# Four years hold a leap year, and every length that a gap between months can have; eight hold two leap days.
_FOUR_YEARS = 4 * 365 + 1
_EIGHT_YEARS = 2 * _FOUR_YEARS


@lru_cache(maxsize=256)
def longest_gap(schedule: str) -> dt.timedelta:
    """The longest time between two starts of five cron fields in a row.

    ValueError where the text is no schedule, or one that never starts.
    """
    try:
        cron = parse(schedule)
    except CronError as error:
        raise ValueError(f"`{schedule}` is not a valid cron schedule: {error}") from None
    times = sorted(dt.timedelta(hours=h, minutes=m) for h in cron.hours for m in cron.minutes)
    dates = _dates(cron, _FOUR_YEARS)
    if len(dates) < 2:
        dates = _dates(cron, _EIGHT_YEARS)
    within = max((b - a for a, b in pairwise(times)), default=dt.timedelta(0))
    across = max((b - a for a, b in pairwise(dates)), default=dt.timedelta(0))
    if not across:
        raise ValueError(f"`{schedule}` never starts")
    return max(within, across - times[-1] + times[0])


def _dates(cron: Cron, days: int) -> list[dt.date]:
    """The dates with a start among so many days."""
    either = cron.by_day and cron.by_weekday
    return [
        date
        for date in (_START + dt.timedelta(n) for n in range(days))
        if date.month in cron.months
        and (any if either else all)((date.day in cron.days, date.isoweekday() % 7 in cron.weekdays))
    ]

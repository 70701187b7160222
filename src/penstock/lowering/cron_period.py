"""How far apart the starts of a cron schedule can be."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from itertools import pairwise

from penstock.specs.cron import CronError, parse

# Four years hold a leap year, and every length that a gap between months can have.
_START = dt.date(2023, 1, 1)
_DAYS_SEEN = 4 * 365 + 2


@lru_cache(maxsize=256)
def longest_gap(schedule: str) -> dt.timedelta:
    """The longest time between two starts of five cron fields in a row.

    ValueError where the text is no schedule, or where it starts less than twice in four years.
    """
    try:
        cron = parse(schedule)
    except CronError as error:
        raise ValueError(f"`{schedule}` is no schedule: {error}") from None
    times = sorted(dt.timedelta(hours=h, minutes=m) for h in cron.hours for m in cron.minutes)
    either = cron.by_day and cron.by_weekday
    dates = [
        date
        for date in (_START + dt.timedelta(n) for n in range(_DAYS_SEEN))
        if date.month in cron.months
        and (any if either else all)((date.day in cron.days, date.isoweekday() % 7 in cron.weekdays))
    ]
    within = max((b - a for a, b in pairwise(times)), default=dt.timedelta(0))
    across = max((b - a for a, b in pairwise(dates)), default=dt.timedelta(0))
    if not across:
        raise ValueError(f"`{schedule}` starts less than twice in four years")
    return max(within, across - times[-1] + times[0])

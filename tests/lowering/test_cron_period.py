"""How far apart the starts of a schedule can be."""

from __future__ import annotations

import datetime as dt

import pytest

from penstock.lowering.cron_period import longest_gap


@pytest.mark.parametrize(
    ("schedule", "gap"),
    [
        ("* * * * *", dt.timedelta(minutes=1)),
        ("*/15 * * * *", dt.timedelta(minutes=15)),
        ("*/7 * * * *", dt.timedelta(minutes=7)),
        ("15 * * * *", dt.timedelta(hours=1)),
        ("0 9-17 * * *", dt.timedelta(hours=16)),
        ("30 5 * * *", dt.timedelta(days=1)),
        ("0 5,17 * * *", dt.timedelta(hours=12)),
        ("0 5 * * 1-5", dt.timedelta(days=3)),
        ("0 5 * * MON", dt.timedelta(days=7)),
        ("0 5 * * 0", dt.timedelta(days=7)),
        ("0 5 ? * 0", dt.timedelta(days=7)),
        ("0 6 1 * *", dt.timedelta(days=31)),
        ("0 6 31 * *", dt.timedelta(days=61)),
        ("0 6 1 jan,jul *", dt.timedelta(days=184)),
        ("0 6 1 3 *", dt.timedelta(days=366)),
        ("0 6 29 2 *", dt.timedelta(days=1461)),
        ("0 6 1 * 1", dt.timedelta(days=7)),
    ],
)
def test_the_longest_time_between_two_starts(schedule: str, gap: dt.timedelta) -> None:
    assert longest_gap(schedule) == gap


@pytest.mark.parametrize(
    "schedule", ["", "* * * *", "0 5 * * 7", "60 * * * *", "0 5 * * xyz", "0 5 31 2 *", "5-1 * * * *", "*/0 * * * *"]
)
def test_what_is_no_schedule_is_refused(schedule: str) -> None:
    with pytest.raises(ValueError, match="`"):
        longest_gap(schedule)

"""When the last report of a scheduled pipeline is too old, and until when its first one is waited for."""

from __future__ import annotations

import datetime as dt

import pytest

from penstock.lowering.rules.overdue import Pipeline
from penstock.specs.series import Series

SERIES = Series("last_run_timestamp_seconds", "Time of the last run.", ())


@pytest.mark.parametrize(
    ("schedule", "allowed", "awaited"),
    [
        ("*/5 * * * *", "35m", "35m"),
        ("*/30 * * * *", "1h", "1h"),
        ("0 * * * *", "2h", "2h"),
        ("0 3 * * *", "2d", "2d"),
        ("0 3 * * 1", "14d", "10d"),
    ],
)
def test_a_run_has_time_to_start_its_pods(schedule: str, allowed: str, awaited: str) -> None:
    pipeline = Pipeline("monitoring", schedule, SERIES)
    assert (str(pipeline.allowed), str(pipeline.awaited)) == (allowed, awaited)


def test_a_run_may_take_longer_than_the_one_before() -> None:
    varies = dt.timedelta(hours=6)
    assert str(Pipeline("training", "0 3 * * *", SERIES, varies).allowed) == "2d6h"
    assert str(Pipeline("training", "*/5 * * * *", SERIES, varies).allowed) == "40m"

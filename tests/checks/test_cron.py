"""Cron schedules, as Kubernetes reads them."""

from __future__ import annotations

import pytest

from penstock.checks.cron import CronError, parse


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("0 3 * * 1", True),
        ("*/15 * * * *", True),
        ("0 3 29 2 *", True),
        ("0 3 30 2 *", False),
        ("0 3 31 4,6,9,11 *", False),
        ("0 3 31 4,5 *", True),
        ("0 3 30 2 1", True),
        ("5-59/10 0-6 1 jan-mar MON", True),
    ],
)
def test_a_schedule_fires_on_some_day_or_on_none(text: str, fires: bool) -> None:
    assert parse(text).ever_fires is fires


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("60 3 * * *", "60"),
        ("0 24 * * *", "24"),
        ("0 3 0 * *", "0"),
        ("0 3 * 13 *", "13"),
        ("0 3 * * 8", "8"),
        ("0 3 * * mo,tue", "mo"),
        ("0 5-3 * * *", "5-3"),
        ("*/0 * * * *", "*/0"),
        ("0 3 * *", "0 3 * *"),
        ("@daily", "@daily"),
        ("0 3 ? * 1", "?"),
    ],
)
def test_what_is_no_schedule_is_pointed_at(text: str, at: str) -> None:
    with pytest.raises(CronError) as caught:
        parse(text)
    start, end = caught.value.at
    assert text[start:end] == at


def test_sunday_has_two_numbers() -> None:
    assert parse("0 0 * * 7").weekdays == parse("0 0 * * 0").weekdays == parse("0 0 * * sun").weekdays

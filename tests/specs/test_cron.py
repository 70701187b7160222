"""Cron schedules, as Kubernetes reads them."""

from __future__ import annotations

import pytest

from penstock.specs.cron import CronError, parse


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
        ("0 3 * * 7", "7"),
        ("0 3 * * 5-7", "5-7"),
        ("0 3 * * monday", "monday"),
        ("0 3 * * ٣", "٣"),
        ("0 3 * * mo,tue", "mo"),
        ("0 5-3 * * *", "5-3"),
        ("*/0 * * * *", "*/0"),
        ("0 3 * *", "0 3 * *"),
        ("@daily", "@daily"),
        ("0 3 ?-5 * 1", "?-5"),
    ],
)
def test_what_is_no_schedule_is_pointed_at(text: str, at: str) -> None:
    with pytest.raises(CronError) as caught:
        parse(text)
    start, end = caught.value.at
    assert text[start:end] == at


def test_sunday_has_one_number() -> None:
    assert parse("0 0 * * 0").weekdays == parse("0 0 * * SUN").weekdays == {0}
    with pytest.raises(CronError, match="Sunday is 0"):
        parse("0 0 * * 7")


def test_a_question_mark_restricts_nothing() -> None:
    assert parse("0 3 ? * 1") == parse("0 3 * * 1")


@pytest.mark.parametrize(
    ("text", "by_day", "by_weekday"),
    [
        ("0 3 * * *", False, False),
        ("0 3 */2 * 1", True, True),
        ("0 3 */1 * 1", False, True),
        ("0 3 1,* * ?", False, False),
    ],
)
def test_a_star_with_a_step_restricts_its_field(text: str, by_day: bool, by_weekday: bool) -> None:
    assert (parse(text).by_day, parse(text).by_weekday) == (by_day, by_weekday)

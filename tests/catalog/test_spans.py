"""Spans of time as SQL writes them, in seconds."""

from __future__ import annotations

from math import inf

import pytest
import sqlglot

from penstock.catalog.sql.spans import added, cut_off, length

HOUR, DAY = 3_600.0, 86_400.0


def parsed(text: str) -> sqlglot.Expr:
    return sqlglot.parse_one(text, read="duckdb")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("INTERVAL 1 HOUR", HOUR),
        ("INTERVAL '90 minutes'", 1.5 * HOUR),
        ("INTERVAL '1 day 2 hours'", DAY + 2 * HOUR),
        ("INTERVAL '-1 day'", -DAY),
        ("-(INTERVAL 2 WEEKS)", -14 * DAY),
        ("3 * INTERVAL 1 HOUR", 3 * HOUR),
        ("INTERVAL 1 HOUR * 3", 3 * HOUR),
        ("to_hours(2)", 2 * HOUR),
        ("to_days(1)", DAY),
        ("2", 2 * DAY),
        ("INTERVAL (n) DAY", None),
        ("INTERVAL '1 fortnight'", None),
        ("to_hours(n)", None),
        ("3 * n", None),
        ("some(2)", None),
    ],
)
def test_the_length_of_what_is_written_out(text: str, seconds: float | None) -> None:
    assert length(parsed(text)) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("date_trunc('day', s)", DAY),
        ("date_trunc('weeks', s)", 7 * DAY),
        ("s::date", DAY),
        ("date(s)", DAY),
        ("time_bucket(INTERVAL 2 HOURS, s)", 2 * HOUR),
        ("floor(x)", 1.0),
        ("s::timestamp", None),
        ("s + INTERVAL 1 DAY", None),
    ],
)
def test_what_a_truncation_cuts_off(text: str, seconds: float | None) -> None:
    assert cut_off(parsed(text)) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("s + INTERVAL 1 DAY", DAY),
        ("INTERVAL 1 DAY + s", DAY),
        ("s - INTERVAL 1 DAY", -DAY),
        ("date_add(s, INTERVAL 1 DAY)", DAY),
        ("s + some()", inf),
        ("s - some()", -inf),
        ("s - x", None),
        ("s + INTERVAL (x) DAY", None),
    ],
)
def test_what_is_added(text: str, seconds: float | None) -> None:
    found = added(parsed(text))
    assert (found and (found[0].sql(), found[1])) == (None if seconds is None else ("s", seconds))

"""Columns of queries that may be made of later rows are told, and of the others none changes with what comes later."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Moments

MOMENTS: Moments = (
    ("asked", "asked", "t", False, (("id",),), ("id", "k", "t", "x"), ()),
    ("met", "met", "s", False, (("number",),), ("number", "k", "s", "v"), ()),
    ("days", "days", "day", True, (("day",),), ("day", "sun"), ()),
    ("wider", "asked", "t", False, (("id",),), ("id", "t", "more"), ()),
    ("places", "places", "", False, (("k",),), ("k", "area"), ()),
)
BEGIN = datetime(2026, 1, 1)
HOURS = 72


def told(text: str, own: str = "t") -> dict[str, str]:
    return {one.column: f"{one.table} {one.how}" for one in analysis.lookaheads(text, MOMENTS, own) if one.column}


def decides(text: str, own: str = "t") -> set[str]:
    """The tables of whose later rows some may decide which rows there are."""
    return {f"{one.table} {one.how}" for one in analysis.lookaheads(text, MOMENTS, own) if not one.column}


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON m.k = a.k", "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a ASOF JOIN met m ON m.k = a.k AND m.s >= a.t", "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON m.k = a.k AND (m.s <= a.t OR m.v > 3)", "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a LEFT JOIN met m USING (k) WHERE v IS NULL OR m.s < a.t", "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON m.k = a.k AND NOT m.s <= a.t", "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m USING (k) WHERE m.s <= a.t OR m.s < '2026-01-02'",
         "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON NOT (m.s > a.t AND m.v > 3)", "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON m.s NOT BETWEEN a.t AND a.t + to_days(1)", "met join"),
        ("SELECT id, t, (SELECT v FROM met m WHERE m.k = a.k ORDER BY s DESC LIMIT 1) AS o FROM asked a", "met join"),
        ("SELECT id, t, x - (SELECT avg(x) FROM asked) AS o FROM asked", "asked join"),
        ("SELECT a.id, a.t, max(b.x) AS o FROM asked a JOIN asked b USING (k) GROUP BY ALL", "asked join"),
        ("WITH m AS (SELECT k, avg(x) AS o FROM asked GROUP BY k) SELECT id, t, o FROM asked JOIN m USING (k)",
         "asked join"),
        ("SELECT id, t, avg(x) over (order by t rows between 1 preceding and 1 following) AS o FROM asked",
         "asked window"),
        ("SELECT id, t, lag(x, -1) OVER (ORDER BY t) AS o FROM asked", "asked window"),
        ("WITH d AS (SELECT k, s::date AS day, sum(v) AS v FROM met GROUP BY ALL), "
         "r AS (SELECT k, day, avg(v) OVER (PARTITION BY k ORDER BY day ROWS 6 PRECEDING) AS o FROM d) "
         "SELECT a.id, a.t, r.o FROM asked a LEFT JOIN r ON r.k = a.k AND r.day = a.t::date", "met join"),
        ("SELECT k, date_trunc('day', t) AS t, avg(x) AS o FROM asked GROUP BY ALL", "asked group"),
        ("SELECT k, min(t) AS t, avg(x) AS o FROM asked GROUP BY k", "asked group"),
        ("SELECT k AS t, count(*) AS o FROM asked GROUP BY k", "asked group"),
        ("SELECT k, max(t) FILTER (WHERE x > 3) AS t, avg(x) AS o FROM asked GROUP BY k", "asked group"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON date_diff('hour', s, t) BETWEEN 0 AND 3", "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON year(s) = year(t) AND month(s) = month(t)", "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON hour(s) <= hour(t)", "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON s::time <= t::time", "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON strftime(s, '%Y-%m-%d') <= strftime(t, '%Y-%m-%d')",
         "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON strftime(s, '%d.%m.%Y') < strftime(t, '%d.%m.%Y')",
         "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON date_sub('hour', s, t) >= 0", "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON NOT m.s::date > a.t::date", "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON (m.s <= a.t) IS NOT TRUE", "met join"),
        ("SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON CASE WHEN m.v > 3 THEN m.s ELSE a.t END <= a.t",
         "met join"),
        ("SELECT a.id, a.t, CASE WHEN m.s <= a.t THEN 0 ELSE m.v END AS o FROM asked a LEFT JOIN met m USING (k)",
         "met join"),
        ("SELECT a.id, a.t, CASE WHEN m.s > a.t THEN 1 ELSE 0 END AS o FROM asked a LEFT JOIN met m USING (k)",
         "met join"),
        ("SELECT a.id, a.t, sum(CASE WHEN m.s <= a.t THEN 0 ELSE 1 END) AS o FROM asked a JOIN met m USING (k) "
         "GROUP BY ALL", "met join"),
        ("SELECT a.id, a.t, count(CASE WHEN a.x > 3 THEN 1 END) AS o FROM asked a JOIN met m USING (k) GROUP BY ALL",
         "met join"),
        ("SELECT CASE WHEN v > 3 THEN s ELSE s - INTERVAL 1 DAY END AS t, v AS o FROM met", "met earlier"),
    ],
)  # fmt: skip
def test_rows_that_may_be_later_are_told(text: str, how: str) -> None:
    assert told(text) == {"o": how}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT id, t::timestamp AS t, x * 2 AS o FROM asked",
        "SELECT id, t, area AS o FROM asked LEFT JOIN places USING (k)",
        "SELECT id, t, x AS o FROM asked QUALIFY row_number() OVER (PARTITION BY id ORDER BY t DESC) = 1",
        "SELECT a.id, any_value(a.t) AS t, max(m.v) AS o FROM asked a LEFT JOIN met m ON m.s <= a.t GROUP BY a.id",
        "WITH m AS (SELECT a.id, max(v) AS o FROM asked a JOIN met m ON m.k = a.k AND m.s <= a.t GROUP BY a.id) "
        "SELECT a.id, a.t, m.o FROM asked a LEFT JOIN m USING (id)",
        "WITH w AS (SELECT a.id, lag(x) OVER (PARTITION BY k ORDER BY t) AS o FROM asked a) "
        "SELECT a.id, a.t, w.o FROM asked a JOIN w ON w.id = a.id",
        "SELECT a.id, a.t, w.more AS o FROM asked a JOIN wider w USING (id)",
        "WITH d AS (SELECT k, s::date AS day, avg(v) AS o FROM met GROUP BY ALL) "
        "SELECT a.id, a.t, d.o FROM asked a LEFT JOIN d ON d.k = a.k AND d.day = a.t::date - 1",
        "SELECT a.id, a.t, d.sun AS o FROM asked a JOIN days d ON d.day::date = a.t::date",
        "SELECT id, t, (SELECT avg(v) FROM met m WHERE m.k = a.k AND m.s < a.t) AS o FROM asked a",
        "SELECT id, t, o FROM asked a, LATERAL (SELECT max(v) AS o FROM met m WHERE m.s <= a.t)",
        "SELECT a.id, a.t, sum(CASE WHEN m.s <= a.t THEN v END) AS o FROM asked a JOIN met m USING (k) GROUP BY 1, 2",
        "SELECT a.id, a.t, max(v) AS o FROM asked a JOIN met m ON date_diff('hour', s, t) BETWEEN 1 AND 3 GROUP BY ALL",
        "SELECT a.id, a.t, max(v) AS o FROM asked a JOIN met m ON epoch(t - s) / 60 BETWEEN 0 AND 90 GROUP BY ALL",
        "SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON year(s) < year(t) AND month(s) = month(t)",
        "SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON hour(s) = hour(t) AND s <= t",
        "SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON strftime(s, '%Y-%m') < strftime(t, '%Y-%m')",
        "SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON extract(year FROM s) = extract(year FROM t) - 1",
        "SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON m.k = a.k AND year(s) <= 2025",
        "SELECT a.id, a.t, CASE WHEN m.s > a.t THEN NULL ELSE m.v END AS o FROM asked a LEFT JOIN met m USING (k)",
        "SELECT a.id, a.t, CASE WHEN m.s > a.t THEN 0 WHEN m.v > 3 THEN 1 ELSE 0 END AS o FROM asked a, met m",
        "SELECT a.id, a.t, sum(CASE WHEN m.s <= a.t THEN 1 ELSE 0 END) AS o FROM asked a, met m GROUP BY ALL",
        "SELECT a.id, a.t, sum(m.v) FILTER (WHERE (m.s > a.t) IS FALSE) AS o FROM asked a, met m GROUP BY ALL",
        "SELECT a.id, CASE WHEN m.s > a.t THEN m.s ELSE a.t END AS t, m.v AS o FROM asked a JOIN met m USING (k)",
        "SELECT a.id, a.t, max(v) AS o FROM asked a JOIN met m ON m.s <= CASE WHEN a.x > 9 THEN a.t ELSE a.t - 1 END "
        "GROUP BY ALL",
        "WITH m AS (SELECT k, date_trunc('day', s) AS day, sum(v) AS v FROM met GROUP BY ALL) "
        "SELECT a.id, a.t, m.v AS o FROM asked a JOIN m ON m.k = a.k AND date_diff('day', m.day, a.t) BETWEEN 1 AND 7",
        "SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m ON m.k = a.k AND m.s <= a.t OR m.v > 3 AND m.s < a.t",
        "SELECT a.id, a.t, m.v AS o FROM asked a LEFT JOIN met m USING (k) WHERE m.number IS NULL OR (m.s < a.t)",
        "SELECT a.id, a.t, m.v AS o FROM asked a JOIN met m USING (k) WHERE NOT (m.s > a.t OR m.v > 3)",
        "SELECT id, t, lead(x) OVER (ORDER BY t DESC) AS o FROM asked",
        "WITH d AS (SELECT k, s::date AS day, sum(v) AS v FROM met GROUP BY ALL), "
        "r AS (SELECT k, day, avg(v) OVER (PARTITION BY k ORDER BY day ROWS 6 PRECEDING) AS o FROM d) "
        "SELECT a.id, a.t, r.o FROM asked a LEFT JOIN r ON r.k = a.k AND r.day = a.t::date - 1",
        "SELECT k, date_trunc('day', t) + INTERVAL 1 DAY AS t, avg(x) AS o FROM asked GROUP BY ALL",
        "SELECT k, max(t) AS t, avg(x) AS o FROM asked GROUP BY k",
        "WITH u AS (SELECT k, t, x, id FROM asked UNION ALL SELECT k, s, v, NULL FROM met), "
        "w AS (SELECT *, last_value(x) OVER (PARTITION BY k ORDER BY t) AS o FROM u) SELECT id, t, o FROM w",
    ],
)  # fmt: skip
def test_rows_that_are_bound_by_the_time_of_the_result_are_not(text: str) -> None:
    assert told(text) == {}


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("SELECT id, t, x FROM asked a WHERE EXISTS (FROM met m WHERE m.k = a.k AND m.s > a.t)", "met join"),
        ("SELECT id, t, x FROM asked a WHERE NOT EXISTS (FROM met m WHERE m.k = a.k)", "met join"),
        ("SELECT id, t, x FROM asked SEMI JOIN met USING (k)", "met join"),
        ("SELECT id, t, x FROM asked WHERE k IN (SELECT k FROM met WHERE v > 3)", "met join"),
        ("SELECT id, t, x FROM asked WHERE x > (SELECT avg(x) FROM asked)", "asked join"),
        ("SELECT a.id, a.t, a.x FROM asked a JOIN met m ON m.number = a.id", "met join"),
        ("SELECT a.id, a.t, a.x FROM asked a JOIN met m ON m.k = a.id", "met join"),
        ("SELECT a.id, a.t, a.x FROM asked a JOIN met m ON m.number = a.k WHERE m.v > 3", "met join"),
        ("SELECT a.id, a.t, a.x FROM asked a LEFT JOIN met m ON m.number = a.id WHERE m.number IS NULL", "met join"),
        ("SELECT a.id, a.t FROM asked a JOIN asked b USING (k) GROUP BY ALL HAVING count(*) > 5", "asked join"),
        ("SELECT id, t, x FROM asked QUALIFY row_number() OVER (PARTITION BY k ORDER BY t DESC) = 1", "asked window"),
        ("SELECT DISTINCT ON (k) id, t, x FROM asked ORDER BY k, t DESC", "asked window"),
        ("SELECT id, t, x FROM asked ORDER BY x DESC LIMIT 5", "asked window"),
    ],
)
def test_later_rows_that_decide_which_rows_there_are_are_told(text: str, how: str) -> None:
    assert decides(text) == {how}
    assert told(text) == {}
    # A sum over such rows is made of later rows, too.
    summed = f"WITH w AS ({text}) SELECT a.id, a.t, count(w.id) AS o FROM asked a JOIN w ON w.t <= a.t GROUP BY ALL"
    assert told(summed) == {"o": how.split()[0] + " join"}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT id, t, x FROM asked a WHERE EXISTS (FROM met m WHERE m.k = a.k AND m.s <= a.t LIMIT 1)",
        "SELECT id, t, x FROM asked a ANTI JOIN met m ON m.k = a.k AND m.s < a.t",
        "SELECT id, t, x FROM asked WHERE k IN (SELECT k FROM places) AND x > 3",
        "SELECT id, t, x FROM asked WHERE t >= '2026-01-02' AND k IN (SELECT k FROM met WHERE s < '2026-01-02')",
        "SELECT a.id, a.t, a.x FROM asked a LEFT JOIN met m ON m.number = a.id",
        "SELECT a.id, a.t, max(m.v) AS o FROM asked a LEFT JOIN met m ON m.k = a.k AND m.s <= a.t GROUP BY ALL",
        "SELECT a.id, m.s AS t, a.x FROM asked a JOIN met m ON m.k = a.k AND m.s > a.t",
        "SELECT a.id, a.t, m.v FROM asked a JOIN met m ON m.number = a.k",
        "SELECT m.number, m.s AS t, count(*) OVER (ORDER BY m.s) AS n FROM met m JOIN places USING (k)",
        "SELECT id, t, x FROM asked QUALIFY row_number() OVER (PARTITION BY id ORDER BY t DESC) = 1",
        "SELECT id, t, x FROM asked QUALIFY row_number() OVER (PARTITION BY k, t ORDER BY x DESC) = 1",
        "SELECT id, t, x FROM asked QUALIFY t - lag(t) OVER (PARTITION BY k ORDER BY t) > INTERVAL 1 HOUR",
        "SELECT DISTINCT ON (k) id, t AS t, x FROM asked ORDER BY t",
        "SELECT DISTINCT k, t FROM asked ORDER BY t DESC",
    ],
)
def test_of_rows_that_are_there_whatever_comes_later_none_is_told(text: str) -> None:
    assert decides(text) == set()


@pytest.mark.parametrize(
    ("time", "condition", "is_told"),
    [
        ("date_trunc('day', s)", "m.s <= a.t", True),
        ("date_trunc('day', s)", "m.s + INTERVAL 1 HOUR <= a.t", True),
        ("date_trunc('day', s)", "m.s + INTERVAL '24 hours' <= a.t", False),
        ("date_trunc('day', s) + INTERVAL 1 HOUR", "m.s <= a.t", True),
        ("date_trunc('day', s) + INTERVAL 1 HOUR", "m.s + INTERVAL 23 HOUR <= a.t", False),
        ("date_trunc('day', s)::timestamp", "m.s <= a.t", True),
        ("date_trunc('month', s)", "m.s::date < a.t::date", True),
        ("date_trunc('month', s)", "m.s < date_trunc('month', a.t)", False),
        ("date_trunc('month', s)", "m.s + INTERVAL 30 DAYS <= a.t", True),
        ("date_trunc('month', s)", "m.s + INTERVAL 1 MONTH <= a.t", False),
        ("time_bucket(INTERVAL 2 HOURS, s)", "m.s <= a.t - INTERVAL 1 HOUR", True),
        ("time_bucket(INTERVAL 2 HOURS, s)", "m.s <= a.t - 2 * INTERVAL 1 HOUR", False),
    ],
)
def test_what_is_cut_off_a_time_has_to_be_added_again(time: str, condition: str, *, is_told: bool) -> None:
    days = f"WITH m AS (SELECT k, {time} AS s, sum(v) AS v FROM met GROUP BY ALL) "
    query = f"SELECT a.id, a.t, max(m.v) AS o FROM asked a JOIN m ON m.k = a.k AND {condition} GROUP BY ALL"
    assert bool(told(days + query)) == is_told


@pytest.mark.parametrize(
    ("time", "how"),
    [
        ("s", None),
        ("s + INTERVAL 1 HOUR", None),
        ("s - INTERVAL 1 HOUR", "earlier"),
        ("date_trunc('hour', s)", "earlier"),
        ("date_trunc('hour', s) + INTERVAL 30 MINUTE", "earlier"),
        ("date_trunc('hour', s) + INTERVAL 60 MINUTE", None),
        ("s::date", "earlier"),
        ("(number || ' o''clock')::timestamp", "retimed"),
    ],
)
def test_a_row_that_is_said_to_be_earlier_is_told(time: str, how: str | None) -> None:
    assert told(f"SELECT {time} AS t, v AS o FROM met") == ({"o": f"met {how}"} if how else {})
    later = f"WITH m AS (SELECT number, {time} AS s, v FROM met) SELECT s + INTERVAL 1 MINUTE AS t, v AS o FROM m"
    assert told(later) == ({"o": f"met {how}"} if how else {})


def test_of_two_times_of_a_row_the_one_at_which_it_is_known_counts() -> None:
    """Another may be earlier; where a condition says that it is not, nothing is told."""
    moments: Moments = (("met", "met", "s", False, (("number",),), ("number", "r", "s", "v"), ()),)
    [one] = analysis.lookaheads("SELECT r AS t, v AS o FROM met", moments, "t")
    assert (one.column, one.how) == ("o", "retimed")
    assert analysis.lookaheads("SELECT r AS t, v AS o FROM met WHERE s <= r", moments, "t") == ()


@pytest.mark.parametrize(
    ("rows", "is_told"),
    [
        ("asked", True),
        ("(SELECT * FROM asked WHERE t >= '2026-01-02')", False),
        ("(SELECT * FROM asked WHERE t >= '2026-01-02 02:00:00+02:00')", False),
        ("(SELECT * FROM asked WHERE t BETWEEN DATE '2026-01-02' AND '2026-01-03')", False),
        ("(SELECT * FROM asked WHERE NOT t < '2026-01-02'::timestamp)", False),
        ("(SELECT * FROM asked WHERE t >= '2026-01-01')", True),
        ("(SELECT * FROM asked WHERE t >= '2026-01-02' OR x > 3)", True),
        ("(SELECT * FROM asked WHERE t <= '2026-01-02')", True),
        ("(SELECT * FROM asked WHERE t >= '2026-01-02' UNION ALL SELECT * FROM asked)", True),
        ("(SELECT * FROM asked WHERE t >= '2026-01-02' UNION ALL SELECT * FROM asked WHERE t > '2026-01-03')", False),
        ("(SELECT * FROM asked WHERE t >= '2026-01-02' UNION ALL SELECT * FROM asked WHERE t > '2026-01-01')", True),
        ("(SELECT * FROM asked WHERE t >= '2026-01-02' EXCEPT SELECT * FROM asked WHERE x > 3)", False),
        (
            "(SELECT * FROM asked WHERE t >= '2026-01-02' UNION ALL SELECT number, k, s, v FROM met "
            "WHERE s >= '2026-01-02')",
            False,
        ),
        ("(SELECT a.* FROM asked a LEFT JOIN places p ON p.k = a.k AND a.t >= '2026-01-02')", True),
        ("(SELECT a.* FROM asked a LEFT JOIN asked b ON b.id = a.id AND a.t >= '2026-01-02')", True),
    ],
)
def test_history_until_a_day_is_that_of_rows_from_that_day_on(rows: str, *, is_told: bool) -> None:
    history = "WITH h AS (SELECT k, avg(v) AS v FROM met WHERE s < '2026-01-02' GROUP BY k) "
    found = told(f"{history} SELECT a.id, a.t, h.v AS o FROM {rows} a JOIN h USING (k)")
    assert found == ({"o": "met join"} if is_told else {})


@pytest.mark.parametrize(
    ("second", "is_told"), [("s < '2026-01-02'", False), ("s < '2026-01-03'", True), ("v > 3", True)]
)
def test_history_of_which_one_part_ends_later_is_no_history(second: str, *, is_told: bool) -> None:
    history = f"WITH h AS (SELECT k, v FROM met WHERE s < '2026-01-01' UNION ALL SELECT k, v FROM met WHERE {second}) "
    rows = "SELECT a.id, a.t, h.v AS o FROM (SELECT * FROM asked WHERE t >= '2026-01-02') a JOIN h USING (k)"
    assert told(history + rows) == ({"o": "met join"} if is_told else {})
    assert told(history + "SELECT k, v AS o FROM h", "") == (
        {"k": "met row", "o": "met row"} if second == "v > 3" else {}
    )


def test_a_result_without_a_time_may_be_of_any() -> None:
    assert told("SELECT k, avg(x) AS o FROM asked GROUP BY k", "") == {"o": "asked group"}
    assert told("SELECT id, x AS o FROM asked", "") == {"id": "asked row", "o": "asked row"}
    assert told("SELECT k, avg(x) AS o FROM asked WHERE t < '2026-01-01' GROUP BY k", "") == {}


@pytest.mark.parametrize(
    "condition",
    [
        "coalesce(t <= t)",
        "century() < century()",
        "date_part(['year', 'month'], t) = date_part(['year', 'month'], t)",
        "(x, k) IN ((1, 2), (3, 4)) AND x IN [1, 2] AND t IN (SELECT s FROM met)",
        "x > ANY (SELECT v FROM met) AND least(t) <= greatest(t)",
        "date_diff('foo', t, t) > 3 AND date_sub(x, t, t) > 1 AND epoch(t - t) / 0 > 3 AND age(t) > x",
        "strftime(t, x) = strftime(t, '%') AND NULL AND 1",
        "x = " + "CASE WHEN x > 1 THEN " * 30 + "1" + " ELSE 2 END" * 30,
        " + ".join(f"CASE WHEN x > {i} THEN {i} ELSE 1 END" for i in range(40)) + " > 3",
        " OR ".join(f"(x = {i} AND t <= '2026-01-{i % 28 + 1:02d}')" for i in range(100)),
        f"k IN ({', '.join(map(str, range(1000)))})",
    ],
)
def test_whatever_a_condition_says_of_the_row_itself_is_followed(condition: str) -> None:
    assert told(f"SELECT id, t, x AS o FROM asked WHERE {condition}") == {}


CONDITIONS = (
    "{s} <= {t}", "{t} > {s}", "{s} BETWEEN {t} - INTERVAL 3 HOUR AND {t}", "{s} >= {t}", "NOT {s} > {t}", "TRUE",
    "({s} <= {t} OR {v} > 2)", "({s} < {t} OR {v} > 2 AND {s} <= {t})", "({s} < {t} OR {s} <= {t} - INTERVAL 1 HOUR)",
    "{s} <= {t} + INTERVAL 2 HOUR", "{s} - INTERVAL 2 HOUR < {t}", "{s} + INTERVAL 1 HOUR <= {t}",
    "date_trunc('day', {s}) = date_trunc('day', {t})", "date_trunc('day', {s}) < date_trunc('day', {t})",
    "{s}::date = {t}::date - 1", "{s} <= date_trunc('day', {t})", "{t} - {s} >= INTERVAL 0 DAY",
    "NOT ({s} > {t} AND {v} > 2)", "NOT ({s} > {t} OR {v} > 2)", "NOT {s} <= {t}", "NOT (NOT {s} <= {t})",
    "{s} NOT BETWEEN {t} AND {t} + INTERVAL 5 HOUR", "NOT ({s} <> {t} AND {s} > {t})", "{s} NOT IN ({t})",
    "{s} < '2026-01-02'", "{s} <= '2026-01-02' AND {t} >= '2026-01-02'", "{s}::date <= '2026-01-02'",
    "{s} < '2026-01-03' AND ({t} >= '2026-01-02' OR {v} > 2)", "{s} < '2026-01-02' AND NOT {t} < '2026-01-02 06:00'",
    "greatest({s}, {t}) = {t}", "{s} <= greatest({t}, {s} - INTERVAL 1 HOUR)", "least({s}, {t}) < {t}",
    "({s} > {t}) IS NOT TRUE", "({s} <= {t}) IS NOT TRUE", "({s} <= {t}) IS FALSE", "({s} > {t}) IS FALSE",
    "({s} <= {t}) IS DISTINCT FROM TRUE", "({s} > {t}) IS NOT DISTINCT FROM FALSE", "{s} IS DISTINCT FROM {t}",
    "({s} <= {t}) = ({v} > 2)", "({s} <= {t} OR {v} > 20) <> TRUE", "NOT coalesce({s} <= {t}, FALSE)",
    "CASE WHEN {s} <= {t} THEN FALSE ELSE TRUE END", "CASE WHEN {s} > {t} THEN 0 ELSE 1 END = 1",
    "CASE WHEN {s} <= {t} THEN 1 ELSE {v} END > 2", "CASE {s} <= {t} WHEN TRUE THEN {v} > 2 ELSE FALSE END",
    "CASE WHEN {v} > 20 THEN {s} ELSE {t} END <= {t}", "{s} <= CASE WHEN {v} > 20 THEN {t} ELSE {s} END",
    "CASE WHEN {v} > 20 THEN {s} < {t} WHEN {v} > 9 THEN {s} <= {t} END", "if({s} <= {t}, FALSE, {v} > 20)",
    "date_diff('hour', {s}, {t}) >= 0", "date_diff('hour', {s}, {t}) > 0", "date_sub('hour', {s}, {t}) >= 0",
    "date_sub('day', {t}, {s}) < 0", "{t} - {s} < INTERVAL 0 DAY", "epoch({t}) - epoch({s}) BETWEEN 0 AND 7200",
    "epoch({s} - {t}) / 3600 <= 0", "{t}::date - {s}::date >= 1", "{s}::date - {t}::date < 1",
    "NOT {s}::date > {t}::date", "day({s}) < day({t}) AND hour({s}) = hour({t})", "year({s}) = year({t})",
    "strftime({s}, '%Y-%m-%d') < strftime({t}, '%Y-%m-%d')", "strftime({s}, '%Y%m%d%H') <= strftime({t}, '%Y%m%d%H')",
    "{s}::time < {t}::time", "hour({s}) <= hour({t})", "extract(year FROM {s}) = extract(year FROM {t}) - 1",
    "epoch({s}) <= epoch({t})", "{s} >= '2026-01-02'", "{s} IN ({t}, {t} - INTERVAL 1 DAY)",
)  # fmt: skip
AGGREGATES = (
    "sum({v})",
    "count(*)",
    "arg_max({v}, {s})",
    "max({v}) FILTER (WHERE {v} > 2)",
    "count({s}) FILTER (WHERE {condition})",
    "sum(CASE WHEN {condition} THEN {v} END)",
    "sum(CASE WHEN {condition} THEN {v} ELSE -1 END)",
    "count(CASE WHEN {condition} THEN 1 END)",
    "sum(CASE WHEN {v} > 20 THEN 1 WHEN {condition} THEN 2 END)",
)
ORDERS = ("{t}", "{t} DESC", "date_trunc('day', {t})", "epoch({t})", "-epoch({t})")
SPANS = (
    "", "ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING", "ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING",
    "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", "rows between 1 preceding and 1 following",
)  # fmt: skip
WINDOWED = ("sum({x})", "first_value({x})", "count({x})", "row_number()", "percent_rank()", "lag({x})", "lead({x}, -1)")
PARTITIONS = ("", "PARTITION BY {k}", "PARTITION BY date_trunc('day', {t})", "PARTITION BY {k}, {t}")
TIMES = (
    "date_trunc('day', s)", "max(s)", "min(s)", "date_trunc('day', s) + INTERVAL 1 DAY", "s", "s::date",
    "date_trunc('hour', s)", "time_bucket(INTERVAL 2 HOURS, s)", "date_trunc('day', s)::timestamp",
    "date_trunc('hour', s) + INTERVAL '90 minutes'", "max(s) FILTER (WHERE v > 20)",
)  # fmt: skip
AGAIN = (
    "s", "s + INTERVAL 1 HOUR", "s + INTERVAL 1 DAY", "date_trunc('day', s)", "s - INTERVAL 30 MINUTE",
    "date_trunc('day', s) + INTERVAL 2 DAYS", "s::timestamp", "s + to_days(1)",
    "CASE WHEN v > 20 THEN s ELSE s - INTERVAL 5 HOUR END", "CASE WHEN v > 20 THEN s + INTERVAL 1 DAY END",
)  # fmt: skip
QUERIES = (
    "SELECT id, t, {window} AS o FROM asked",
    "SELECT a.id, a.t, {aggregate} AS o FROM asked a LEFT JOIN met m ON m.k = a.k AND {condition} GROUP BY a.id, a.t",
    "SELECT a.id, any_value(a.t) AS t, {aggregate} AS o FROM asked a JOIN met m ON {condition} GROUP BY a.id",
    "SELECT id, t, (SELECT {aggregate} FROM met m WHERE m.k = a.k AND {condition}) AS o FROM asked a",
    "SELECT id, t, EXISTS (FROM met m WHERE m.k = a.k AND {condition})::int AS o FROM asked a",
    "WITH w AS (SELECT a.id, {aggregate} AS o FROM asked a JOIN met m USING (k) WHERE {condition} GROUP BY a.id) "
    "SELECT a.id, a.t, w.o FROM asked a JOIN w USING (id)",
    "WITH w AS (SELECT id, {window} AS o FROM asked) SELECT a.id, a.t, w.o FROM asked a JOIN w USING (id)",
    "WITH m AS (SELECT k, {time} AS s, sum(v) AS v FROM met GROUP BY ALL) "
    "SELECT a.id, a.t, max(m.v) AS o FROM asked a JOIN m ON m.k = a.k AND {condition} GROUP BY ALL",
    "WITH d AS (SELECT k, {time} AS t, sum(v) AS x FROM met GROUP BY ALL), "
    "m AS (SELECT k, t AS s, {window} AS v FROM d) "
    "SELECT a.id, a.t, max(m.v) AS o FROM asked a JOIN m ON m.k = a.k AND {condition} GROUP BY ALL",
    "WITH u AS (SELECT k, t, x, id FROM asked UNION ALL SELECT k, s, v, NULL FROM met), "
    "w AS (SELECT *, {window} AS o FROM u) SELECT id, t, o FROM w WHERE id IS NOT NULL",
    "SELECT k AS id, {time} AS t, sum(v) AS o FROM met GROUP BY ALL",
    "WITH a AS (SELECT * FROM asked WHERE t > '2026-01-02' AND x > 3), h AS (SELECT m.k, sum(m.v) AS v FROM met m "
    "WHERE m.s < '2026-01-02' GROUP BY m.k) SELECT a.id, a.t, {aggregate} AS o FROM a LEFT JOIN h USING (k) "
    "JOIN met m ON m.k = a.k AND {condition} GROUP BY ALL",
    "WITH m AS (SELECT k, {time} AS s, sum(v) AS v FROM met GROUP BY ALL), n AS (SELECT k, {again} AS s, v FROM m) "
    "SELECT a.id, a.t, max(m.v) AS o FROM asked a JOIN n m ON m.k = a.k AND {condition} GROUP BY ALL",
)
KEPT = (
    "SELECT id, t, x AS o FROM asked a WHERE EXISTS (FROM met m WHERE m.k = a.k AND {condition})",
    "SELECT id, t, x AS o FROM asked a WHERE NOT EXISTS (FROM met m WHERE m.k = a.k AND {condition})",
    "SELECT id, t, x AS o FROM asked a WHERE k IN (SELECT m.k FROM met m WHERE {condition})",
    "SELECT a.id, a.t, a.x AS o FROM asked a SEMI JOIN met m ON m.k = a.k AND {condition}",
    "SELECT a.id, a.t, a.x AS o FROM asked a ANTI JOIN met m ON m.k = a.k AND {condition}",
    "SELECT a.id, a.t, a.x AS o FROM asked a JOIN met m ON m.k = a.k WHERE {condition}",
    "SELECT id, t, x AS o FROM asked a WHERE x > (SELECT {aggregate} FROM met m WHERE m.k = a.k AND {condition})",
    "SELECT a.id, a.t, any_value(a.x) AS o FROM asked a JOIN met m ON {condition} GROUP BY ALL HAVING {aggregate} > 30",
    "SELECT id, t, x AS o FROM asked QUALIFY {window} > 10",
    "SELECT DISTINCT ON (k) id, t, x AS o FROM asked a ORDER BY {order}",
    "SELECT id, t, x AS o FROM asked a ORDER BY {order} LIMIT 5",
)
QUERIES += tuple(
    f"WITH w AS ({kept}) SELECT a.id, a.t, {made} AS o FROM asked a LEFT JOIN w ON w.t <= a.t GROUP BY a.id, a.t"
    for kept in KEPT
    for made in ("count(w.id)", "sum(w.o)")
)


@st.composite
def queries(draw: Any, forms: tuple[str, ...] = QUERIES) -> str:
    """A query whose column `o` is made of the rows of one table or of both, with and without regard to time."""
    names = {"s": "m.s", "t": "a.t", "v": "m.v"}
    windowed, span = draw(st.sampled_from(WINDOWED)), draw(st.sampled_from(SPANS))
    span = span if windowed.startswith(("sum", "first", "count")) else ""
    window = f"{windowed} OVER ({draw(st.sampled_from(PARTITIONS))} ORDER BY {draw(st.sampled_from(ORDERS))} {span})"
    return draw(st.sampled_from(forms)).format(
        order=draw(st.sampled_from(ORDERS)).format(t="t"),
        window=window.format(x="x", k="k", t="t"),
        again=draw(st.sampled_from(AGAIN)),
        aggregate=draw(st.sampled_from(AGGREGATES)).format(
            **names, condition=f"({draw(st.sampled_from(CONDITIONS)).format(**names)}) AND m.v IS NOT NULL"
        ),
        condition=draw(st.sampled_from(CONDITIONS)).format(**names),
        time=draw(st.sampled_from(TIMES)),
    )


@pytest.fixture(scope="module")
def connection() -> Any:
    duckdb = pytest.importorskip("duckdb", reason="it is in the extra `runtime`")
    made = duckdb.connect(config={"threads": 1})
    minutes = Random(0).sample(range(HOURS * 60), 60)
    columns = {"asked": "id INT, k INT, t TIMESTAMP, x INT", "met": "number INT, k INT, s TIMESTAMP, v INT"}
    for at, (name, typed) in enumerate(columns.items()):
        made.execute(f"CREATE TABLE all_{name} ({typed})")
        rows = [(i, i % 3, BEGIN + timedelta(minutes=minutes[30 * at + i]), i * 7 % 50) for i in range(30)]
        made.executemany(f"INSERT INTO all_{name} VALUES (?, ?, ?, ?)", rows)
    return made


def result(connection: Any, text: str, until: datetime) -> dict[Any, list[Any]]:
    """By the row and its time the values of a query over the rows that are known by a time."""
    for name, time in (("asked", "t"), ("met", "s")):
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM all_{name} WHERE {time} <= '{until}'")
    found: dict[Any, list[Any]] = {}
    for row, time, value in connection.sql(f"SELECT id, t::timestamp, o FROM ({text}) ORDER BY ALL").fetchall():
        found.setdefault((row, time), []).append(value)
    return found


def known(rows: dict[Any, list[Any]], until: datetime) -> dict[Any, list[Any]]:
    """Those that are known by a time, as their own says."""
    return {one: values for one, values in rows.items() if one[1] is not None and one[1] <= until}


@settings(max_examples=120, deadline=None)
@given(text=queries())
def test_what_no_later_row_is_told_of_does_not_change_with_what_comes_later(connection: Any, text: str) -> None:
    if told(text):
        return
    later = result(connection, text, BEGIN + timedelta(hours=HOURS))
    for hours in range(6, HOURS, 9):
        until = BEGIN + timedelta(hours=hours)
        before = result(connection, text, until)
        both = known(before, until).keys() & later.keys()
        assert {one: before[one] for one in both} == {one: later[one] for one in both}


@settings(max_examples=60, deadline=None)
@given(text=queries(KEPT))
def test_what_no_later_row_decides_is_there_whatever_comes_later(connection: Any, text: str) -> None:
    if decides(text):
        return
    later = result(connection, text, BEGIN + timedelta(hours=HOURS))
    for hours in range(6, HOURS, 9):
        until = BEGIN + timedelta(hours=hours)
        assert known(result(connection, text, until), until).keys() == known(later, until).keys()


@pytest.mark.parametrize("time", [one for one in (*AGAIN, *TIMES) if "(s)" not in one])
def test_a_row_that_nothing_is_told_of_is_there_when_its_time_says_so(connection: Any, time: str) -> None:
    text = f"SELECT number AS id, {time} AS t, v AS o FROM met"
    later = result(connection, text, BEGIN + timedelta(hours=HOURS))
    changes = []
    for hours in range(6, HOURS, 3):
        until = BEGIN + timedelta(hours=hours)
        changes.append(known(result(connection, text, until), until) != known(later, until))
    assert any(changes) == bool(told(text))

"""Columns of queries that may be made of later rows are told, and rows that are there by them; honest ones are not."""

from __future__ import annotations

import pytest

from catalog.lookaheads import decides, told
from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Moments


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

"""Of columns and rows of which nothing is told, none changes with what comes later, in a real database."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.lookaheads import decides, told

BEGIN = datetime(2026, 1, 1)
HOURS = 72

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

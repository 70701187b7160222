"""What is told of the values of SQL is what the database makes of it, and where there is doubt nothing is told."""

from __future__ import annotations

import pytest

from penstock.catalog.sql import analysis

TYPES = {
    "n": "int",
    "m": "int",
    "x": "float",
    "s": "string",
    "b": "bool",
    "t": "timestamp",
    "u": "timestamp",
    "d": "date",
}
STORED = {
    "int": "BIGINT", "float": "DOUBLE", "string": "VARCHAR", "bool": "BOOLEAN", "timestamp": "TIMESTAMP",
    "date": "DATE",
}  # fmt: skip
KINDS = {
    "fraction": ("DOUBLE", "DECIMAL", "FLOAT"), "float": ("DOUBLE", "DECIMAL", "FLOAT", "HUGEINT", "BIGINT"),
    "int": ("BIGINT", "INTEGER", "HUGEINT", "UBIGINT"), "bool": ("BOOLEAN",), "string": ("VARCHAR",),
    "words": ("VARCHAR",), "timestamp": ("TIMESTAMP", "DATE"), "date": ("DATE",), "interval": ("INTERVAL",),
    "time": ("TIME",), "list": ("[]",), "struct": ("STRUCT",),
}  # fmt: skip
"""What the type of DuckDB holds, by kind."""

TOLD = {
    "fraction": [
        "n / 2", "n * 1.5", "n + 0.5", "100.0 * n / m", "n / m * 100", "avg(n)", "round(n / 3, 1)", "sqrt(n)",
        "CASE WHEN b THEN n / m ELSE 0 END", "coalesce(n, 0.5)", "-(n / 2)", "(n / m)::double",
        "avg(n) FILTER (WHERE b)", "stddev(x)", "n * 100 / m", "n * m / 60", "100 / n", "sum(n * m) / sum(m)", "5 / 2",
    ],
    "float": [
        "round(n / 2)", "floor(n / 60)", "n / 10 * 10", "n * 2.0", "x", "n / 2 + m / 2", "x * n", "sum(x)",
        "n / 1", "x // 2", "(n - n % 10) / 10", "n * 100 / 100", "n * 0.5 * 2", "0.5 * (n - n % 2)", "n / n", "6 / 3",
        "abs(n) / n", "(n // 5 * 5) / 5.0", "(CASE WHEN b THEN 100 ELSE 0 END) / 50",
    ],
    "int": [
        "n // 2", "n % 2", "n * m - 1", "(n / 2)::int", "count(*)", "d - d", "date_diff('day', t, u)",
        "extract(hour FROM t)", "hour(t)", "sum(n)", "length(s)", "round(n)", "trunc(n, -1)",
        "'12'::int", "x::float::int",
    ],
    "bool": [
        "n > 3", "s IS NULL", "s LIKE 'a%'", "NOT b", "n IN (1, 2)",
    ],
    "words": [
        "'high'", "CASE WHEN b THEN 'high' ELSE 'low' END", "dayname(t)", "s || ':' || s",
    ],
    "string": [
        "upper(s)", "strftime(t, '%H')", "'12'", "CASE WHEN b THEN 'true' ELSE 'False' END",
        "CASE WHEN b THEN '1' ELSE '0' END",
    ],
    "interval": [
        "t - u", "t - d", "INTERVAL 3 DAY", "coalesce(t - u, INTERVAL 1 DAY)",
        "INTERVAL 1 DAY * n", "INTERVAL 1 DAY / 2", "INTERVAL 1 DAY + INTERVAL 1 HOUR",
    ],
    "timestamp": [
        "max(t)", "date_trunc('day', t)", "t + INTERVAL 1 DAY", "d - INTERVAL 1 DAY",
        "INTERVAL 1 DAY + t", "INTERVAL 1 DAY + d", "if(b, t, u)",
    ],
    "date": [
        "t::date", "min(d)",
    ],
    "time": [
        "t::time",
    ],
    "list": [
        "string_split(s, ',')", "[n, m]", "max(n, 2)", "arg_min(s, n, 2)",
    ],
    "struct": [
        "{'a': n}",
    ],
}  # fmt: skip
UNTOLD = [
    "epoch(t - u)", "s || s", "CASE WHEN b THEN 'high' ELSE n END", "median(n)", "nobody_knows(n)", "gone / 2",
    "epoch_ms(t)", "quantile_cont(n, 0.5)", "greatest(t, u)", "d + 1", "if(b, n, t)", "x.y / 2",
    "'101'::bit", "date '2026-01-01'::varchar", "date '2026-01-01'::int::varchar",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), [(text, kind) for kind, texts in TOLD.items() for text in texts])
def test_the_kind_is_told_and_is_that_of_the_database(text: str, kind: str) -> None:
    assert analysis.kind(text, tuple(TYPES.items())) == kind
    duckdb = pytest.importorskip("duckdb", reason="it is in the extra `runtime`")
    columns = ", ".join(f"NULL::{STORED[type_]} AS {name}" for name, type_ in TYPES.items())
    (described,) = duckdb.sql(f"SELECT {text} FROM (SELECT {columns})").types
    assert any(word in str(described) for word in KINDS[kind]), described


@pytest.mark.parametrize("text", UNTOLD)
def test_where_there_is_doubt_nothing_is_told(text: str) -> None:
    assert analysis.kind(text, tuple(TYPES.items())) == ""


TABLES = (("a", (("id", "int"), ("at", "timestamp"))), ("b", (("id", "int"), ("At", "timestamp"), ("n", "int"))))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT n / 2 AS half FROM b", {"half": "fraction"}),
        ("SELECT b.at - a.at AS took, b.n FROM a JOIN b ON a.id = b.id", {"took": "interval", "n": "int"}),
        ("SELECT at - at AS took FROM a JOIN b USING (id)", {}),
        ("WITH c AS (SELECT n / 2 AS half FROM b) SELECT half + 1 AS more FROM c", {"more": "fraction"}),
        ("SELECT x.half FROM (SELECT n / 2 AS half FROM b) x", {"half": "fraction"}),
        ("SELECT * FROM b", {}),
        ("SELECT n / 2 AS half FROM b UNION ALL SELECT n FROM b", {}),
        ("SELECT c.n / 2 AS half FROM c", {}),
        ("SELECT r.n / 2 AS half FROM b r (n, id, at)", {}),
        ("SELECT n / 2 AS half FROM (SELECT id AS n, at AS m FROM b) r (m, n)", {}),
        ("WITH c (at, n) AS (SELECT n, at FROM b) SELECT n / 2 AS half FROM c", {}),
        ("SELECT n / 2 AS half FROM a UNPIVOT (n FOR name IN (id))", {}),
        (
            "WITH c AS (SELECT n AS m FROM b), d AS (SELECT m AS k FROM c) SELECT k / 2 AS half FROM d",
            {"half": "fraction"},
        ),
        ("SELECT avg(n) AS mean, count(*) AS many FROM b GROUP BY id", {"mean": "fraction", "many": "int"}),
    ],
)
def test_a_query_tells_the_kinds_of_its_columns(text: str, told: dict[str, str]) -> None:
    assert {one.name: one.kind for one in analysis.kinds(text, TABLES)} == told

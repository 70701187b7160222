"""A column is told as unknown where the database does not find it, and where it does, by nobody."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Expression, Query

TABLES = {"orders": ("id", "cust", "qty", "paid"), "people": ("cust", "vip"), "events": ("cust", "n")}


@pytest.fixture(scope="module")
def connection() -> Any:
    made = duckdb.connect()
    for name, columns in TABLES.items():
        made.execute(f"CREATE TABLE {name} ({', '.join(f'{column} INTEGER' for column in columns)})")
    return made


def unknown(query: str) -> list[str]:
    assert isinstance(analysis.query(query), Query)
    return [one.name for one in analysis.unknown_columns(query, tuple(TABLES.items()))]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id FROM orders WHERE cust IN (SELECT cust FROM people WHERE vip > 0)",
        "SELECT id, (SELECT max(n) FROM events e WHERE e.cust = o.cust) AS m FROM orders o",
        "SELECT id, (SELECT max(n) FROM events e WHERE qty = n) AS m FROM orders o",
        "SELECT id FROM orders WHERE (cust, qty) IN (SELECT cust, n FROM events)",
        "SELECT qty = ANY(SELECT n FROM events) AS hit FROM orders",
        "SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM events e WHERE e.cust = o.cust AND n > qty)",
        "SELECT count(o) AS n FROM orders o",
        "SELECT (o).qty AS q FROM orders o",
        "SELECT [x + 1 FOR x IN [qty] IF x > id][1] AS v FROM orders",
        "SELECT [x + i FOR x, i IN [qty]][1] AS v FROM orders",
        "SELECT s.a FROM (SELECT {'a': qty} AS s FROM orders)",
        "SELECT qty * 2 AS more, more + 1 AS most FROM orders",
        "SELECT Orders.qty, O.QTY FROM orders JOIN orders o USING (id)",
        "SELECT main.orders.qty FROM main.orders",
        "SELECT o.id, l.m FROM orders o, LATERAL (SELECT max(n) AS m FROM events e WHERE e.cust = o.cust) l",
        "SELECT x.a FROM (SELECT cust FROM orders) AS x(a)",
        "SELECT x.a FROM orders AS x(a, b, c, d)",
        "WITH orders AS (SELECT n AS total FROM events) SELECT total FROM orders",
    ],
)
def test_what_the_database_finds_is_unknown_to_nobody(connection: Any, query: str) -> None:
    connection.sql(query)
    assert unknown(query) == []


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("SELECT nope FROM orders", "nope"),
        ("SELECT o.nope FROM orders o", "nope"),
        ("SELECT x.qty FROM orders", "x.qty"),
        ("SELECT orders.qty FROM orders o", "orders.qty"),
        ("SELECT people.vip FROM orders JOIN events USING (cust)", "people.vip"),
        ("SELECT id FROM orders WHERE cust IN (SELECT cust FROM people WHERE nope)", "nope"),
        ("SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM events e WHERE e.cust = o.nope)", "nope"),
        ("SELECT [x FOR y IN [qty]] AS v FROM orders", "x"),
    ],
)
def test_what_the_database_does_not_find_is_told(connection: Any, query: str, name: str) -> None:
    with pytest.raises(duckdb.BinderException):
        connection.sql(query)
    assert unknown(query) == [name]


@pytest.mark.parametrize(
    "text", ["[x + 1 FOR x IN [qty]]", "[x + i FOR x, i IN [qty]]", "list_transform([qty], lambda x: x + 1)"]
)
def test_the_variable_of_a_list_is_no_column(text: str) -> None:
    read = analysis.expression(text)
    assert isinstance(read, Expression)
    assert [use.name for use in read.columns] == ["qty"]

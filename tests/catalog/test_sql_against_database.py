"""Whatever SQL the database runs, the check finds no fault with: expressions and queries that are put together anew."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Expression, Query
from penstock.checks.value_kinds import misfit

duckdb = pytest.importorskip("duckdb", reason="it is in the extra `runtime`")

TABLES = {
    "orders": {"id": "int", "cust": "string", "made": "timestamp", "Größe": "float", "paid": "bool", "day": "date"},
    "people": {"cust": "string", "Age": "int", "since": "date"},
}
STORED = {"int": "BIGINT", "float": "DOUBLE", "string": "VARCHAR", "bool": "BOOLEAN", "timestamp": "TIMESTAMP"}
GIVEN = {
    "BIGINT": "int", "INTEGER": "int", "HUGEINT": "int", "DOUBLE": "float", "FLOAT": "float", "VARCHAR": "string",
    "BOOLEAN": "bool", "TIMESTAMP": "timestamp", "DATE": "date",
}  # fmt: skip
"""What is declared of the types that DuckDB gives."""
FORMS = {
    "int": (
        "{int} + {int}", "({int} - {int} % 10) // 10", "CASE WHEN {bool} THEN {int} ELSE 0 END", "length({string})",
        "extract(hour FROM {timestamp})", "coalesce({int}, 1)", "date_diff('day', {date}, {date})", "{bool}::int",
        "[x + 1 FOR x IN [{int}] IF x > 0][1]", "list_sum(list_transform([{int}], lambda x: x + 1))",
        "{{'a': {int}}}.a", "({float})::bigint", "/* a -> b */ {int}",
    ),
    "float": ("{int} / {int}", "{float} * 1.5", "sqrt(abs({int}))", "round({float}, 2)", "nullif({float}, 0)"),
    "string": (
        "upper({string})", "{string} || '-' || {int}", "CASE WHEN {bool} THEN 'it''s' ELSE {string} END",
        "strftime({timestamp}, '%Y')", "{string}[1:2]", "split_part({string}, ',', 1)",
    ),
    "bool": (
        "{int} > {int}", "{string} LIKE 'a%'", "NOT {bool}", "{string} IN ('a', 'b')", "{bool} AND {bool}",
        "{int} IS NOT NULL", "{timestamp} > '2026-01-01'", "{int} = ANY([1, 2])", "{float} > ALL([1, 2])",
        "{timestamp} - {timestamp} > INTERVAL 1 DAY",
    ),
    "timestamp": ("{timestamp} + INTERVAL 1 DAY", "date_trunc('hour', {timestamp})", "{date}::timestamp"),
    "date": ("{timestamp}::date", "last_day({date})", "{date} + 1"),
}  # fmt: skip
QUERIES = (
    "SELECT id, {any} AS v FROM orders",
    "SELECT o.id, {any} AS v FROM orders o WHERE {bool}",
    "SELECT * EXCLUDE (paid), {any} AS v FROM orders",
    "WITH a AS (SELECT *, {any} AS v FROM orders) SELECT id, v FROM a WHERE v IS NOT NULL",
    "SELECT id, v FROM (SELECT id, {any} AS v FROM orders) q",
    "SELECT id FROM orders WHERE cust IN (SELECT cust FROM people WHERE Age > 3) AND {bool}",
    "SELECT id, (SELECT max(Age) FROM people p WHERE p.cust = o.cust AND since < day) AS v FROM orders o",
    "SELECT v, count(*) AS n FROM (SELECT {any} AS v FROM orders) GROUP BY ALL HAVING count(*) > 1",
    "SELECT cust, max({any}) AS v FROM orders GROUP BY cust",
    "SELECT cust, lag({any}) OVER (PARTITION BY cust ORDER BY made) AS v FROM orders",
    "SELECT * FROM orders LEFT JOIN people USING (cust) WHERE {bool}",
    "SELECT o.*, p.Age FROM orders o JOIN people p ON o.cust = p.cust AND p.since <= o.day",
    "SELECT {any} AS v FROM orders UNION ALL SELECT NULL",
    "SELECT id * 2 AS v, v + 1 AS w, {any} AS u FROM orders ORDER BY v LIMIT 3",
    "SELECT {any} FROM orders",
    "SELECT * FROM (SELECT * FROM orders o JOIN people p ON o.cust = p.cust)",
)
COLUMNS = {type_: [name for name, one in TABLES["orders"].items() if one == type_] for type_ in FORMS}


@st.composite
def expressions(draw: Any, type_: str, depth: int = 2) -> str:
    """SQL of a type over the columns of `orders`."""
    if depth == 0 or draw(st.booleans()):
        return str(draw(st.sampled_from(COLUMNS[type_])))
    return f"({filled(draw, draw(st.sampled_from(FORMS[type_])), depth - 1)})"


@st.composite
def queries(draw: Any) -> str:
    """A query over both tables."""
    return filled(draw, draw(st.sampled_from(QUERIES)), 2)


def filled(draw: Any, form: str, depth: int) -> str:
    parts = {type_: draw(expressions(type_, depth)) for type_ in FORMS if f"{{{type_}}}" in form}
    if "{any}" in form:
        parts["any"] = draw(expressions(draw(st.sampled_from(sorted(FORMS))), depth))
    return form.format(**parts)


@pytest.fixture(scope="module")
def connection() -> Any:
    made = duckdb.connect()
    for name, columns in TABLES.items():
        listed = ", ".join(f"{column} {STORED.get(type_, type_)}" for column, type_ in columns.items())
        made.execute(f"CREATE TABLE {name} ({listed})")
    return made


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_fault_is_found_with_an_expression_that_runs(connection: Any, data: st.DataObject) -> None:
    text = data.draw(expressions(data.draw(st.sampled_from(sorted(FORMS)))))
    (type_,) = connection.sql(f"SELECT {text} FROM orders").types
    found = analysis.expression(text)
    assert isinstance(found, Expression)
    assert not any((found.unknown, found.aggregates, found.windows, found.subquery))
    assert {use.name for use in found.columns} <= TABLES["orders"].keys()
    types = tuple((name.lower(), one) for name, one in TABLES["orders"].items())
    assert misfit(analysis.kind(text, types), GIVEN[str(type_)]) is None
    assert not analysis.misfits_of_expression(text, types)
    assert not analysis.clashes_of_expression(text, types)


@settings(max_examples=80, deadline=None)
@given(text=queries())
def test_no_fault_is_found_with_a_query_that_runs(connection: Any, text: str) -> None:
    names = [name.lower() for name in connection.sql(text).columns]
    found = analysis.query(text)
    assert isinstance(found, Query)
    assert not found.unknown
    tables = tuple((name, tuple(columns)) for name, columns in TABLES.items())
    assert not analysis.unknown_columns(text, tables)
    given_names = [name.lower() for name, _ in analysis.derivation(text, tables).columns]
    assert not given_names or all(name in names for name in given_names if name)
    types = tuple((name, tuple(columns.items())) for name, columns in TABLES.items())
    assert {one.name.lower() for one in analysis.kinds(text, types)} <= set(names)
    assert not analysis.misfits_of_query(text, types)
    assert not analysis.clashes_of_query(text, types)

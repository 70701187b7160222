"""Every aggregate function of DuckDB is known as one."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot.errors import ErrorLevel

from penstock.catalog.sql.aggregates import aggregates, gives_one_row


def test_the_functions_are_those_of_the_engine() -> None:
    duckdb = pytest.importorskip("duckdb", reason="it is in the extra `runtime`")
    named = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
    names = {name for (name,) in duckdb.sql(named).fetchall()}
    assert len(names) > 50
    calls = ((name, sqlglot.parse_one(f"{name}(x, y)", "duckdb", error_level=ErrorLevel.IGNORE)) for name in names)
    assert {name for name, call in calls if not aggregates(call)} == set()


def test_a_function_of_each_row_is_no_aggregate() -> None:
    assert not aggregates(sqlglot.parse_one("round(x) + lower(y) || meaning(z)", dialect="duckdb"))


ROWS = {
    "select count(*) from this where x > 3": True,
    "select count(*) = 0 as fine from this": True,
    "select round(avg(x) filter (where x > 1), 2), max(x) from this": True,
    "select 1": True,
    "select exists (select * from this where x > 3)": True,
    "select count(*) from this where x > 3 having count(*) > 0": False,
    "select x, count(*) from this group by x": False,
    "select count(*) from this group by all": False,
    "select * from this where x > (select avg(x) from this)": False,
    "select x, count(*) over () from this": False,
    "select (select max(x) from this) - x from this": False,
    "select 1 where false": False,
    "select unnest([1, 2])": False,
    "select count(*) from this limit 0": False,
    "select count(*) as n from this qualify n > 4": False,
    "select count(*) from this union all select count(*) from this": False,
}


@pytest.mark.parametrize("text", ROWS)
def test_a_total_is_one_row(text: str) -> None:
    assert gives_one_row(sqlglot.parse_one(text, dialect="duckdb")) is ROWS[text]


@pytest.mark.parametrize("text", [text for text, one in ROWS.items() if one])
def test_a_total_is_one_row_to_the_database(text: str) -> None:
    duckdb = pytest.importorskip("duckdb", reason="it is in the extra `runtime`")
    with duckdb.connect() as connection:
        connection.execute("create table this (x integer)")
        assert len(connection.execute(text).fetchall()) == 1
        connection.execute("insert into this values (1), (2), (4)")
        assert len(connection.execute(text).fetchall()) == 1

"""Every aggregate function of DuckDB is known as one."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot.errors import ErrorLevel

from penstock.catalog.sql.aggregates import aggregates


def test_the_functions_are_those_of_the_engine() -> None:
    duckdb = pytest.importorskip("duckdb", reason="it is in the extra `runtime`")
    named = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
    names = {name for (name,) in duckdb.sql(named).fetchall()}
    assert len(names) > 50
    calls = ((name, sqlglot.parse_one(f"{name}(x, y)", "duckdb", error_level=ErrorLevel.IGNORE)) for name in names)
    assert {name for name, call in calls if not aggregates(call)} == set()


def test_a_function_of_each_row_is_none() -> None:
    assert not aggregates(sqlglot.parse_one("round(x) + lower(y) || meaning(z)", dialect="duckdb"))

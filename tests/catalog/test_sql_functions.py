"""What check knows of SQL's functions is what the database that runs them knows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlglot.dialects.duckdb import DuckDB

from golden_files import Golden
from penstock.catalog.sql import analysis
from penstock.catalog.sql.functions import OWN_GRAMMAR, SYNTAX, TABLE, functions
from penstock.catalog.sql.values import Expression, Query

duckdb = pytest.importorskip("duckdb", reason="it is in the extra `runtime`")

LISTED = r"""
    SELECT lower(function_name), bool_or(varargs IS NOT NULL OR function_type NOT IN ('scalar', 'aggregate')),
           min(len(parameters)), max(len(parameters))
    FROM duckdb_functions()
    WHERE function_type <> 'pragma' AND regexp_full_match(function_name, '[a-zA-Z][a-zA-Z0-9_]*')
    GROUP BY ALL ORDER BY ALL
"""


@pytest.fixture(scope="module")
def connection() -> Any:
    connection = duckdb.connect()
    connection.execute("SET enable_external_access = false")
    return connection


def says(connection: Any, call: str) -> str:
    """Why the database refuses a call; empty where it does not."""
    try:
        connection.execute(f"EXPLAIN SELECT {call}")
    except duckdb.Error as error:
        return str(error)
    return ""


def calls(name: str, count: int) -> list[str]:
    """The function with so many arguments, of several types."""
    return [f"{name}({', '.join([argument] * count)})" for argument in ("NULL", "1", "'a'")]


def test_the_table_is_that_of_the_database(connection: Any, golden: Golden) -> None:
    found: dict[str, list[int] | None] = {}
    for name, any_number, least, most in connection.execute(LISTED).fetchall():
        # Some arguments that the database lists may be left out.
        bound = (count for count in range(least) if any(not says(connection, call) for call in calls(name, count)))
        found[name] = None if any_number else [min([least, *bound]), most]
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(takes)}" for name, takes in found.items())
    golden(TABLE, f"{{\n{lines}\n}}\n")


def test_more_arguments_than_the_table_says_are_refused(connection: Any) -> None:
    for name, takes in functions().items():
        if takes is not None and name not in OWN_GRAMMAR:
            for call in calls(name, takes[1] + 1):
                assert says(connection, call), call


def test_what_the_database_has_is_told_as_unknown_by_nobody() -> None:
    for name, takes in functions().items():
        for count in range(3) if takes is None else range(takes[0], takes[1] + 1):
            found = analysis.expression(calls(name, count)[1])
            if isinstance(found, Expression):
                assert not found.unknown, name


def test_what_the_database_does_not_have_is_told(connection: Any) -> None:
    parser = DuckDB.parser_class
    everywhere = {*map(str.lower, parser.FUNCTIONS), *map(str.lower, parser.FUNCTION_PARSERS)}
    for name in sorted(everywhere - SYNTAX - {*map(str.lower, parser.NO_PAREN_FUNCTION_PARSERS)}):
        asked = [calls(name, count)[1] for count in range(4)]
        answers = [says(connection, call) for call in asked]
        if all("does not exist!" in answer for answer in answers):
            read = [found for call in asked if isinstance(found := analysis.expression(call), Expression)]
            assert all(found.unknown for found in read), name


@pytest.mark.parametrize(
    "call",
    [
        "count(*)",
        "a > ALL([1, 2])",
        "a = SOME([1, 2])",
        "sum(a) FILTER (WHERE b IN (1, 2))",
        "a.upper()",
        "list_transform(a, lambda x, i: x + i)",
        "substring(a FROM 1 FOR 2)",
        "string_agg(a, ',' ORDER BY b, c)",
        "[lower(x) FOR x IN a IF len(x) > (1)]",
        "a::decimal(10, 2)",
        "CASE WHEN (a) THEN (b) ELSE (c) END",
        "main.upper(a)",
        "EXTRACT(hour FROM (a))",
        "INTERVAL (a) DAY",
        "if(a, b, c)",
        "coalesce(a, b)",
        "try_cast(a AS varchar(3))",
        "percentile_cont(0.5) WITHIN GROUP (ORDER BY a)",
        '"lower"(a)',
        "LOWER(a)",
    ],
)
def test_what_looks_like_an_unknown_call_and_is_none_passes(call: str) -> None:
    found = analysis.expression(call)
    assert isinstance(found, Expression)
    assert not found.unknown


@pytest.mark.parametrize(
    "query",
    [
        "WITH convert(a, b) AS (SELECT 1, 2) SELECT * FROM convert",
        "SELECT * FROM (VALUES (1, 2)) v(a, b)",
        "SELECT * EXCLUDE (a) FROM t",
        "SELECT a FROM t GROUP BY GROUPING SETS ((a), ())",
        "SELECT * FROM t TABLESAMPLE reservoir(50%)",
        "SELECT rank() OVER w FROM t WINDOW w AS (PARTITION BY (a))",
        "SELECT * FROM range(10) AS r(x)",
    ],
)
def test_names_before_brackets_that_are_not_called_pass(query: str) -> None:
    found = analysis.query(query)
    assert isinstance(found, Query)
    assert not found.unknown

"""What is another value at each run is found, and nothing else."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot

from penstock.specs.volatile_sql import volatile

SETTLED = {
    "current_database", "current_query", "current_schema", "current_schemas", "current_setting", "error",
    "getvariable", "in_search_path", "sleep_ms", "stats", "vector_type", "write_log",
}  # fmt: skip
"""The same at each run of the steps, or no value at all."""
WITHOUT_SEQUENCES = {"currval", "nextval", "setval"}
"""There are none in the database of a step."""
ARGUMENTS = {"setseed": "0.5"}


def test_each_function_that_the_engine_calls_volatile_is_found() -> None:
    names = duckdb.execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
    ).fetchall()
    assert names
    for (name,) in names:
        if name not in SETTLED | WITHOUT_SEQUENCES:
            tree = sqlglot.parse_one(f"{name}({ARGUMENTS.get(name, '')})", dialect="duckdb")
            assert volatile(tree) is not None, name


@pytest.mark.parametrize(
    ("text", "is_volatile"),
    [
        ("localtimestamp", True),
        ("current_localtime()", True),
        ("age(born_at)", True),
        ("age(seen_at, born_at)", False),
        ("select * from people using sample 10%", True),
        ("select * from people tablesample 10% (bernoulli)", True),
        ("select * from people tablesample reservoir(50 rows) repeatable (7)", False),
        ("select hash(id) % 10 = 0 from people", False),
    ],
)
def test_so_is_what_counts_from_today_or_takes_a_sample(text: str, is_volatile: bool) -> None:
    assert (volatile(sqlglot.parse_one(text, dialect="duckdb")) is not None) is is_volatile

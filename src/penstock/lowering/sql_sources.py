"""Which datasets a SQL source reads."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1024)
def tables_of(sql: str) -> tuple[str, ...]:
    """The tables that a SELECT names, sorted, without its own common table expressions."""
    import sqlglot
    from sqlglot import expressions as exp

    query = sqlglot.parse_one(sql, dialect="duckdb")
    own = {cte.alias for cte in query.find_all(exp.CTE)}
    return tuple(sorted({table.name for table in query.find_all(exp.Table)} - own))

"""What of SQL is another value at each run: the clock, and chance."""

from __future__ import annotations

VOLATILE_NODES = ("CurrentDate", "CurrentDatetime", "CurrentTime", "CurrentTimestamp", "Rand", "Uuid")
"""Classes of sqlglot's expressions."""
VOLATILE_CALLS = frozenset({"gen_random_uuid", "get_current_time", "get_current_timestamp", "now", "random", "today"})
"""Functions of DuckDB that sqlglot knows no class for, in lower case."""

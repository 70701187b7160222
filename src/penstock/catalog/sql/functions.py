"""The functions that SQL of the specs may call, and how many arguments each takes: those of DuckDB 2.0.

The table beside this file is DuckDB's own (`duckdb_functions()`), so that no database is loaded to read it; a test
holds it against the DuckDB that is installed.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

SYNTAX = frozenset({
    "all", "any", "array", "cast", "coalesce", "columns", "date", "exists", "extract", "grouping", "grouping_id",
    "ifnull", "interval", "percentile_cont", "percentile_disc", "some", "try", "try_cast", "unpack",
})  # fmt: skip
"""What is called like a function and is part of the grammar, and so in no list of functions."""

OWN_GRAMMAR = frozenset({"overlay", "position", "substring", "trim"})
"""Functions whose arguments may be parted by words."""

TABLE = Path(__file__).with_suffix(".json")


@cache
def functions() -> dict[str, tuple[int, int] | None]:
    """By the name of each function in lower case the fewest and the most arguments; None where it takes any number."""
    table: dict[str, list[int] | None] = json.loads(TABLE.read_bytes())
    return {name: (takes[0], takes[1]) if takes is not None else None for name, takes in table.items()}


def is_known(name: str) -> bool:
    """Whether there is such a function; SQL does not tell upper case from lower case."""
    return name.lower() in SYNTAX or name.lower() in functions()

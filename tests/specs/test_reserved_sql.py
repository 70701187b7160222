"""The words that a column cannot be called without quotes are those that DuckDB refuses."""

from __future__ import annotations

import pytest

from penstock.specs.reserved_sql import RESERVED


def test_the_words_are_those_of_the_engine() -> None:
    duckdb = pytest.importorskip("duckdb", reason="it is in the extra `runtime`")
    refused = set()
    for (word,) in duckdb.sql("SELECT keyword_name FROM duckdb_keywords()").fetchall():
        try:
            duckdb.sql(f'SELECT {word}, 1 AS other FROM (SELECT 1 AS "{word}")').fetchall()
        except duckdb.Error:
            refused.add(word)
    assert refused == RESERVED

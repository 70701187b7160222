"""What is offered instead of another database's function is one that DuckDB has."""

from __future__ import annotations

from penstock.catalog.sql.functions import is_known
from penstock.checks.datasets.unknown_sql_function import ELSEWHERE


def test_each_function_of_elsewhere_has_one_here() -> None:
    assert not any(map(is_known, ELSEWHERE))
    assert all(map(is_known, ELSEWHERE.values()))

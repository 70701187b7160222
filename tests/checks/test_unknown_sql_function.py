"""What is offered instead of another database's function is one that DuckDB has."""

from __future__ import annotations

import pytest

from penstock.catalog.sql import analysis
from penstock.catalog.sql.functions import is_known
from penstock.catalog.sql.values import Query
from penstock.checks.datasets.unknown_sql_function import ELSEWHERE


def test_each_function_of_elsewhere_has_one_here() -> None:
    assert not any(map(is_known, ELSEWHERE))
    assert all(map(is_known, ELSEWHERE.values()))


@pytest.mark.parametrize(
    "text",
    [
        "from (select id from flights)",
        "from (from flights select id) select id",
        "select (from flights select max(id))",
        "select (id) from flights",
    ],
)
def test_a_word_before_a_query_in_brackets_is_no_function(text: str) -> None:
    found = analysis.query(text)
    assert isinstance(found, Query)
    assert found.unknown == ()

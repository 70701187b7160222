"""What an operator is said to refuse the database refuses, whatever types values of the two kinds have."""

from __future__ import annotations

from itertools import product

import pytest

from penstock.catalog.sql import analysis
from penstock.catalog.sql.operands import refuses

TYPES = {
    "int": ("TINYINT", "INTEGER", "BIGINT", "HUGEINT"),
    "float": ("FLOAT", "DOUBLE", "DECIMAL(18,3)", "BIGINT"),
    "fraction": ("FLOAT", "DOUBLE", "DECIMAL(18,3)"),
    "bool": ("BOOLEAN",),
    "string": ("VARCHAR",),
    "timestamp": ("TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_NS", "DATE"),
    "date": ("DATE",),
    "interval": ("INTERVAL",),
    "time": ("TIME",),
}
OPERATORS = ("+", "-", "*", "/", "//", "%", "<", "<=", ">", ">=")
COLUMNS = tuple(
    sorted({"n": "int", "x": "float", "flag": "bool", "code": "string", "at": "timestamp", "d": "date"}.items())
)


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_database_refuses_what_is_refused(operator: str) -> None:
    duckdb = pytest.importorskip("duckdb", reason="it is in the extra `runtime`")
    refused = [pair for pair in product(TYPES, TYPES) if refuses(operator, *pair)]
    assert len(refused) > 20
    with duckdb.connect() as connection:
        for left, right in refused:
            for one, other in product(TYPES[left], TYPES[right]):
                with pytest.raises(duckdb.BinderException):
                    connection.execute(f"EXPLAIN SELECT NULL::{one} {operator} NULL::{other}")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("code > 3", "code > 3"),
        ("x + (flag)", "x + (flag"),
        ("sum(n) filter (where code between 1 and 3)", "code between 1 and 3"),
        ("at - x", "at - x"),
        ("at - d > 3", "at - d > 3"),
        ("lower(code) < n", "lower(code) < n"),
    ],
)
def test_an_operator_between_other_kinds(text: str, at: str) -> None:
    """It is shown with both of its sides."""
    (found,) = analysis.clashes_of_expression(text, COLUMNS)
    assert text[slice(*found.at)] == at


@pytest.mark.parametrize(
    "text",
    [
        "code > '3'",
        "'3' < n",
        "code = 3",
        "at >= '2026-01-01'",
        "at - interval 1 day < d",
        "d + n",
        "flag > 0",
        "at - d > interval 3 hours",
        "list_transform([n], lambda code: code + 1)",
        "coalesce(code, 'x') > json_extract_string(code, 'a')",
        "other + flag",
    ],
)
def test_an_operator_that_may_be_right(text: str) -> None:
    """Where the database converts, or nobody knows what it is given."""
    assert analysis.clashes_of_expression(text, COLUMNS) == ()


def test_an_operator_in_a_query() -> None:
    """A name that the query gives to something else is no column."""
    tables = (("flights", COLUMNS),)
    text = "select f.code > 3 as late, n as flag, flag + 1 as more from flights f where f.flag * 2 > 1"
    assert [text[slice(*one.at)] for one in analysis.clashes_of_query(text, tables)] == ["f.code > 3", "f.flag * 2"]

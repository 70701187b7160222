"""Names of specs, features and columns in SQL, made of whatever files and columns are called."""

from __future__ import annotations

import re

import duckdb
import pytest

from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Expression
from penstock.scaffolding.names import identifiers, joined_slug, slug, sql_name
from penstock.scaffolding.personal import sensitivity
from penstock.specs.base import is_name

COLUMNS = [
    "mean radius",
    "no",
    "1st",
    "größe",
    "年",
    "a-b",
    "a b",
    "A B",
    "select",
    'say "hi"',
    "x" * 200,
    "x" * 199,
    "_",
]


def test_each_column_has_a_feature_of_its_own_whose_name_the_language_takes() -> None:
    found = identifiers(COLUMNS)
    assert list(found) == COLUMNS
    assert len({name.lower() for name in found.values()}) == len(COLUMNS)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", name) for name in found.values())
    assert (found["mean radius"], found["größe"]) == ("mean_radius", "grosse")


@pytest.mark.parametrize("column", COLUMNS)
def test_sql_finds_a_column_by_what_it_is_called(column: str) -> None:
    connection = duckdb.connect()
    escaped = column.replace('"', '""')
    connection.execute(f'CREATE TABLE t ("{escaped}" INTEGER)')
    connection.execute("INSERT INTO t VALUES (7)")
    assert connection.execute(f"SELECT {sql_name(column)} FROM t").fetchall() == [(7,)]


def test_no_word_of_the_database_is_taken_for_something_else_than_the_column() -> None:
    connection = duckdb.connect()
    words = [word for (word,) in connection.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()]
    calls = connection.execute("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()
    words += [word for (word,) in calls if re.fullmatch("[a-z_][a-z0-9_]*", word)]
    assert {"null", "order", "map", "current_date"} <= set(words)
    for word in words:
        read = analysis.expression(sql_name(word))
        assert isinstance(read, Expression)
        assert [use.name for use in read.columns] == [word]
    listed = ", ".join(f'{place} AS "{word}"' for place, word in enumerate(dict.fromkeys(words)))
    found = ", ".join(map(sql_name, dict.fromkeys(words)))
    (row,) = connection.execute(f"SELECT {found} FROM (SELECT {listed})").fetchall()
    assert row == tuple(range(len(row)))


def test_names_of_specs_are_names() -> None:
    assert slug("Bike Hire (2011)") == "bike-hire-2011"
    assert slug("数据") == ""
    assert joined_slug("a" * 80, "temp_max") == f"{'a' * 41}-temp-max"
    assert all(is_name(joined_slug("rows", other)) for other in ("x" * 90, "数", "a" * 49))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("email", "pii"),
        ("customerEmail", "pii"),
        ("birth_date", "pii"),
        ("First Name", "pii"),
        ("name", "pii"),
        ("Country Name", None),
        ("SEX", "sensitive"),
        ("patient.gender", "sensitive"),
        ("sextant", None),
        ("mean radius", None),
        ("shipping", None),
    ],
)
def test_personal_columns_are_known_by_the_words_of_their_names(name: str, expected: str | None) -> None:
    assert sensitivity(name) == expected

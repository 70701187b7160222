"""What only looks like a slip is none."""

from __future__ import annotations

import pytest

from penstock.catalog.sql import analysis, parsing
from penstock.catalog.sql.values import Expression, Query, SqlError


@pytest.mark.parametrize(
    "text",
    [
        "a IS NULL AND b IS NOT NULL",
        "a IS NOT DISTINCT FROM NULL",
        "coalesce(a, NULL)",
        "a = 'x = null'",
        "a >= '2026-01-01' -- 2026-01-01",
        "date_diff('day', a, b)",
        "date_trunc(unit, a)",
        "day(a) + year(b)",
        "a > DATE '2026-01-01'",
        "a - 2020 - 01 - 02",
        "{'a': {'b': 1}}",
        "a LIKE '{{%'",
        '"2026-01-01" > 3',
        "l1 && l2",
        "[1, 2] && a",
        "quantile_cont(a, 0.9)",
        "quantile_cont(a, [0.1, 0.9])",
        "quantile_cont(a, 1)",
        "list_transform(l, lambda x: j -> 'a')",
        "list_transform([j], lambda x: x -> 'a')",
        "list_filter(l, lambda x, i: i > 1)",
        "json_extract(j -> 'a', '$')",
        "coalesce(j -> 'a', j -> 'b')",
        "lag(a) OVER (ORDER BY b)",
        "first_value(a IGNORE NULLS) OVER ()",
        "list_transform(l, lambda x: unnested)",
        "5!",
        "(a::int) ! > 3",
        "[5!, a::int!]",
        "5!::text || 'a!' || \"b!\"",
        "a != 3 AND b !~ 'c' AND b !~~ 'd'",
    ],
)
def test_what_looks_like_a_slip_passes(text: str) -> None:
    assert isinstance(analysis.expression(text), Expression)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("list_transform(l, x -> x + 1)", "write `lambda x: ...`"),
        ("list_reduce(l, (acc, x) -> acc + x)", "write `lambda acc, x: ...`"),
        ("array_filter(l, x->x>1)", "write `lambda x: ...`"),
        ("lag(a)", "a window function needs `over (...)`, which only the query of a Dataset can have"),
        ("rank() > 1", "a window function needs `over (...)`, which only the query of a Dataset can have"),
    ],
)
def test_what_the_engine_has_in_another_form_is_told(text: str, told: str) -> None:
    found = analysis.expression(text)
    assert isinstance(found, SqlError)
    assert found.message == told


@pytest.mark.parametrize(
    ("text", "place"), [("a + ?", "?"), ("a::int > $1", "$1"), ("a = '$1' AND b = :limit", ":limit"), ("$a", "$a")]
)
def test_a_placeholder_is_told_where_it_stands(text: str, place: str) -> None:
    found = analysis.expression(text)
    assert isinstance(found, SqlError)
    assert (found.headline, text[slice(*found.at)]) == ("contains a placeholder", place)


@pytest.mark.parametrize("text", ["a ? 'key'", "a ->> '$.key'", "a[1:2]", "a::int", "'?' || a", "$$a$$"])
def test_signs_of_a_placeholder_in_another_place_are_none(text: str) -> None:
    assert isinstance(analysis.expression(text), Expression)


@pytest.mark.parametrize("text", ["alter table x\n::error::y", "call x()", "select * from (describe p)"])
def test_what_the_parser_logs_of_a_text_is_printed_nowhere(text: str, caplog: pytest.LogCaptureFixture) -> None:
    # Asked of the parser itself, since results are remembered.
    if isinstance(parsing.query(text), Query):
        parsing.kinds(text, ())
        parsing.unknown_columns(text, ())
        parsing.derivation(text, ())
    assert caplog.records == []


@pytest.mark.parametrize(
    "text", ["a" + " + 1" * 9_000, "case when a then " * 900 + "1" + " end" * 900, "(" * 5_000 + "a" + ")" * 5_000]
)
def test_what_nests_too_deeply_is_an_error_and_no_traceback(text: str) -> None:
    for found in (analysis.expression(text), analysis.query(f"select {text} as b from t")):
        if isinstance(found, SqlError):
            assert found.message == "nested too deeply"
    tables, types = (("t", ("a",)),), (("a", "int"),)
    assert analysis.kind(text, types) in ("", "int")
    assert analysis.misfits_of_expression(text, types) == ()
    assert analysis.derivation(f"select {text} as b from t", tables).columns in ((), (("b", frozenset({("t", "a")})),))
    assert all(one.kind == "int" for one in analysis.kinds(f"select {text} as b from t", (("t", types),)))
    assert analysis.unknown_columns(f"select {text} as b from t", tables) == ()


def test_the_mark_of_a_factorial_moves_nothing() -> None:
    found = analysis.expression("5! + delay")
    assert isinstance(found, Expression)
    assert [use.at for use in found.columns] == [(5, 10)]
    assert analysis.kind("5! + 1", ()) == "int"


@pytest.mark.parametrize(
    ("text", "unit"),
    [("datediff(day, a, b)", "day"), ("1 + DATE_TRUNC( Month , a)", "Month"), ("date_part(hour, a)", "hour")],
)
def test_a_unit_without_quotes_is_no_column(text: str, unit: str) -> None:
    found = analysis.expression(text)
    assert isinstance(found, SqlError)
    assert found.headline == "has a unit without quotes"
    assert text[slice(*found.at)] == unit

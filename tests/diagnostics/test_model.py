"""Diagnostics as values: one order, one diagnostic for each cause."""

from __future__ import annotations

import itertools

import pytest

from penstock.diagnostics.codes import Code, code_table
from penstock.diagnostics.model import Diagnostic, Diagnostics, Severity, Span


def at(path: str, line: int, column: int) -> Span:
    return Span(path, line, column, line, column + 1)


def test_the_most_severe_comes_first() -> None:
    assert sorted([Severity.NOTE, Severity.ERROR, Severity.WARNING]) == list(Severity)


def test_the_order_is_by_path_line_column_and_code_whatever_the_order_of_arrival() -> None:
    expected = [
        Diagnostic.error("b", "x", at("a", 1, 1)),
        Diagnostic.note("c", "x", at("a", 1, 1)),
        Diagnostic.error("a", "x", at("a", 1, 2)),
        Diagnostic.error("a", "x", at("a", 10, 1)),
        Diagnostic.error("a", "x", at("b", 2, 1)),
        Diagnostic.error("a", "x"),
    ]
    for arrival in itertools.permutations(expected):
        collected = Diagnostics()
        collected.extend(arrival)
        assert collected.sorted() == tuple(expected)


def test_one_code_at_one_place_is_one_cause() -> None:
    collected = Diagnostics()
    collected.append(Diagnostic.warning("a", "said second", at("f", 1, 1)))
    collected.append(Diagnostic.error("a", "said first", at("f", 1, 1)))
    collected.append(Diagnostic.error("b", "another cause", at("f", 1, 1)))
    collected.append(Diagnostic.error("n", "no place"))
    collected.append(Diagnostic.error("n", "no place"))
    collected.append(Diagnostic.error("n", "another"))
    assert [found.headline for found in collected] == ["said first", "another cause", "another", "no place"]
    assert len(collected) == 4


def test_warnings_alone_are_no_errors() -> None:
    collected = Diagnostics()
    assert not collected
    collected.append(Diagnostic.warning("a", "x"))
    assert collected
    assert not collected.has_errors
    collected.append(Diagnostic.error("a", "x"))
    assert collected.has_errors


def test_a_manual_page_has_a_summary() -> None:
    code = Code("bad-name", "A name is\n    bad.\n\n    Why that matters.\n    ")
    assert code.summary == "A name is bad."
    assert code.manual.endswith("\n\nWhy that matters.")


@pytest.mark.parametrize("name", ["Bad", "bad_name", "-bad", "bad-", "", "1-bad"])
def test_a_code_is_kebab_case(name: str) -> None:
    with pytest.raises(ValueError, match="kebab-case"):
        Code(name, "A page.")


def test_a_code_has_one_page() -> None:
    one, other = Code("a", "A."), Code("b", "B.")
    assert list(code_table([other], [one])) == ["a", "b"]
    with pytest.raises(ValueError, match="twice"):
        code_table([one], [Code("a", "Another.")])
    with pytest.raises(ValueError, match="no manual page"):
        Code("a", " \n")

"""A regular expression is refused where the engine that matches by it refuses it, and nowhere else."""

from __future__ import annotations

import duckdb
import pytest

from penstock.checks.datasets.regular_expressions import fault

EMAIL = r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*"
"""As HTML has it: `*+` in brackets are two characters."""
PATTERNS = [
    EMAIL, "", "a", r"\d{4}-\d{2}", r"\++\d", r"\\1", r"\\\1", r"[*+]", r"[]*+]", r"[^]*+]", r"[\]*+]",
    r"[[:alpha:]*+]", r"\p{L}+", r"\pN", r"\p{^Lu}*", r"\P{Greek}", r"[\p{L}'-]+", r"\d+\z", r"\Qa.b(\E+",
    r"\x{41}|\x41", r"\012|\12", "(?i)a", "a(?i)b", "(?s:.)", "(?U)a+", "(?-i)a", "(?im-s:a)b", "[(?i)]+", r"\(?x\)",
    "(?P<n>a)", "(?<n>a)", "a++", "a*+", "a?+", "a{2}+", "a{2,}+", "a+?+", "(?=a)", "(?!a)b", "(?<=a)b", "(?<!a)b",
    "(?>a)b", "(?#c)a", "(?(1)a)", "(a)(?(1)b)", "(?P<n>a)(?P=n)", r"(a)\1", r"(a)[\1]", "(?x)a b", "(?a)b",
    "(?ix:a)", r"a\Z", r"\u0041", r"[\u0041]", r"\N{DIGIT ONE}", "a{1000}", "a{1001}", "a{5,1001}", "[{1001}]",
    r"\{1001}", "a{2,1}", "a**", "(a", "a)", "[a", "*a", "x{", "x{a}", "[b-a]", r"\C",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_the_engine_takes_is_taken(pattern: str) -> None:
    try:
        duckdb.execute("SELECT regexp_full_match('x', ?)", [pattern]).fetchall()
    except duckdb.Error:
        assert fault(pattern) is not None
    else:
        assert fault(pattern) is None


def test_what_the_engine_takes_for_text_is_a_fault() -> None:
    found = fault("a{,3}")
    assert found is not None
    assert "lower bound" in found.advice


def test_what_nests_too_deeply_is_a_fault_and_no_traceback() -> None:
    found = fault("(" * 5_000 + "a" + ")" * 5_000)
    assert found is not None
    assert found.message == "nested too deeply"


@pytest.mark.parametrize(
    ("pattern", "at"),
    [(r"[+*]+x++", "++"), (r"\p{L}+(?=a)", "(?="), (r"\p{Lu}(", "("), ("a(?i)b(?>c)", "(?>"), (r"x\u0041", r"\u")],
)
def test_a_fault_is_told_where_it_stands(pattern: str, at: str) -> None:
    found = fault(pattern)
    assert found is not None
    assert pattern[slice(*found.at)] == at

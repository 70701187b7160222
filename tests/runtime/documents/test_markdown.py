"""Markdown: user text is only text."""

from __future__ import annotations

import pytest

from penstock.runtime.documents.markdown import Markdown, code, escaped, prose, table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain words, and (more)", "plain words, and (more)"),
        ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
        ("[a](javascript:b)", r"\[a\](javascript:b)"),
        ("a | b", r"a \| b"),
        ("two\n\n# lines", r"two \# lines"),
        ("- a list", r"\- a list"),
        ("12. a list", r"12\. a list"),
        ("-", r"\-"),
        ("===", r"\==="),
        ("-0.5 and roc_auc", "-0.5 and roc_auc"),
        ("*bold* _it_ `code`", r"\*bold\* \_it\_ \`code\`"),
        ("&lt;b&gt;", r"\&lt;b\&gt;"),
    ],
)
def test_what_markdown_would_read_is_escaped(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_markdown_goes_in_as_it_is() -> None:
    assert escaped(Markdown("**bold**")) == "**bold**"


def test_code_that_holds_backticks_stays_code() -> None:
    assert code("a `b` c") == "``a `b` c``"
    assert code("`") == "`` ` ``"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("by group of `origin`", "by group of `origin`"),
        ("no champion of `a_b|c` *yet*", r"no champion of `a_b\|c` \*yet\*"),
        ("`<b>` and <b>", r"`<b>` and \<b\>"),
        ("an odd ` backtick", r"an odd \` backtick"),
        ("``", r"\`\`"),
        ("the rows of `a`.", "the rows of `a`."),
        ("- `a`", r"\- `a`"),
    ],
)
def test_names_in_a_sentence_are_code_and_nothing_else_is_markup(text: str, expected: str) -> None:
    assert prose(text) == expected


def test_a_table_is_aligned_and_its_cells_escaped() -> None:
    assert table(("Name", "Value"), [("a|b", "1.0"), ("c", "10.0")], right=(1,)) == (
        "| Name | Value |\n| ---- | ----: |\n| a\\|b |   1.0 |\n| c    |  10.0 |"
    )

"""A text that is too long is cut between lines, and nothing it had opened swallows the notice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.forges.github.text_limits import cut_markdown, cut_plain

NOTICE = "cut"
LINES = st.lists(st.sampled_from(["<details>", "</details>", "```", "````yaml", "~~~", "x" * 9, "漢字", "", "- 🌈"]))


def test_a_text_that_fits_is_left_alone() -> None:
    assert cut_markdown("a\nb", 3, NOTICE) == "a\nb"


def test_whole_lines_are_kept() -> None:
    assert cut_markdown("one\ntwo\nthree\n", 13, NOTICE) == "one\ntwo\n\ncut\n"


def test_a_fence_is_closed() -> None:
    text = "````yaml\n```\n" + "key: value\n" * 9
    assert cut_markdown(text, 60, NOTICE) == "````yaml\n```\nkey: value\nkey: value\nkey: value\n````\n\ncut\n"


def test_what_is_folded_is_closed() -> None:
    text = "<details>\n<details>\n</details>\n" + "word\n" * 20
    assert cut_markdown(text, 70, NOTICE).endswith("word\n</details>\n\ncut\n")


def test_what_stands_in_a_fence_opens_nothing() -> None:
    assert "</details>" not in cut_markdown("```\n<details>\n```\n" + "word\n" * 20, 60, NOTICE)


@pytest.mark.parametrize("fence", ["```\nx\n```", "````yaml\n```\n`````", "~~~\n```\n~~~  "])
def test_a_fence_that_was_closed_is_not_closed_again(fence: str) -> None:
    assert cut_markdown(f"{fence}\n" + "word\n" * 20, 60, NOTICE).endswith("word\n\ncut\n")


@pytest.mark.parametrize("line", ["```yaml", "``", "~~~"])
def test_what_closes_no_fence_leaves_it_open(line: str) -> None:
    assert cut_markdown(f"```\n{line}\n" + "word\n" * 20, 60, NOTICE).endswith("word\n```\n\ncut\n")


def test_one_line_that_is_too_long_leaves_the_notice() -> None:
    assert cut_markdown("x" * 100, 20, NOTICE) == "cut"


@given(LINES, st.integers(10, 80))
def test_the_limit_holds_and_the_end_is_seen(lines: list[str], limit: int) -> None:
    text = "\n".join(lines)
    cut = cut_markdown(text, limit, NOTICE)
    assert len(cut.encode()) <= limit
    assert cut == text or cut.rstrip().endswith(NOTICE)


@pytest.mark.parametrize(("limit", "cut"), [(12, "漢字漢字"), (11, "漢字…"), (3, "…")])
def test_no_letter_is_halved(limit: int, cut: str) -> None:
    assert cut_plain("漢字漢字", limit) == cut

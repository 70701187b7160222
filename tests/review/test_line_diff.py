"""The diff of lines: right for any two texts, as short as difflib's or shorter, and fast where little differs."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from difflib import unified_diff

import pytest

from penstock.review.artifacts.line_diff import blocks, unified

HEADER = ("--- a", "+++ b")


def diff(before: list[str], after: list[str], context: int = 2) -> list[str]:
    return unified(before, after, blocks(before, after), HEADER, context).splitlines()


def standard(before: list[str], after: list[str], context: int = 2) -> list[str]:
    return list(unified_diff(before, after, "a", "b", n=context, lineterm=""))


def applied(before: list[str], shown: list[str]) -> list[str]:
    """The text after the diff, by what its hunks say of lines and places."""
    result: list[str] = []
    at = 0
    for line in shown[2:]:
        if line.startswith("@@"):
            start, count = re.match(r"@@ -(\d+)(?:,(\d+))? ", line).groups()  # type: ignore[union-attr]
            start = int(start) - (count != "0")
            result += before[at:start]
            at = start
        elif line[0] == "+":
            result.append(line[1:])
        else:
            assert before[at] == line[1:]
            result += [line[1:]] if line[0] == " " else []
            at += 1
    return result + before[at:]


@pytest.mark.parametrize("seed", range(300))
def test_any_two_texts_follow_from_each_other(seed: int) -> None:
    chance = random.Random(seed)
    letters = "abcdefghij"[: chance.randint(1, 10)]
    before = [chance.choice(letters) for _ in range(chance.randint(0, 40))]
    after = list(before)
    for _ in range(chance.randint(0, 8)):
        place = chance.randint(0, len(after))
        after[place : place + chance.randint(0, 3)] = [chance.choice(letters) for _ in range(chance.randint(0, 3))]
    shown = diff(before, after, context=chance.randint(0, 3))
    assert applied(before, shown) == after
    assert bool(shown) == (before != after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a b c", "a b c", id="nothing"),
        pytest.param("", "a b", id="from nothing"),
        pytest.param("a b", "", id="to nothing"),
        pytest.param("a b c d e f g h i", "a b X d e f g h Y", id="two values"),
        pytest.param("a b c d e f g h i", "a b X d e f g Y i", id="near enough for one hunk"),
        pytest.param("a b c d e f g h i", "N a b c d e g h i M", id="come and go"),
    ],
)
def test_it_reads_as_difflib_writes_it(before: str, after: str) -> None:
    assert diff(before.split(), after.split()) == standard(before.split(), after.split())


@pytest.mark.parametrize("wrap", [lambda name: ["{", f"  {name}", "},"], lambda name: [f"- {name}", "  same"]])
def test_an_item_that_comes_or_goes_is_shown_from_its_beginning(wrap: Callable[[str], list[str]]) -> None:
    few, more = ([line for name in names for line in wrap(name)] for names in ("xyz", "xynz"))
    item = wrap("n")
    assert [line for line in diff(few, more)[2:] if line[0] in "+-"] == [f"+{line}" for line in item]
    assert [line for line in diff(more, few)[2:] if line[0] in "+-"] == [f"-{line}" for line in item]


def test_it_is_no_longer_than_difflibs() -> None:
    chance = random.Random(7)
    lines = [f"{'  ' * chance.randint(0, 3)}key{chance.randint(0, 400)}: value" for _ in range(1500)]
    for _ in range(20):
        after = list(lines)
        for _ in range(chance.randint(1, 12)):
            place = chance.randint(0, len(after) - 9)
            after[place : place + chance.randint(0, 8)] = [f"new: {chance.random()}"] * chance.randint(0, 6)
        told, known = (
            sum(line[0] in "+-" for line in shown[2:]) for shown in (diff(lines, after), standard(lines, after))
        )
        assert told <= known * 1.02


def test_lines_that_recur_are_matched_where_little_else_is() -> None:
    before, after = (
        [line for n in range(100) for line in (f"- name: {word}{n}", "  same: 1", "  too: 2")] for word in "ab"
    )
    assert len([line for line in diff(before, after)[2:] if line[0] in "+-"]) == 200
    assert len([line for line in standard(before, after)[2:] if line[0] in "+-"]) > 500


def test_a_long_file_with_few_differences_costs_little() -> None:
    before = [line for number in range(20_000) for line in (f"- name: n{number}", "  image: same")]
    after = list(before)
    after[10] = after[-10] = "  image: other"
    started = time.process_time()
    shown = diff(before, after)
    # It takes a twentieth of a second.
    assert time.process_time() - started < 2
    assert [line[0] for line in shown[2:] if line[0] in "+-"] == ["-", "+", "-", "+"]

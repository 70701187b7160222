"""A unified diff in about linear time where most lines are equal, as those of two versions of a generated file are.

Lines that both texts hold once, in the same order, tie them together (Bram Cohen's patience diff); difflib compares
what lies between.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

_LONG = 500
"""Lines between two ties beyond which difflib overlooks those that recur often."""


class Block(NamedTuple):
    """Lines of one text that stand in the place of lines of the other; one of the two may be none."""

    start: int
    end: int
    """Of the former text, the end excluded."""
    new_start: int
    new_end: int


def blocks(before: Sequence[str], after: Sequence[str]) -> list[Block]:
    """What differs, in order; between two blocks the texts are equal."""
    found: list[Block] = []
    start = new_start = 0
    for one, other in [*ties(before, after), (len(before), len(after))]:
        if start != one or new_start != other:
            found += _between(before, after, Block(start, one, new_start, other))
        start, new_start = one + 1, other + 1
    return _slid(before, after, _joined(found))


def unified(
    before: Sequence[str], after: Sequence[str], differing: Sequence[Block], header: Sequence[str], context: int
) -> str:
    """The blocks as a unified diff below a header, with so many lines around them; empty where nothing differs."""
    lines = list(header) if differing else []
    for hunk in _hunks(differing, 2 * context):
        first, last = hunk[0], hunk[-1]
        ahead = min(context, first.start, first.new_start)
        behind = min(context, len(before) - last.end, len(after) - last.new_end)
        old = _range(first.start - ahead, last.end + behind)
        lines.append(f"@@ -{old} +{_range(first.new_start - ahead, last.new_end + behind)} @@")
        at = first.start - ahead
        for block in hunk:
            lines += [f" {line}" for line in before[at : block.start]]
            lines += [f"-{line}" for line in before[block.start : block.end]]
            lines += [f"+{line}" for line in after[block.new_start : block.new_end]]
            at = block.end
        lines += [f" {line}" for line in before[at : at + behind]]
    return "\n".join(lines)


def ties(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Places of lines that each text holds once: as many as stand in the same order in both."""
    once, new_once = ({line: n for n, line in enumerate(text)} for text in (before, after))
    if len(once) < len(before):
        once = _unrepeated(once, before)
    if len(new_once) < len(after):
        new_once = _unrepeated(new_once, after)
    pairs = [(place, new_once[line]) for line, place in once.items() if line in new_once]
    return _rising(sorted(pairs))


def _unrepeated(places: dict[str, int], text: Sequence[str]) -> dict[str, int]:
    counts = Counter(text)
    return {line: place for line, place in places.items() if counts[line] == 1}


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A longest part of the pairs in which the second numbers rise too (patience sorting)."""
    tops: list[int] = []
    piles: list[int] = []
    """For each pile, the position of the pair on its top; `below` leads from a pair to the one it was put upon."""
    below: list[int] = []
    for position, (_, other) in enumerate(pairs):
        pile = len(tops) if not tops or other > tops[-1] else bisect_left(tops, other)
        below.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [other]
        piles[pile : pile + 1] = [position]
    found = []
    position = piles[-1] if piles else -1
    while position >= 0:
        found.append(pairs[position])
        position = below[position]
    return found[::-1]


def _between(before: Sequence[str], after: Sequence[str], gap: Block) -> Iterator[Block]:
    """What differs in a gap between two ties, without the equal lines at its ends."""
    start, end, new_start, new_end = gap
    while start < end and new_start < new_end and before[start] == after[new_start]:
        start, new_start = start + 1, new_start + 1
    while start < end and new_start < new_end and before[end - 1] == after[new_end - 1]:
        end, new_end = end - 1, new_end - 1
    if start == end or new_start == new_end:
        if start < end or new_start < new_end:
            yield Block(start, end, new_start, new_end)
        return
    if end - start == new_end - new_start == 1:
        yield Block(start, end, new_start, new_end)
        return
    # Lines that recur count as well as others, unless there are so many that looking at all of them is dear.
    is_long = max(end - start, new_end - new_start) > _LONG
    compared = SequenceMatcher(None, before[start:end], after[new_start:new_end], autojunk=is_long)
    for tag, one, two, three, four in compared.get_opcodes():
        if tag != "equal":
            yield Block(start + one, start + two, new_start + three, new_start + four)


def _joined(found: list[Block]) -> list[Block]:
    """Blocks that touch each other, as one."""
    joined: list[Block] = []
    for block in found:
        last = joined[-1] if joined else None
        if last is not None and (last.end, last.new_end) == (block.start, block.new_start):
            joined[-1] = Block(last.start, block.end, last.new_start, block.new_end)
        else:
            joined.append(block)
    return joined


def _slid(before: Sequence[str], after: Sequence[str], found: list[Block]) -> list[Block]:
    """Lines that only come or only go, where they could as well be some lines further up or down: as one reads them.

    The first of them is one that is indented least: an item and not the end of one with the beginning of the next.
    """
    slid: list[Block] = []
    for position, block in enumerate(found):
        start, end, new_start, new_end = block
        is_gone, is_come = new_start == new_end, start == end
        if is_gone or is_come:
            text, first, last = (before, start, end) if is_gone else (after, new_start, new_end)
            most_up = start - slid[-1].end if slid else min(start, new_start)
            following = found[position + 1] if position + 1 < len(found) else None
            most_down = following.start - end if following is not None else len(before) - end
            up = down = 0
            while up < most_up and text[first - up - 1] == text[last - up - 1]:
                up += 1
            while down < most_down and text[first + down] == text[last + down]:
                down += 1
            by = min(range(down, -up - 1, -1), key=lambda step: _indent(text[first + step]))
            block = Block(start + by, end + by, new_start + by, new_end + by)
        slid.append(block)
    return _joined(slid)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _hunks(differing: Sequence[Block], near: int) -> Iterator[list[Block]]:
    """Blocks with no more than so many equal lines between them, together."""
    hunk: list[Block] = []
    for block in differing:
        if hunk and block.start - hunk[-1].end > near:
            yield hunk
            hunk = []
        hunk.append(block)
    if hunk:
        yield hunk


def _range(start: int, end: int) -> str:
    """Lines as the head of a hunk names them: from 1; of none, the line before them."""
    if end - start == 1:
        return f"{start + 1}"
    return f"{start + 1 if end > start else start},{end - start}"

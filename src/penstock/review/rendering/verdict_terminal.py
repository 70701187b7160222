"""A verdict for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.review.model import Verdict, VerdictState
from penstock.review.rendering.text_safety import log_line
from penstock.review.rendering.verdict_rows import VerdictRow, not_enough, verdict_rows

_MARKS = {
    VerdictState.ERROR: "‼",
    VerdictState.DISAPPROVED: "✗",
    VerdictState.PENDING: "…",
    VerdictState.APPROVED: "✓",
    VerdictState.SKIPPED: "-",
}
_COLOURS = {
    VerdictState.ERROR: "31;1",
    VerdictState.DISAPPROVED: "31;1",
    VerdictState.PENDING: "33",
    VerdictState.APPROVED: "32",
}


def render(verdict: Verdict, *, colour: bool = False) -> str:
    """The verdict as text: the headline, a row for each requirement, and whom to ask."""
    return "\n".join(_lines(verdict, colour)) + "\n"


def _lines(verdict: Verdict, colour: bool) -> Iterator[str]:
    yield _paint(f"{verdict.state.value}: {log_line(verdict.headline)}", verdict.state, colour)
    for row in verdict_rows(verdict):
        yield from _row(row, colour)
    if verdict.suggested:
        smallest = "the smallest set" if verdict.suggested_is_smallest else "a set, perhaps not the smallest"
        people = ", ".join(log_line(f"@{login}") for login in verdict.suggested)
        but = not_enough(verdict)
        yield f"ask: {people} ({f'not enough: {log_line(but)}' if but else f'{smallest} that is enough'})"


def _row(row: VerdictRow, colour: bool) -> Iterator[str]:
    mark = _paint(_MARKS[row.state], row.state, colour)
    what = f" {log_line(row.what)}" if row.what else ""
    yield f"  {mark} {', '.join(map(log_line, row.rules))}{what}: {log_line(row.says)}"
    is_open = row.state is not VerdictState.APPROVED
    if len(row.asking) == 1:
        if row.asking[0].why and is_open:
            yield f"      {log_line(row.asking[0].why)}"
        return
    for one in row.asking:
        place = f" {log_line(one.what)}" if row.what is None else ""
        why = f": {log_line(one.why)}" if one.why and is_open else ""
        if place or why:
            yield f"      {log_line(one.rule)}{place}{why}"


def _paint(text: str, state: VerdictState, colour: bool) -> str:
    code = _COLOURS.get(state)
    return f"\x1b[{code}m{text}\x1b[0m" if colour and code else text

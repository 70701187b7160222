"""What a verdict says of each change: who must approve, and what has become of that."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.review.model import Result, Verdict, VerdictState
from penstock.review.rendering.rows import Note

_ORDER = list(VerdictState)


def notes_of(verdict: Verdict) -> dict[str, Note]:
    """By the fingerprint of a change; a change that several rules speak of is in the most severe of their states."""
    by_change: dict[str, list[Result]] = {}
    for result in _leaves(verdict.tree):
        for fingerprint in result.changes:
            by_change.setdefault(fingerprint, []).append(result)
    return {fingerprint: _note(results) for fingerprint, results in by_change.items()}


def _leaves(result: Result) -> Iterator[Result]:
    if not result.children:
        yield result
    for child in result.children:
        yield from _leaves(child)


def _note(results: list[Result]) -> Note:
    worst = min((one.state for one in results), key=_ORDER.index)
    needs = list(dict.fromkeys(one.needs for one in results if one.needs))
    by = sorted({login for one in results for login in one.satisfied_by})
    match worst:
        case VerdictState.APPROVED | VerdictState.SKIPPED:
            state = f"approved by {', '.join(by)}" if by else "approved"
        case VerdictState.PENDING:
            missing = max(one.missing for one in results)
            state = f"waits for {missing} more" if missing else "waits"
        case _:
            state = worst.value
    return Note("; ".join(needs) or "nobody", state)

"""What a verdict says of each change: who must approve, and what has become of that."""

from __future__ import annotations

from penstock.diagnostics.grammar import counted
from penstock.review.model import Result, Verdict, VerdictState
from penstock.review.policy.wording import asking
from penstock.review.rendering.rows import Note

_ORDER = list(VerdictState)


def notes_of(verdict: Verdict) -> dict[str, Note]:
    """By the fingerprint of a change; a change that several rules match is in the most severe of their states."""
    by_change: dict[str, list[tuple[str, Result]]] = {}
    for node in verdict.tree.children or (verdict.tree,):
        for result in node.children or (node,):
            for fingerprint in result.changes:
                by_change.setdefault(fingerprint, []).append((node.name, result))
    return {fingerprint: _note(results) for fingerprint, results in by_change.items()}


def _note(told: list[tuple[str, Result]]) -> Note:
    results = [result for _, result in told]
    worst = min((one.state for one in results), key=_ORDER.index)
    by = sorted({login for one in results for login in one.satisfied_by})
    match worst:
        case VerdictState.APPROVED | VerdictState.SKIPPED:
            state = f"approved by {', '.join(by)}" if by else "approved"
        case VerdictState.PENDING:
            missing = max(one.missing for one in results)
            state = f"awaiting {counted(missing, 'more approval')}" if missing else "pending"
        case _:
            # A freeze has no other word for itself than its name.
            freezes = [rule for rule, one in told if one.state is worst and not one.needs]
            state = ", ".join(freezes) or worst.value
    return Note(asking((rule, one.needs) for rule, one in told), state)

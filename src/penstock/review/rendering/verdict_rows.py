"""A verdict as rows to be read: what is required, by which rules, and of which changes."""

from __future__ import annotations

from typing import NamedTuple

from penstock.diagnostics.grammar import listed
from penstock.review.model import Result, Verdict, VerdictState
from penstock.review.policy.wording import SILENT

_SEVERITY = tuple(VerdictState)


class Asking(NamedTuple):
    """A rule that asks, or anything else that a verdict rests on."""

    rule: str
    what: str
    """The changes that it is about; empty where it is about the pull request."""
    why: str
    """Why it asks."""


class VerdictRow(NamedTuple):
    """One thing that a verdict says. The texts are as others wrote them: each format escapes them."""

    asking: tuple[Asking, ...]
    """Who says so: several rules where they ask for the same of the same people, and are answered the same."""
    state: VerdictState
    says: str
    """What is required, what is there and what is missing."""
    can: tuple[str, ...]
    """Who can approve."""

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules, each once."""
        return tuple(dict.fromkeys(one.rule for one in self.asking))

    @property
    def what(self) -> str | None:
        """The changes; None where the rules ask of different ones."""
        found = {one.what for one in self.asking}
        return found.pop() if len(found) == 1 else None


def verdict_rows(verdict: Verdict) -> tuple[VerdictRow, ...]:
    """The rows, the most severe first; rules that match nothing are left out."""
    found: dict[tuple[VerdictState, str, tuple[str, ...]], list[Asking]] = {}
    for node in verdict.tree.children:
        if node.state is not VerdictState.SKIPPED or node.why != SILENT:
            for row, asking in _asking(node):
                found.setdefault((row.state, row.why, row.can_satisfy), []).append(asking)
    rows = (VerdictRow(tuple(asking), state, says, can) for (state, says, can), asking in found.items())
    return tuple(sorted(rows, key=lambda row: _SEVERITY.index(row.state)))


def not_enough(verdict: Verdict) -> str:
    """Why the approvals of those who are suggested are not enough; empty where they are."""
    if verdict.suggested_is_enough:
        return ""
    asked = set(verdict.suggested)
    blocking = [
        node.name
        for node in verdict.tree.children
        if node.state is VerdictState.DISAPPROVED
        and not (node.name == "objection" and node.missing and asked & set(node.can_satisfy))
    ]
    if not blocking:
        return "nobody can give the rest"
    return f"{listed(dict.fromkeys(blocking))} {'blocks' if len(set(blocking)) == 1 else 'block'} it, too"


def _asking(node: Result) -> list[tuple[Result, Asking]]:
    if not node.children:
        return [(node, Asking(node.name, "", ""))]
    return [(child, Asking(node.name, child.name, node.why)) for child in node.children]

"""A verdict as rows to be read: what is required for each change, by rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from penstock.review.model import Result, Verdict, VerdictState

_SEVERITY = tuple(VerdictState)


class VerdictRow(NamedTuple):
    """One thing that a verdict says. The texts are as others wrote them: each format escapes them."""

    rule: str
    what: str
    """The changes that it is about; empty where it is about the pull request."""
    state: VerdictState
    why: str
    """Why the rule asks."""
    says: str
    """What is required, what is there and what is missing."""
    can: tuple[str, ...]
    """Who can approve."""


def verdict_rows(verdict: Verdict) -> tuple[VerdictRow, ...]:
    """The rows, the most severe first; rules that match nothing are left out."""
    found = [row for node in verdict.tree.children if node.state is not VerdictState.SKIPPED for row in _rows(node)]
    return tuple(sorted(found, key=lambda row: _SEVERITY.index(row.state)))


def _rows(node: Result) -> Iterator[VerdictRow]:
    if not node.children:
        yield VerdictRow(node.name, "", node.state, "", node.why, node.can_satisfy)
    for child in node.children:
        yield VerdictRow(node.name, child.name, child.state, node.why, child.why, child.can_satisfy)

"""A verdict for programs."""

from __future__ import annotations

from typing import Any

from penstock.review.model import Result, Verdict


def as_data(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain data, its tree and the people to ask; the same verdict gives the same data."""
    return {
        "state": verdict.state.value,
        "headline": verdict.headline,
        "suggested": list(verdict.suggested),
        "suggestedIsSmallest": verdict.suggested_is_smallest,
        "suggestedIsEnough": verdict.suggested_is_enough,
        "digests": dict(sorted(verdict.digests.items())),
        "tree": _tree(verdict.tree),
    }


def _tree(node: Result) -> dict[str, Any]:
    return {
        "name": node.name,
        "state": node.state.value,
        "why": node.why,
        "needs": node.needs,
        "changes": list(node.changes),
        "satisfiedBy": list(node.satisfied_by),
        "canSatisfy": list(node.can_satisfy),
        "missing": node.missing,
        "children": [_tree(child) for child in node.children],
    }

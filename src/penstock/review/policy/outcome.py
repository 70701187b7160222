"""How far one group of changes is from what its rule requires."""

from __future__ import annotations

from typing import NamedTuple

from penstock.review.model import VerdictState
from penstock.review.policy.matching import fitting, match
from penstock.review.policy.requirements import Alternatives
from penstock.review.policy.rules import Group


class Outcome(NamedTuple):
    """The state of a group."""

    state: VerdictState
    counted: frozenset[str] = frozenset()
    """Whose approvals fill a place, in the way that is nearest to being satisfied."""
    able: frozenset[str] = frozenset()
    """Who would fill a further place, in any of the ways; contributors may be among them."""
    missing: int = 0
    ways: Alternatives = ()
    """The ways that approvals can still satisfy."""


def outcome_of(group: Group) -> Outcome:
    """The state of a group: approved where one way is satisfied by distinct people."""
    if group.waived is not None or not group.ways:
        return Outcome(VerdictState.APPROVED)
    ways = tuple(way for way in group.ways if group.evidence == "valid" or not way.needs_evidence)
    if not ways:
        return Outcome(VerdictState.DISAPPROVED)
    matchings = [match(way, group.approvers & fitting(way)) for way in ways]
    best = min(matchings, key=lambda one: one.missing)
    if best.missing == 0:
        return Outcome(VerdictState.APPROVED, best.people)
    able = frozenset().union(*(matching.welcome() for matching in matchings))
    return Outcome(VerdictState.PENDING, best.people, able, best.missing, ways)

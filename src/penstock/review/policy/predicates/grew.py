"""How far a number moved in the direction that loosens."""

from __future__ import annotations

from penstock.review.model import Direction
from penstock.review.policy.predicates.subject import Subject
from penstock.specs.approval_policy import Growth


def holds(wanted: Growth, subject: Subject) -> bool | None:
    """Whether it moved by more than the policy says; of what nothing orders, nobody can tell."""
    change = subject.change
    if change.grew is not None:
        return change.grew > wanted.by_more_than
    return None if change.direction is Direction.UNKNOWN else False

"""How far a number moved in the direction that loosens."""

from __future__ import annotations

from penstock.review.model import Direction
from penstock.review.policy.predicates.subject import PolicySubject
from penstock.specs.approval_policy import Growth
from penstock.specs.units import Duration


def holds(wanted: Growth, subject: PolicySubject) -> bool | None:
    """Whether it moved by more than the policy says, in its unit; of what nothing orders, nobody can tell."""
    change, bound = subject.change, wanted.by_more_than
    if change.grew is not None:
        if isinstance(bound, Duration):
            return change.grew.unit == "seconds" and change.grew.by > bound.seconds
        return change.grew.unit != "seconds" and change.grew.by > bound
    return None if change.direction is Direction.UNKNOWN else False

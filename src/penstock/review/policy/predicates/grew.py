"""How far a number moved in the direction that loosens.

A bound that is removed has no end: who would be asked about a higher one is asked about none, too.
"""

from __future__ import annotations

from contextlib import suppress

from penstock.review.model import Change, Direction, Operation
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
    if change.operation is Operation.REMOVED and change.direction is Direction.LOOSENED:
        return _is_of_unit(change, bound)
    return None if change.direction is Direction.UNKNOWN else False


def _is_of_unit(change: Change, bound: object) -> bool:
    """Whether what is removed is a bound that the policy's one could be compared with, by its plain form."""
    value = change.before
    if isinstance(bound, Duration):
        with suppress(ValueError):
            return Duration.parse(value) > 0
        return False
    is_share = isinstance(value, str) and value.endswith("%")
    return is_share or (isinstance(value, int | float) and not isinstance(value, bool))

"""Direction of the risk. What cannot be ordered may be the loosest change of all."""

from __future__ import annotations

from penstock.review.model import Direction
from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: list[str], subject: PolicySubject) -> bool | None:
    """Whether the risk moves in one of the directions; an unknown direction may always be `loosened`."""
    direction = subject.change.direction
    if direction.value in wanted:
        return True
    return None if direction is Direction.UNKNOWN and Direction.LOOSENED.value in wanted else False

"""What happened at the address."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: list[str], subject: PolicySubject) -> bool:
    """Whether one of the operations happened."""
    return subject.change.operation.value in wanted

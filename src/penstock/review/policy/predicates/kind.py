"""Kind of the changed spec."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: list[str], subject: PolicySubject) -> bool:
    """Whether the spec is of one of the kinds."""
    return subject.change.address.kind in wanted

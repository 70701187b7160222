"""Whether somebody edited the field, or an edit elsewhere reaches it."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: str, subject: PolicySubject) -> bool:
    """Whether the change has this cause."""
    return subject.change.cause == wanted

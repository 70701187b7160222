"""Whether somebody edited the field, or an edit elsewhere reaches it."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import Subject


def holds(wanted: str, subject: Subject) -> bool:
    """Whether the change has this cause."""
    return subject.change.cause == wanted

"""Author of the pull request."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import Subject
from penstock.specs.approval_policy import People


def holds(wanted: People, subject: Subject) -> bool | None:
    """Whether the author is one of the people, by the teams of the base."""
    if subject.author is None:
        return None
    return subject.author in subject.roles.people(wanted, subject.standing)

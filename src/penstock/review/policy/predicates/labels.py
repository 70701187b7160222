"""Labels that the pull request carries."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: list[str], subject: PolicySubject) -> bool:
    """Whether the pull request carries one of the labels."""
    return not subject.labels.isdisjoint(wanted)

"""State of the evidence of a changed Release."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: list[str], subject: PolicySubject) -> bool:
    """Whether a Release changes whose evidence is in one of the states."""
    return subject.evidence in wanted

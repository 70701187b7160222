"""Sensitivity of a column that newly reaches a model, reaches it otherwise than before, or loses its label."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: list[str], subject: PolicySubject) -> bool:
    """Whether a column of one of the sensitivities is concerned."""
    return subject.change.sensitivity in wanted

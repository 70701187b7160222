"""How much a change reaches, directly and indirectly."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import Subject
from penstock.specs.approval_policy import Radius


def holds(wanted: Radius, subject: Subject) -> bool | None:
    """Whether one of the bounds is passed."""
    impact = subject.impact
    if impact is None:
        return None
    bounds = (
        (wanted.models, impact.models),
        (wanted.rollouts, impact.rollouts),
        (wanted.callers, impact.callers),
    )
    return any(most is not None and len(reached) > most for most, reached in bounds)

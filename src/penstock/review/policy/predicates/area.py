"""Area of the changed field."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import Subject


def holds(wanted: list[str], subject: Subject) -> bool:
    """Whether the field belongs to one of the areas."""
    return subject.change.area.value in wanted

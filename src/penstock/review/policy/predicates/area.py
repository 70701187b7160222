"""Area of the changed field.

A raw patch may change whatever a manifest holds, so that it belongs to every area: an alert, a brake or a limit that a
patch takes away is for those who would be asked if the field of the language were.
"""

from __future__ import annotations

from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: list[str], subject: PolicySubject) -> bool:
    """Whether the field belongs to one of the areas."""
    return subject.change.area.value in wanted or subject.change.is_raw

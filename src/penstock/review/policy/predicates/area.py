"""Area of the changed field.

A raw patch may change whatever a manifest holds, so that it may belong to any area: an alert, a brake or a limit that a
patch takes away is for those who would be asked if the field of the language were. Nobody is left out for its sake.
"""

from __future__ import annotations

from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: list[str], subject: PolicySubject) -> bool | None:
    """Whether the field belongs to one of the areas; of a raw patch, nobody can tell that it does not."""
    if subject.change.area.value in wanted:
        return True
    return None if subject.change.is_raw else False

"""Labels that the pull request carries."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: list[str], subject: PolicySubject) -> bool:
    """Whether the pull request carries one of the labels; GitHub does not tell upper from lower case in them."""
    carried = {label.casefold() for label in subject.labels}
    return not carried.isdisjoint(label.casefold() for label in wanted)

"""Stage of an environment that the change reaches."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: list[str], subject: PolicySubject) -> bool | None:
    """Whether the change reaches an environment of one of the stages."""
    return None if subject.impact is None else any(stage in wanted for stage in subject.impact.stages)

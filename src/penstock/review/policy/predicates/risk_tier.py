"""Risk tier of a model that the change reaches."""

from __future__ import annotations

from penstock.review.policy.predicates.subject import PolicySubject


def holds(wanted: list[str], subject: PolicySubject) -> bool | None:
    """Whether the change reaches a model of one of the tiers."""
    return None if subject.impact is None else any(tier in wanted for tier in subject.impact.risk_tiers)

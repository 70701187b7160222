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
        (wanted.environments, impact.environments),
        # What itself moves is listed as it was and as it is, and is one all the same.
        (wanted.slos, {_objective(slo) for slo in impact.slos}),
        (wanted.schedules, {_purpose(schedule) for schedule in impact.schedules}),
    )
    return any(most is not None and len(reached) > most for most, reached in bounds)


def _objective(slo: str) -> str:
    """Whose objective of what it is: `delay-online latency` of `delay-online latency 99% below 200ms`."""
    return " ".join(slo.split(" ", 2)[:2])


def _purpose(schedule: str) -> str:
    """What is done then: `training of delay` of `training of delay (0 3 * * 1)`."""
    return schedule.partition(" (")[0]

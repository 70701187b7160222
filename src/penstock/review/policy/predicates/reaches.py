"""How much a change reaches, directly and indirectly, and what it adds to what is requested."""

from __future__ import annotations

from penstock.review.model import Impact
from penstock.review.policy.predicates.subject import Added, PolicySubject
from penstock.specs.approval_policy import Radius


def holds(wanted: Radius, subject: PolicySubject) -> bool | None:
    """Whether one of the bounds is passed."""
    impact = subject.impact
    if impact is None:
        return None
    bounds = (
        (wanted.models, impact.models),
        (wanted.rollouts, impact.rollouts),
        (wanted.callers, impact.callers),
        (wanted.environments, impact.environments),
        (wanted.slos, impact.objectives),
        (wanted.schedules, impact.purposes),
    )
    return any(most is not None and len(reached) > most for most, reached in bounds) or _costs(
        wanted, impact, subject.added
    )


def _costs(wanted: Radius, impact: Impact, added: Added) -> bool | None:
    """Whether a bound of cost is passed by what the change is a part of; nobody can tell where a cost is unknown."""
    bounds = (
        (wanted.cpu.amount if wanted.cpu is not None else None, added.cpu, impact.cpu_cores),
        (wanted.memory.amount if wanted.memory is not None else None, added.memory, impact.memory_bytes),
        (wanted.gpu, added.gpu, impact.gpus),
    )
    given = [(float(most), together, share) for most, together, share in bounds if most is not None]
    if impact.is_cost_unknown and given:
        return None
    return any(share != 0 and together > most for most, together, share in given)

"""The predicates of the policy language: each says of one change True, False, or None where nobody can tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from penstock.review.model import Change, Direction, Impact, Operation
from penstock.review.policy.conditions import Answer
from penstock.review.policy.organisation import Roles, Standing
from penstock.specs.approval_policy import Growth, People, Radius
from penstock.specs.units import Duration


class Added(NamedTuple):
    """What the changes of a spec add together to what it requests, so that a share of a change says nothing alone."""

    cpu: float = 0.0
    memory: float = 0.0
    gpu: float = 0.0


class PolicySubject(NamedTuple):
    """One change in its pull request."""

    change: Change
    impact: Impact | None
    """None where nobody knows what the change reaches."""
    added: Added
    standing: Standing
    roles: Roles
    author: str | None
    """Key of the author's login; None where it cannot be told."""
    contributors: frozenset[str]
    """Keys of everybody who contributed, the author among them."""
    labels: frozenset[str]
    evidence: str | None
    """State of the evidence; None where the change is of no Release."""


def kind(wanted: list[str], subject: PolicySubject) -> bool:
    """Whether the spec is of one of the kinds."""
    return subject.change.address.kind in wanted


def area(wanted: list[str], subject: PolicySubject) -> bool | None:
    """Whether the field belongs to one of the areas; of a raw patch, nobody can tell that it does not.

    It may change whatever a manifest holds: an alert, a brake or a limit that a patch takes away is for those who would
    be asked if the field of the language were. Nobody is left out for its sake.
    """
    if subject.change.area.value in wanted:
        return True
    return None if subject.change.is_raw else False


def direction(wanted: list[str], subject: PolicySubject) -> bool | None:
    """Whether the risk moves in one of the directions; what cannot be ordered may be the loosest change of all."""
    moved = subject.change.direction
    if moved.value in wanted:
        return True
    return None if moved is Direction.UNKNOWN and Direction.LOOSENED.value in wanted else False


def cause(wanted: str, subject: PolicySubject) -> bool:
    """Whether somebody edited the field, or an edit elsewhere reaches it, whichever is wanted."""
    return subject.change.cause == wanted


def operation(wanted: list[str], subject: PolicySubject) -> bool:
    """Whether one of the operations happened."""
    return subject.change.operation.value in wanted


def address(wanted: str, subject: PolicySubject) -> bool | None:
    """Whether the whole address fits the pattern; `*` stands for any text, everything else for itself.

    The former address of a renamed spec counts as well: a new name leaves nobody's rules behind. None where only the
    address of something within it fits. What comes or goes as a whole, such as a spec or a canary, does so with all its
    fields: a pattern for one of these does not speak of the whole, but whoever it asks is asked.
    """
    pattern = _compiled(wanted)
    change = subject.change
    if pattern.fullmatch(str(change.address)):
        return True
    if change.renamed_from is not None and pattern.fullmatch(str(change.renamed_from)):
        return True
    return None if any(map(pattern.fullmatch, change.held)) else False


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def stage(wanted: list[str], subject: PolicySubject) -> bool | None:
    """Whether the change reaches an environment of one of the stages."""
    return None if subject.impact is None else any(stage in wanted for stage in subject.impact.stages)


def risk_tier(wanted: list[str], subject: PolicySubject) -> bool | None:
    """Whether the change reaches a model of one of the tiers."""
    return None if subject.impact is None else any(tier in wanted for tier in subject.impact.risk_tiers)


def sensitive(wanted: list[str], subject: PolicySubject) -> bool:
    """Whether a column of one of the sensitivities newly reaches a model, or otherwise, or loses its label."""
    return subject.change.sensitivity in wanted


def grew(wanted: Growth, subject: PolicySubject) -> bool | None:
    """Whether a number loosened by more than the policy says, in its unit; of what nothing orders, nobody can tell.

    A bound that is removed has no end: who would be asked about a higher one is asked about none, too.
    """
    change, bound = subject.change, wanted.by_more_than
    if change.grew is not None:
        if isinstance(bound, Duration):
            return change.grew.unit == "seconds" and change.grew.by > bound.seconds
        return change.grew.unit != "seconds" and change.grew.by > bound
    if change.operation is Operation.REMOVED and change.direction is Direction.LOOSENED:
        return _is_of_unit(change, bound)
    return None if change.direction is Direction.UNKNOWN else False


def _is_of_unit(change: Change, bound: object) -> bool:
    """Whether what is removed is a bound that the policy's one could be compared with, by its plain form."""
    value = change.before
    if isinstance(bound, Duration):
        with suppress(ValueError):
            return Duration.parse(value) > 0
        return False
    is_share = isinstance(value, str) and value.endswith("%")
    return is_share or (isinstance(value, int | float) and not isinstance(value, bool))


def reaches(wanted: Radius, subject: PolicySubject) -> bool | None:
    """Whether one of the bounds is passed, directly or indirectly."""
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
    is_far = any(most is not None and len(reached) > most for most, reached in bounds)
    return is_far or _costs(wanted, impact, subject.added)


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


def author(wanted: People, subject: PolicySubject) -> bool | None:
    """Whether everybody who had a hand in it is one of the people, by the teams of the base; None where only some are.

    Whoever may write can push to the branch of another, whose name alone would then free what was pushed.
    """
    if subject.author is None:
        return None
    people = subject.roles.people(wanted, subject.standing)
    answers = {login in people for login in (subject.author, *subject.contributors)}
    return answers.pop() if len(answers) == 1 else None


def labels(wanted: list[str], subject: PolicySubject) -> bool:
    """Whether the pull request carries one of the labels; GitHub does not tell upper from lower case in them."""
    carried = {label.casefold() for label in subject.labels}
    return not carried.isdisjoint(label.casefold() for label in wanted)


def evidence(wanted: list[str], subject: PolicySubject) -> bool:
    """Whether a Release changes whose evidence is in one of the states."""
    return subject.evidence in wanted


PREDICATES: dict[str, Callable[[Any, PolicySubject], Answer]] = {
    "kind": kind,
    "area": area,
    "direction": direction,
    "cause": cause,
    "operation": operation,
    "address": address,
    "stage": stage,
    "risk_tier": risk_tier,
    "sensitive": sensitive,
    "grew": grew,
    "reaches": reaches,
    "author": author,
    "labels": labels,
    "evidence": evidence,
}
"""By the field of `When`; the joins `all`, `any`, `not` and `atLeast` are not among them."""

"""The predicates of the policy language by their fields, and how they are joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from penstock.review.policy.predicates import (
    address,
    area,
    author,
    cause,
    direction,
    evidence,
    grew,
    kind,
    labels,
    operation,
    reaches,
    risk_tier,
    sensitive,
    stage,
)
from penstock.review.policy.predicates.subject import PolicySubject
from penstock.specs.approval_policy import When

Subject = TypeVar("Subject")
Answer = bool | None
"""None where nobody can tell (Kleene's third value)."""

PREDICATES: dict[str, Callable[[Any, PolicySubject], Answer]] = {
    "kind": kind.holds,
    "area": area.holds,
    "direction": direction.holds,
    "cause": cause.holds,
    "operation": operation.holds,
    "address": address.holds,
    "stage": stage.holds,
    "risk_tier": risk_tier.holds,
    "sensitive": sensitive.holds,
    "grew": grew.holds,
    "reaches": reaches.holds,
    "author": author.holds,
    "labels": labels.holds,
    "evidence": evidence.holds,
}
"""By the field of `When`; the joins `all`, `any`, `not` and `atLeast` are not among them."""


def compile_when(when: When, predicates: Mapping[str, Callable[[Any, Subject], Answer]]) -> Callable[[Subject], Answer]:
    """The predicate as one function: the fields given must all hold."""
    parts: list[Callable[[Subject], Answer]] = []
    for name, holds in predicates.items():
        wanted = getattr(when, name)
        if wanted is not None:
            parts.append(_bound(holds, wanted))
    if when.all is not None:
        parts += [compile_when(one, predicates) for one in when.all]
    if when.any is not None:
        alternatives = [compile_when(one, predicates) for one in when.any]
        parts.append(lambda subject: any_of(one(subject) for one in alternatives))
    if when.not_ is not None:
        inner = compile_when(when.not_, predicates)
        parts.append(lambda subject: _not(inner(subject)))
    if when.at_least is not None:
        count, several = when.at_least.count, [compile_when(one, predicates) for one in when.at_least.of]
        parts.append(lambda subject: _at_least(count, [one(subject) for one in several]))
    return lambda subject: _all(part(subject) for part in parts)


def _bound(holds: Callable[[Any, Subject], Answer], wanted: Any) -> Callable[[Subject], Answer]:
    return lambda subject: holds(wanted, subject)


def _all(answers: Iterable[Answer]) -> Answer:
    result: Answer = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result


def any_of(answers: Iterable[Answer]) -> Answer:
    """Whether one of them holds; None where nobody can tell."""
    result: Answer = False
    for answer in answers:
        if answer is True:
            return True
        if answer is None:
            result = None
    return result


def _at_least(count: int, answers: list[Answer]) -> Answer:
    if answers.count(True) >= count:
        return True
    return None if len(answers) - answers.count(False) >= count else False


def _not(answer: Answer) -> Answer:
    return None if answer is None else not answer

"""A policy requires more approvers than there are.

What it does: counts the members of the teams and the logins that a requirement, or `breakGlass`, names; for the parts
of `all`, whose people are distinct, also those of several parts together. Roles are not counted: who has them depends
on the change.

Why: it can never be satisfied, so every change that it matches is blocked.

Example: `{count: 3, from: {teams: [risk]}}`, of a team with two members.

Use instead: a smaller `count`, more teams, or more members. Contributors to a pull request do not count for it: a team
of exactly `count` members cannot approve a change by one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.approval_policy import ApprovalPolicy, People, Require
from penstock.specs.team import Team

_EMERGENCY = 2
"""The fewest people who break the glass."""
_MOST_PARTS = 8
"""Parts of one requirement up to which every choice of them is looked at; of more, each part and all together."""


class _Slot(NamedTuple):
    people: frozenset[str]
    wanted: int
    place: Pointer
    """Where below the policy's ``spec`` it is written."""
    least: int = 1
    """What the language takes for `count`."""


@rule("unsatisfiable-approval")
def unsatisfiable_approval(view: View, policy: ApprovalPolicy) -> Iterator[Diagnostic]:
    """Yields each requirement that everybody together does not satisfy."""
    for position, one in enumerate(policy.spec.rules):
        if one.require != "nobody":
            yield from _of(view, policy, one.require, ("rules", position, "require"))
    glass = policy.spec.break_glass
    if glass is not None:
        slot = _slot(view, glass.from_, glass.count, ("breakGlass",), written="count" in glass.model_fields_set)
        yield from _short(view, policy, [slot._replace(least=_EMERGENCY)] if slot is not None else [])


def _of(view: View, policy: ApprovalPolicy, require: Require, pointer: Pointer) -> Iterator[Diagnostic]:
    slots = []
    for one, place in ((require, pointer), *((part, (*pointer, "all", i)) for i, part in enumerate(require.all or ()))):
        if one.from_ is not None:
            written = "count" in one.model_fields_set
            slot = _slot(view, one.from_, one.count, place, written=written)
            slots += [slot] if slot is not None else []
    yield from _short(view, policy, slots)
    for key, parts in (("all", require.all), ("any", require.any)):
        for position, part in enumerate(parts or ()):
            if key == "any" or part.all is not None or part.any is not None:
                inner = part if key == "any" else part.model_copy(update={"from_": None})
                yield from _of(view, policy, inner, (*pointer, key, position))


def _slot(view: View, people: People, count: int, pointer: Pointer, *, written: bool) -> _Slot | None:
    """None where nobody can tell how many people it means."""
    teams = [view.find(Team, name) for name in people.teams]
    if people.roles or None in teams:
        return None
    members = {login.lower() for team in teams if team is not None for login in team.spec.members}
    place = (*pointer, "count" if written else "from")
    return _Slot(frozenset(members | {login.lower() for login in people.logins}), count, place)


def _short(view: View, policy: ApprovalPolicy, slots: list[_Slot]) -> Iterator[Diagnostic]:
    """The fewest of the parts that there are too few people for together (Hall's condition)."""
    sizes = range(1, len(slots) + 1) if len(slots) <= _MOST_PARTS else (1, len(slots))
    for size in sizes:
        found = [some for some in combinations(slots, size) if _wanted(some) > len(_people(some))]
        for some in found:
            yield _diagnostic(view, policy, some)
        if found:
            return


def _wanted(slots: tuple[_Slot, ...]) -> int:
    return sum(slot.wanted for slot in slots)


def _people(slots: tuple[_Slot, ...]) -> frozenset[str]:
    return frozenset().union(*(slot.people for slot in slots))


def _diagnostic(view: View, policy: ApprovalPolicy, slots: tuple[_Slot, ...]) -> Diagnostic:
    first, *rest = slots
    wanted, there = _wanted(slots), len(_people(slots))
    eligible = f"only {there} {'person is' if there == 1 else 'people are'}" if there else "nobody is"
    asked = f"{wanted} approvers" if wanted > 1 else "1 approver"
    advice = "add teams or members"
    is_less_enough = not rest and there >= first.least
    return Diagnostic.error(
        "unsatisfiable-approval",
        f"requires {asked}, but {eligible} eligible",
        view.span(policy, first.place),
        secondary=tuple(Label(view.span(policy, slot.place), "and different people than these") for slot in rest),
        help=(f"require at most {there}, {advice}" if is_less_enough else advice,),
    )

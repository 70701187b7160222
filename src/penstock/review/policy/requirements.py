"""What a rule requires, as alternatives of slots that distinct people fill."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from penstock.diagnostics.grammar import joined
from penstock.review.policy.organisation import Standing, teams_in
from penstock.specs.approval_policy import People, Require

MOST_ALTERNATIVES = 256
"""More ways than this to satisfy one requirement are not looked through."""

Resolve = Callable[[People], frozenset[str]]


class TooManyAlternativesError(Exception):
    """A requirement has more ways to be satisfied than are looked through."""


@dataclass(frozen=True, slots=True)
class Slot:
    """So many distinct people out of a set."""

    people: frozenset[str]
    count: int


class Alternative(NamedTuple):
    """One way to satisfy a requirement: every slot by other people, and evidence too where it is asked for."""

    slots: tuple[Slot, ...] = ()
    needs_evidence: bool = False

    @property
    def size(self) -> int:
        """How many people it takes."""
        return sum(slot.count for slot in self.slots)


Alternatives = tuple[Alternative, ...]


class Bundle(NamedTuple):
    """What several rules require of one change by people who are distinct over all of them."""

    rules: tuple[tuple[str, Alternatives], ...]
    """At least two, by their ids, in the order of the policy."""
    evidence: str | None = None
    """State of the evidence, where one of them asks for it."""


def alternatives(require: Require, resolve: Resolve) -> Alternatives:
    """Every way to satisfy the requirement. TooManyAlternativesError beyond `MOST_ALTERNATIVES`."""
    parts: list[Alternatives] = []
    if require.from_ is not None:
        parts.append((Alternative((Slot(resolve(require.from_), require.count),)),))
    if require.evidence is not None:
        parts.append((Alternative(needs_evidence=True),))
    if require.all is not None:
        parts += [alternatives(one, resolve) for one in require.all]
    if require.any is not None:
        parts.append(tuple(way for one in require.any for way in alternatives(one, resolve)))
    return _joined(parts)


def combined(parts: list[Alternatives]) -> Iterator[tuple[Alternative, ...]]:
    """Each choice of one way from each part. TooManyAlternativesError beyond `MOST_ALTERNATIVES`."""
    count = 1
    for part in parts:
        count *= len(part)
        if count > MOST_ALTERNATIVES:
            raise TooManyAlternativesError
    yield from product(*parts)


def as_one(ways: Iterable[Alternative]) -> Alternative:
    """The way that takes all of these, by distinct people, their slots in this order."""
    ways = tuple(ways)
    return Alternative(
        tuple(slot for way in ways for slot in way.slots),
        any(way.needs_evidence for way in ways),
    )


def _joined(parts: list[Alternatives]) -> Alternatives:
    return tuple(dict.fromkeys(map(as_one, combined(parts))))


def needs(require: Require, standing: Standing, teams: Collection[str]) -> str:
    """The requirement in words: `1 of sre, and 1 of flight-ml (owner)`. `teams` are all that the base knows."""
    parts = []
    if require.from_ is not None:
        parts.append(f"{require.count} of {_people(require.from_, standing, teams)}")
    if require.evidence is not None:
        parts.append("valid evidence")
    if require.all is not None:
        parts += [_grouped(one, standing, teams) for one in require.all]
    if require.any:
        either = " or ".join(needs(one, standing, teams) for one in require.any)
        parts.append(f"({either})" if parts else either)
    return ", and ".join(parts)


def _grouped(require: Require, standing: Standing, teams: Collection[str]) -> str:
    text = needs(require, standing, teams)
    return f"({text})" if require.any is not None and len(require.any) > 1 else text


def _people(people: People, standing: Standing, teams: Collection[str]) -> str:
    # A team that a role names says so there.
    named = {team for role in people.roles if role != "independent" for team in teams_in(role, standing)}
    parts = [team for team in people.teams if team not in named]
    for role in people.roles:
        if role == "independent":
            parts.append(_independent(standing, teams))
        else:
            held = teams_in(role, standing)
            new = ", not on the base yet" if held and not set(held) <= set(teams) else ""
            parts.append(f"{'/'.join(held)} ({role}{new})" if held else f"the {role}, which the base does not name")
    parts += people.logins
    return " or ".join(parts) if parts else "nobody"


def _independent(standing: Standing, teams: Collection[str]) -> str:
    """Who is independent; where no team is, everybody is taken for it, since nobody could approve otherwise."""
    concerned = dict.fromkeys(team for team in (standing.owner, standing.former_owner) if team is not None)
    if not concerned:
        return "any team"
    if set(teams) <= concerned.keys():
        return f"{'/'.join(concerned)} (independent, for want of another team on the base)"
    return f"a team other than {joined(concerned)}"

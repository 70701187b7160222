"""How far the groups of changes are from what their rules require."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import NamedTuple

from penstock.review.model import VerdictState
from penstock.review.policy.matching import Matching, fitting, match
from penstock.review.policy.requirements import Alternative, Alternatives, Bundle, as_one, combined
from penstock.review.policy.rules import Group


class RequirementOutcome(NamedTuple):
    """The state of a group."""

    state: VerdictState
    counted: frozenset[str] = frozenset()
    """Whose approvals fill a place, in the way that is nearest to being satisfied."""
    able: frozenset[str] = frozenset()
    """Who would fill a further place, in any of the ways; contributors may be among them."""
    missing: int = 0
    ways: Alternatives = ()
    """The ways that approvals can still satisfy; of a rule in a bundle, those of the whole bundle."""
    elsewhere: tuple[tuple[str, str], ...] = ()
    """Who approved and could count here, but counts for another rule of the bundle: the person, and that rule."""


def outcomes(groups: Iterable[Group]) -> list[tuple[Group, RequirementOutcome]]:
    """The groups with their states, in their order."""
    together: dict[tuple[Bundle, frozenset[str]], dict[str, RequirementOutcome]] = {}
    judged = []
    for group in groups:
        if group.bundle is None:
            judged.append((group, outcome_of(group)))
            continue
        key = group.bundle, group.approvers
        if key not in together:
            together[key] = outcomes_of_bundle(*key)
        judged.append((group, together[key][group.rule]))
    return judged


def outcome_of(group: Group) -> RequirementOutcome:
    """The state of a group by itself: approved where one way is satisfied by distinct people."""
    if group.waived is not None or not group.ways:
        return RequirementOutcome(VerdictState.APPROVED)
    ways = _open(group.ways, group.evidence)
    if not ways:
        return RequirementOutcome(VerdictState.DISAPPROVED)
    matchings = [match(way, group.approvers & fitting(way)) for way in ways]
    best = min(matchings, key=lambda one: one.missing)
    if best.missing == 0:
        return RequirementOutcome(VerdictState.APPROVED, best.people)
    able = frozenset().union(*(matching.welcome() for matching in matchings))
    return RequirementOutcome(VerdictState.PENDING, best.people, able, best.missing, ways)


def outcomes_of_bundle(bundle: Bundle, approvers: frozenset[str]) -> dict[str, RequirementOutcome]:
    """The state of each rule of a bundle: as many places as can be are filled over all of them, each by another person.

    TooManyAlternativesError where the ways of all the rules together cannot be looked through.
    """
    open_ways = {rule: _open(ways, bundle.evidence) for rule, ways in bundle.rules}
    found = {rule: RequirementOutcome(VerdictState.DISAPPROVED) for rule, ways in open_ways.items() if not ways}
    rules = [rule for rule in open_ways if rule not in found]
    tries = [_Try.of(rules, ways, approvers) for ways in combined([open_ways[rule] for rule in rules])]
    best = min(tries, key=lambda one: one.matching.missing)
    whole = tuple(dict.fromkeys(one.matching.alternative for one in tries))
    for rule in rules:
        counted, missing = best.people(rule), best.missing(rule)
        if not missing:
            found[rule] = RequirementOutcome(VerdictState.APPROVED, counted)
            continue
        able = frozenset().union(*(one.matching.welcome(one.places[rule]) for one in tries))
        fits = fitting(Alternative(best.matching.alternative.slots[best.places[rule].start : best.places[rule].stop]))
        elsewhere = tuple(best.elsewhere(rule, fits))
        found[rule] = RequirementOutcome(VerdictState.PENDING, counted, able, missing, whole, elsewhere)
    return found


class _Try(NamedTuple):
    """One way of each rule of a bundle, and the approvals over all their slots."""

    matching: Matching
    places: dict[str, range]
    """The slots of each rule."""

    @classmethod
    def of(cls, rules: list[str], ways: tuple[Alternative, ...], approvers: frozenset[str]) -> _Try:
        whole = as_one(ways)
        bounds = pairwise(accumulate((len(way.slots) for way in ways), initial=0))
        places = {rule: range(*bound) for rule, bound in zip(rules, bounds, strict=True)}
        return cls(match(whole, approvers & fitting(whole)), places)

    def people(self, rule: str) -> frozenset[str]:
        return frozenset(person for place in self.places[rule] for person in self.matching.filled[place])

    def missing(self, rule: str) -> int:
        slots = self.matching.alternative.slots
        return sum(slots[place].count - len(self.matching.filled[place]) for place in self.places[rule])

    def elsewhere(self, rule: str, fits: frozenset[str]) -> Iterator[tuple[str, str]]:
        for other in self.places:
            if other != rule:
                yield from ((person, other) for person in sorted(self.people(other) & fits))


def _open(ways: Alternatives, evidence: str | None) -> Alternatives:
    """The ways that approvals can satisfy: what evidence does not prove, nobody makes up for."""
    return tuple(way for way in ways if evidence == "valid" or not way.needs_evidence)

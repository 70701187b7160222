"""The smallest set of people whose approvals would satisfy everything that is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from penstock.review.policy.matching import Matching, fitting, match, who_fits
from penstock.review.policy.requirements import Alternatives

MOST_MATCHINGS = 20_000
"""Work after which the search stops, counted so that the answer does not depend on the machine."""


class Demand(NamedTuple):
    """A requirement that is not satisfied yet, and who approved already."""

    ways: Alternatives
    """Without those that no approval can satisfy."""
    approved: frozenset[str]


class Suggestion(NamedTuple):
    """People to ask. `complete` says whether they would satisfy every demand."""

    people: tuple[str, ...]
    is_smallest: bool
    complete: bool


def smallest_set(demands: Iterable[Demand], excluded: frozenset[str], near: frozenset[str] = frozenset()) -> Suggestion:
    """The smallest set of people, `excluded` not among them, and of equal sets always the same.

    Where one of several would do, `near` people come first. A demand that nobody can satisfy is left out, and
    `complete` is False.
    """
    distinct = tuple(sorted(dict.fromkeys(demands), key=_order))
    everybody = _Search(distinct, excluded, near)
    reduced = [Demand(everybody.possible_ways(demand), demand.approved) for demand in distinct]
    search = _Search(tuple(demand for demand in reduced if demand.ways), excluded, near)
    found = search.run()
    complete = len(search.demands) == len(distinct)
    if found is not None:
        return Suggestion(tuple(sorted(found)), is_smallest=True, complete=complete)
    return Suggestion(tuple(sorted(search.greedy())), is_smallest=False, complete=complete)


def who_could(demands: Iterable[Demand]) -> frozenset[str]:
    """Everybody who fits a slot of any of the demands."""
    return who_fits(way for demand in demands for way in demand.ways)


def is_possible(demand: Demand, excluded: frozenset[str]) -> bool:
    """Whether there are enough people for one of the ways, if none of `excluded` approves any more."""
    return any(
        match(way, (fitting(way) - excluded) | (fitting(way) & demand.approved)).missing == 0 for way in demand.ways
    )


def indispensable(ways: Alternatives) -> frozenset[str] | None:
    """The people without each of whom no way can be satisfied; None where there are too few people for any way."""
    complete = next((found for found in (match(way, fitting(way)) for way in ways) if found.missing == 0), None)
    if complete is None:
        return None
    demand = Demand(ways, frozenset())
    return frozenset(person for person in complete.people if not is_possible(demand, frozenset({person})))


class _CutOffError(Exception):
    """The search has done as much work as it may."""


@dataclass(slots=True)
class _Search:
    """Iterative deepening over how many people are asked; people who fit the same slots are tried once."""

    demands: tuple[Demand, ...]
    excluded: frozenset[str]
    near: frozenset[str]
    work: int = 0
    _signatures: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sets = list(dict.fromkeys(slot.people for demand in self.demands for way in demand.ways for slot in way.slots))
        for person in frozenset().union(*sets) - self.excluded:
            places = tuple(index for index, people in enumerate(sets) if person in people)
            # Who approved some of it already is not the like of who approved nothing.
            own = [i for i, demand in enumerate(self.demands) if person in demand.approved]
            self._signatures[person] = (*places, -1, *own)

    def possible_ways(self, demand: Demand) -> Alternatives:
        """The ways to satisfy the demand that there are enough people for."""
        everybody = demand.approved | self._signatures.keys()
        return tuple(way for way in demand.ways if match(way, everybody & fitting(way)).missing == 0)

    def run(self) -> frozenset[str] | None:
        """The smallest set; None where the search was cut off."""
        try:
            start = self._open(frozenset())
            bound = max((missing for missing, _ in start), default=0)
            while True:
                found = self._extend(frozenset(), frozenset(), bound)
                if found is not None:
                    return found
                bound += 1
        except _CutOffError:
            return None

    def _extend(self, chosen: frozenset[str], closed: frozenset[tuple[int, ...]], bound: int) -> frozenset[str] | None:
        opened = self._open(chosen)
        if not opened:
            return chosen
        most, welcome = max(opened, key=lambda one: one[0])
        if len(chosen) + most > bound:
            return None
        kinds: dict[tuple[int, ...], str] = {}
        for person in sorted(welcome - chosen - self.excluded, key=self._rank):
            kinds.setdefault(self._signatures[person], person)
        for kind, person in sorted(kinds.items(), key=lambda item: (-len(item[0]), *self._rank(item[1]))):
            if kind in closed:
                continue
            found = self._extend(chosen | {person}, closed, bound)
            if found is not None:
                return found
            # From here on, no more of this kind: what they would add was searched.
            closed |= {kind}
        return None

    def _open(self, chosen: frozenset[str]) -> list[tuple[int, frozenset[str]]]:
        """For each demand that is not satisfied: how many are missing at least, and who would help."""
        found = []
        for demand in self.demands:
            matchings = []
            for way in demand.ways:
                self.work += 1
                if self.work > MOST_MATCHINGS:
                    raise _CutOffError
                matchings.append(match(way, (demand.approved | chosen) & fitting(way)))
            missing = min(matching.missing for matching in matchings)
            if missing:
                found.append((missing, _welcome(matchings)))
        return found

    def greedy(self) -> frozenset[str]:
        """A set that is enough, each time with the person who fills the most places."""
        chosen: set[str] = set()
        while True:
            gains: dict[str, int] = {}
            for demand in self.demands:
                matchings = [match(way, (demand.approved | chosen) & fitting(way)) for way in demand.ways]
                if min(matching.missing for matching in matchings) == 0:
                    continue
                best = min(matchings, key=lambda one: one.missing)
                for person in best.welcome() - self.excluded:
                    gains[person] = gains.get(person, 0) + 1
            if not gains:
                return frozenset(chosen)
            chosen.add(min(gains, key=lambda person: (-gains[person], *self._rank(person))))

    def _rank(self, person: str) -> tuple[bool, str]:
        return person not in self.near, person


def _welcome(matchings: list[Matching]) -> frozenset[str]:
    return frozenset().union(*(matching.welcome() for matching in matchings))


def _order(demand: Demand) -> tuple[object, ...]:
    ways = [[(slot.count, sorted(slot.people)) for slot in way.slots] for way in demand.ways]
    return (repr(ways), sorted(demand.approved))

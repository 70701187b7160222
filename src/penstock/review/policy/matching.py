"""Distinct people in slots: maximum bipartite matching by augmenting paths (Kuhn's algorithm)."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from penstock.review.policy.requirements import Alternative


@dataclass(slots=True)
class Matching:
    """An assignment of people to the slots of an alternative that cannot be enlarged."""

    alternative: Alternative
    filled: list[list[str]] = field(default_factory=list)
    """The people in each slot, in the order of the slots."""

    @property
    def people(self) -> frozenset[str]:
        """Everyone who fills a slot."""
        return frozenset(person for slot in self.filled for person in slot)

    @property
    def missing(self) -> int:
        """How many places are empty."""
        return self.alternative.size - sum(map(len, self.filled))

    def add(self, person: str) -> bool:
        """Give the person a place, moving others where that helps; False where it takes nobody more."""
        return self._place(person, set())

    def _place(self, person: str, tried: set[int]) -> bool:
        for index, slot in enumerate(self.alternative.slots):
            if index in tried or person not in slot.people:
                continue
            tried.add(index)
            here = self.filled[index]
            if len(here) < slot.count:
                here.append(person)
                return True
            for position, other in enumerate(here):
                if self._place(other, tried):
                    here[position] = person
                    return True
        return False

    def welcome(self, among: Container[int] | None = None) -> frozenset[str]:
        """Everyone not in it yet who would enlarge it; where slots are named by their places, fill one of them."""
        slots = self.alternative.slots
        open_slots = [
            index
            for index, slot in enumerate(slots)
            if len(self.filled[index]) < slot.count and (among is None or index in among)
        ]
        reached = set(open_slots)
        while open_slots:
            wanted = slots[open_slots.pop()].people
            for index, here in enumerate(self.filled):
                if index not in reached and any(person in wanted for person in here):
                    reached.add(index)
                    open_slots.append(index)
        return frozenset().union(*(slots[index].people for index in reached)) - self.people


def match(alternative: Alternative, people: Iterable[str]) -> Matching:
    """The largest matching of the people; the same for the same people in any order."""
    matching = Matching(alternative, [[] for _ in alternative.slots])
    for person in sorted(people):
        matching.add(person)
    return matching


def fitting(alternative: Alternative) -> frozenset[str]:
    """Everyone who fits one of the slots."""
    return frozenset().union(*(slot.people for slot in alternative.slots))


def has_empty_place(ways: Iterable[Alternative]) -> bool:
    """Whether each of the ways has a place that nobody at all fits, as where a team is not on the base yet."""
    return all(any(not slot.people for slot in way.slots) for way in ways)


def who_fits(ways: Iterable[Alternative]) -> frozenset[str]:
    """Everybody who fits a slot of any of the ways."""
    return frozenset().union(*map(fitting, ways))

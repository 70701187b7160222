"""The matching is maximal and the suggestion the smallest, held against trying everything."""

from __future__ import annotations

from itertools import combinations, permutations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.review.policy.matching import match
from penstock.review.policy.outcome import outcomes_of_bundle
from penstock.review.policy.people import MOST_MATCHINGS, Demand, indispensable, smallest_set
from penstock.review.policy.requirements import Alternative, Bundle, Slot, as_one

PEOPLE = "abcdefg"
groups = st.frozensets(st.sampled_from(PEOPLE), min_size=1, max_size=4)
slots = st.builds(Slot, groups, st.integers(1, 2))
ways = st.builds(Alternative, st.lists(slots, min_size=1, max_size=3).map(tuple))
demands = st.builds(
    Demand, st.lists(ways, min_size=1, max_size=2).map(tuple), st.frozensets(st.sampled_from(PEOPLE), max_size=2)
)


def _fills(way: Alternative, people: frozenset[str]) -> int:
    places = [slot.people for slot in way.slots for _ in range(slot.count)]
    for count in range(min(len(places), len(people)), 0, -1):
        for chosen in combinations(places, count):
            if any(
                all(p in place for p, place in zip(order, chosen, strict=True)) for order in permutations(people, count)
            ):
                return count
    return 0


@settings(max_examples=80, deadline=None)
@given(ways, st.frozensets(st.sampled_from(PEOPLE), max_size=5))
def test_no_assignment_fills_more_places(way: Alternative, people: frozenset[str]) -> None:
    matching = match(way, people)
    assert way.size - matching.missing == _fills(way, people)
    assert len(matching.people) == sum(map(len, matching.filled)), "one person fills one place"


@settings(max_examples=80, deadline=None)
@given(ways, st.frozensets(st.sampled_from(PEOPLE), max_size=4))
def test_exactly_those_are_welcome_who_fill_one_more_place(way: Alternative, people: frozenset[str]) -> None:
    matching = match(way, people)
    helpful = {one for one in PEOPLE if match(way, people | {one}).missing < matching.missing}
    assert matching.welcome() - people == helpful - people


@settings(max_examples=80, deadline=None)
@given(st.lists(demands, min_size=1, max_size=3), st.frozensets(st.sampled_from(PEOPLE), max_size=2))
def test_no_smaller_set_satisfies_everything(wanted: list[Demand], excluded: frozenset[str]) -> None:
    wanted = [Demand(one.ways, one.approved - excluded) for one in wanted]
    found = smallest_set(wanted, excluded)
    assert found.is_smallest
    assert excluded.isdisjoint(found.people)

    def satisfies(people: frozenset[str]) -> bool:
        return all(any(not match(way, one.approved | people).missing for way in one.ways) for one in wanted)

    candidates = sorted(set(PEOPLE) - excluded)
    enough = [n for n in range(len(candidates) + 1) if any(map(satisfies, map(frozenset, combinations(candidates, n))))]
    assert found.complete is bool(enough)
    if enough:
        assert satisfies(frozenset(found.people))
        assert len(found.people) == enough[0]


def test_a_search_that_is_cut_off_says_so_and_still_names_enough_people() -> None:
    wanted = [
        Demand((Alternative((Slot(frozenset(f"p{(n * k + 7 * k) % 61}" for k in range(1, 6)), 1),)),), frozenset())
        for n in range(160)
    ]
    found = smallest_set(wanted, frozenset())
    assert found.complete
    assert not found.is_smallest, f"the search ends after {MOST_MATCHINGS} matchings"
    people = frozenset(found.people)
    assert all(not match(one.ways[0], people).missing for one in wanted)


def test_who_approved_something_already_is_not_the_like_of_who_approved_nothing() -> None:
    """Of two people of one team, the one whose approval counts for one rule cannot give another for it."""
    team = frozenset("ab")
    twice = Demand((Alternative((Slot(team, 2),)),), frozenset("a"))
    once = Demand((Alternative((Slot(team, 1),)),), frozenset())
    assert smallest_set([twice, once], frozenset()) == (("b",), True, True)
    assert smallest_set([twice._replace(approved=frozenset("b")), once], frozenset()) == (("a",), True, True)


def test_the_order_of_demands_changes_nothing() -> None:
    one = Demand((Alternative((Slot(frozenset("ab"), 1),)),), frozenset())
    other = Demand((Alternative((Slot(frozenset("bc"), 1),)),), frozenset())
    assert smallest_set([one, other], frozenset()) == smallest_set([other, one], frozenset())
    assert smallest_set([one, other], frozenset()).people == ("b",)


bundles = st.lists(st.lists(ways, min_size=1, max_size=2).map(tuple), min_size=2, max_size=3).map(
    lambda rules: Bundle(tuple((f"r{n}", one) for n, one in enumerate(rules)), "valid")
)


@settings(max_examples=120, deadline=None)
@given(bundles, st.frozensets(st.sampled_from(PEOPLE), max_size=5))
def test_over_all_rules_of_a_bundle_no_assignment_fills_more_places(bundle: Bundle, people: frozenset[str]) -> None:
    found = outcomes_of_bundle(bundle, people)
    counted = [person for one in found.values() for person in one.counted]
    assert len(counted) == len(set(counted)), "one person counts for one rule"
    choices = [as_one(choice) for choice in product(*(one for _, one in bundle.rules))]
    assert sum(one.missing for one in found.values()) == min(way.size - _fills(way, people) for way in choices)
    if len(choices) == 1:
        [way] = choices
        helpful = {one for one in PEOPLE if match(way, people | {one}).missing < match(way, people).missing}
        assert frozenset().union(*(one.able for one in found.values())) == helpful - people


@settings(max_examples=80, deadline=None)
@given(st.lists(ways, min_size=1, max_size=2).map(tuple))
def test_without_whom_nothing_is_satisfied(several: tuple[Alternative, ...]) -> None:
    def enough(people: str) -> bool:
        return any(_fills(way, frozenset(people)) == way.size for way in several)

    expected = {person for person in PEOPLE if not enough(PEOPLE.replace(person, ""))} if enough(PEOPLE) else None
    assert indispensable(several) == expected


def test_of_equal_people_those_who_own_something_of_it_are_asked() -> None:
    """Somebody of another model's team would do by the rule as well, and could say little."""
    anybody = Demand((Alternative((Slot(frozenset("abc"), 1),)),), frozenset())
    assert smallest_set([anybody], frozenset()).people == ("a",)
    assert smallest_set([anybody], frozenset(), frozenset("c")).people == ("c",)
    both = Demand((Alternative((Slot(frozenset("bd"), 1),)),), frozenset())
    assert smallest_set([anybody, both], frozenset(), frozenset("cd")).people == ("b",), "nobody is asked beyond need"


def test_of_two_who_approved_other_rules_the_one_is_asked_who_can_give_both() -> None:
    """`a` counts for the pair already and `b` for another rule: of those two, `b` alone completes everything."""
    team = frozenset("ab")
    pair = Demand((Alternative((Slot(team, 2),)),), frozenset("a"))
    other = Demand((Alternative((Slot(team, 1), Slot(frozenset("c"), 1))),), frozenset("b"))
    anybody = Demand((Alternative((Slot(team, 1),)),), frozenset())
    assert smallest_set([anybody, other, pair], frozenset()).people == ("b", "c")

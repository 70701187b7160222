"""Items of lists find each other: equal ones in their order, the rest by place or first field, in little time."""

from __future__ import annotations

import random
from time import perf_counter

import pytest

from penstock.review.changes.alignment import Pair, align
from penstock.specs.model import SensitiveUse
from penstock.specs.rollout import CanaryStep
from penstock.specs.units import Fraction


def aligned(before: str, after: str, *, is_set: bool = False) -> list[str]:
    """Each pair as its two letters, a dot for none."""
    pairs = align(list(before), list(after), is_set=is_set)
    return [
        (before[one.before] if one.before is not None else ".") + (after[one.after] if one.after is not None else ".")
        for one in pairs
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("abc", "abc", []),
        ("abc", "axc", ["bx"]),
        ("abc", "ac", ["b."]),
        ("ac", "abc", [".b"]),
        ("abab", "baba", [".b", "b."]),
        ("abcd", "bcda", ["a.", ".a"]),
        ("", "ab", [".a", ".b"]),
        ("ab", "", ["a.", "b."]),
    ],
)
def test_equal_items_keep_their_order_and_the_rest_goes_by_place(before: str, after: str, expected: list[str]) -> None:
    assert sorted(aligned(before, after)) == sorted(expected)


def test_what_is_not_equal_is_paired_once_and_what_is_not_paired_is_equal() -> None:
    numbers = random.Random(4)
    for _ in range(300):
        before, after = (
            "".join(numbers.choices("abcdefgh"[: numbers.randint(1, 8)], k=numbers.randint(0, 30))) for _ in range(2)
        )
        pairs = list(align(list(before), list(after), is_set=False))
        gone = {one.before for one in pairs if one.before is not None}
        come = {one.after for one in pairs if one.after is not None}
        assert len(gone) == sum(one.before is not None for one in pairs)
        assert len(come) == sum(one.after is not None for one in pairs)
        left = [item for place, item in enumerate(before) if place not in gone]
        assert left == [item for place, item in enumerate(after) if place not in come]


def _step(weight: str) -> CanaryStep:
    return CanaryStep(weight=Fraction.parse(weight))


def _uses(purpose: str, step: int) -> list[SensitiveUse]:
    return [
        SensitiveUse.model_construct(column=f"people.c{place * step % 2000}", use="allowed", purpose=purpose)
        for place in range(2000)
    ]


LOW, HIGH = _step("10%"), _step("20%")
LISTS = {
    "alternating": ([LOW, HIGH] * 500, [LOW] * 500 + [HIGH] * 500),
    "alternating texts": (["a", "b"] * 500, ["b", "a", "c"] * 333),
    "runs of many lengths": (sorted("abcdefgh" * 125), list("abcdefgh" * 125)),
    "by their first field": (_uses("billing", 1), _uses("support", 7)),
}


@pytest.mark.parametrize("name", LISTS)
def test_long_lists_are_aligned_in_little_time(name: str) -> None:
    before, after = LISTS[name]
    start = perf_counter()
    pairs = list(align(before, after, is_set=False))
    assert perf_counter() - start < 0.5
    assert all(isinstance(pair, Pair) for pair in pairs)


def test_long_lists_of_which_little_changed_are_told_by_what_changed() -> None:
    before = [f"step {place}" for place in range(5000)]
    after = [*before[:2000], "new", *before[2001:4000], *before[4001:]]
    assert [(one.before, one.after) for one in align(before, after, is_set=False)] == [(2000, 2000), (4000, None)]

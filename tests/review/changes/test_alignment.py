"""Items of lists find each other: equal ones in their order, the rest by place or first field, in little time."""

from __future__ import annotations

import random
from time import process_time
from typing import Any

import pytest

from penstock.review.changes.alignment import Pair, align
from penstock.specs.canary import CanaryStep
from penstock.specs.gate import GateTest, MetricRule
from penstock.specs.model import SensitiveUse
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


def _use(column: str, purpose: str) -> SensitiveUse:
    return SensitiveUse(column=f"people.{column}", use="feature", purpose=f"So that {purpose} is told.")


def _test(outcome: str) -> GateTest:
    return GateTest.model_validate({"given": {"roc_auc": 0.6}, "expect": {"quality": outcome}})


def _rule(name: str, bound: float) -> MetricRule:
    return MetricRule.model_validate({"id": name, "metric": "roc_auc", "atLeast": bound})


AGE, RACE = _use("age", "one"), _use("race", "two")
ONE, OTHER = _rule("one", 0.5), _rule("other", 0.6)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([AGE, RACE], [RACE, _use("age", "three"), _use("sex", "four")], [(0, 1, "1"), (None, 2, "2")]),
        ([AGE, RACE, AGE], [RACE, AGE], [(2, None, "2")]),
        ([AGE, AGE], [_use("age", "three")], [(0, 0, "0"), (1, None, "1")]),
        ([_test("fail")], [_test("pass")], [(None, 0, "0"), (0, None, "0")]),
        (
            [ONE, OTHER],
            [_rule("other", 0.7), ONE, _rule("new", 0.5)],
            [(1, 0, "other"), (0, 1, "one"), (None, 2, "new")],
        ),
        ([ONE, OTHER], [OTHER], [(1, 0, "other"), (0, None, "one")]),
        ([ONE, OTHER], [ONE, _rule("one", 0.7)], [(1, 1, "1")]),
        ([], [AGE], [(None, 0, "0")]),
    ],
    ids=["by the first field", "equal ones first", "each once", "whole tests", "by id", "gone", "two of one id", "new"],
)
def test_items_without_a_name_are_known_by_what_they_say(before: list[Any], after: list[Any], expected: Any) -> None:
    assert [tuple(pair) for pair in align(before, after, is_set=False)] == expected


def test_names_in_a_set_come_and_go_wherever_they_stand() -> None:
    pairs = align(["a", "b", "a", "x" * 81], ["b", "c", "a"], is_set=True)
    assert [tuple(pair) for pair in pairs] == [(None, 1, "c"), (2, None, "a"), (3, None, "3")]


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
    start = process_time()
    pairs = list(align(before, after, is_set=False))
    assert process_time() - start < 1
    assert all(isinstance(pair, Pair) for pair in pairs)


def test_long_lists_of_which_little_changed_are_told_by_what_changed() -> None:
    before = [f"step {place}" for place in range(5000)]
    after = [*before[:2000], "new", *before[2001:4000], *before[4001:]]
    assert [(one.before, one.after) for one in align(before, after, is_set=False)] == [(2000, 2000), (4000, None)]

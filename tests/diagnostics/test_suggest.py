"""Suggestions: what a hand slips on comes back, what has nothing to do with it does not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.diagnostics.suggest import did_you_mean, is_certain

NAMES = [
    "flights",
    "weather",
    "arrivals",
    "departure-conditions",
    "primaryKey",
    "atLeast",
    "atMost",
    "minSupport",
    "age_band",
]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("fligths", "flights"),
        ("flight", "flights"),
        ("Flights", "flights"),
        ("wether", "weather"),
        ("primary_key", "primaryKey"),
        ("primary-key", "primaryKey"),
        ("PrimaryKey", "primaryKey"),
        ("departureConditions", "departure-conditions"),
        ("departure-condition", "departure-conditions"),
        ("atleast", "atLeast"),
        ("at_most", "atMost"),
        ("ageBand", "age_band"),
        ("minSuport", "minSupport"),
        ("departure", "departure-conditions"),
    ],
)
def test_a_slip_leads_to_what_was_meant(word: str, meant: str) -> None:
    assert did_you_mean(word, NAMES)[0] == meant


@pytest.mark.parametrize(
    ("word", "known", "certain"),
    [
        ("fligths", ["flights", "weather"], True),
        ("flight", ["flights"], True),
        ("primary_key", ["primaryKey"], True),
        ("descriptoin", ["description", "owner"], True),
        ("departure-condition", ["departure-conditions"], True),
        # Two that are near.
        ("flights-of-jf", ["flights-of-jfk", "flights-of-sfo"], False),
        # Two slips, the beginning of a word, or a part of it.
        ("flgihst", ["flights"], False),
        ("flig", ["flights"], False),
        ("conditions", ["departure-conditions"], False),
        # What may well be meant: another version, another letter of a short part.
        ("flights-v1", ["flights-v2"], False),
        ("flights2", ["flights"], False),
        ("team-a", ["team-b"], False),
        ("min", ["max"], False),
        ("mix", ["min"], False),
        ("bicycle", ["flights"], False),
    ],
)
def test_only_a_slip_that_can_mean_one_thing_is_certain(word: str, known: list[str], certain: bool) -> None:
    assert is_certain(word, did_you_mean(word, known)) is certain


@pytest.mark.parametrize("word", ["", "x", "bicycle", "zzzzzz", "ok"])
def test_what_is_like_nothing_gets_no_suggestion(word: str) -> None:
    assert did_you_mean(word, NAMES) == []


def test_of_numbers_the_nearest_comes_first() -> None:
    assert did_you_mean("p97", ["p50", "p90", "p95", "p99"]) == ["p95", "p99", "p90"]


@given(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=8), st.randoms())
def test_the_order_of_candidates_does_not_matter(word: str, names: list[str], random: object) -> None:
    shuffled = sorted(names, key=lambda _: random.random())  # type: ignore[attr-defined]
    suggested = did_you_mean(word, names)
    assert suggested == did_you_mean(word, shuffled)
    assert len(suggested) <= 3
    assert word not in suggested
    assert set(suggested) <= set(names)


def test_many_candidates_are_looked_through_in_reasonable_time() -> None:
    names = [f"model-{number:05}-features" for number in range(20_000)] + ["departures"]
    start = time.process_time()
    assert did_you_mean("deprtures", names) == ["departures"]
    assert time.process_time() - start < 2


@pytest.mark.parametrize(("word", "known"), [("x", "y"), ("ab", "ac"), ("ab", "ba")])
def test_words_of_which_next_to_nothing_is_the_same_are_no_slips(word: str, known: str) -> None:
    assert did_you_mean(word, [known]) == []

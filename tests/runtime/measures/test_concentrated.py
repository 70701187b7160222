"""Distances over intervals of columns that few values fill: each of them counts, and what was never seen does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.runtime.measures.drift import distances_of_categories, distances_of_numbers, interval_counts, window_of
from penstock.runtime.measures.profile import INTERVALS, profile_categories, profile_numbers


def psi(before: np.ndarray, now: np.ndarray) -> float:
    return distances_of_numbers(profile_numbers(before), window_of(now)).psi


def flags(ones: int, zeros: int) -> np.ndarray:
    return np.r_[np.ones(ones), np.zeros(zeros)]


def test_a_flag_that_is_mostly_on_drifts_as_one_that_is_mostly_off() -> None:
    off, on = psi(flags(40, 960), flags(500, 500)), psi(flags(960, 40), flags(500, 500))
    assert off == on == pytest.approx(0.46 * np.log(0.5 / 0.04) + 0.46 * np.log(0.96 / 0.5))
    assert psi(flags(960, 40), flags(0, 1000)) > 10


@pytest.mark.parametrize("now", [-1.0, 1.0, 0.5, -1e-300, 1e-300])
def test_a_constant_that_changes_drifts(now: float) -> None:
    found = distances_of_numbers(profile_numbers(np.zeros(1000)), window_of(np.full(1000, now)))
    assert found.psi > 10
    assert found.jensen_shannon == 1


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=60), st.lists(st.integers(-4, 4), min_size=1, max_size=60))
@settings(max_examples=200, deadline=None)
def test_fewer_than_ten_values_are_counted_as_categories_are(before: list[int], now: list[int]) -> None:
    numbers = distances_of_numbers(profile_numbers(np.array(before, float)), window_of(np.array(now, float)))
    known = set(before)
    # Numbers that were never seen lie in several intervals, categories in one.
    found = [str(each) for each in now if each in known]
    if len(found) == len(now):
        categories = distances_of_categories(profile_categories([str(each) for each in before]), found)
        assert numbers.psi == pytest.approx(categories.psi)
        assert numbers.jensen_shannon == pytest.approx(categories.jensen_shannon)
    else:
        assert numbers.psi > 0.01


def test_a_frequent_value_is_an_interval_and_the_rest_are_tenths() -> None:
    rng = np.random.default_rng(0)
    before = np.r_[np.full(5500, 3.0), rng.uniform(0, 3, 1500), rng.uniform(3, 9, 3000)]
    reference = profile_numbers(before)
    expected, _ = interval_counts(reference, window_of(before))
    # Below all, two of 7.5 %, the value, three of 10 %, above all, missing.
    assert expected.tolist() == [0, 750, 750, 5500, 1000, 1000, 1000, 0, 0]
    moved = np.where(before == 3.0, 2.999, before)
    assert distances_of_numbers(reference, window_of(moved)).psi > 1


def test_beyond_what_a_concentrated_column_ever_was_is_an_interval_of_its_own() -> None:
    rng = np.random.default_rng(0)
    before, now = (np.r_[np.zeros(900), rng.normal(mean, 1, 100)] for mean in (5, 50))
    assert psi(before, now) > 1


@pytest.mark.parametrize("share", [0.05, 0.1, 0.11, 0.3, 0.5, 0.9, 0.999])
def test_no_interval_holds_two_tenths_unless_it_is_one_value(share: float) -> None:
    rng = np.random.default_rng(1)
    before = np.where(rng.random(10_000) < share, 7.0, rng.gamma(2, 5, 10_000))
    expected, _ = interval_counts(profile_numbers(before), window_of(before))
    frequent = int((before == 7.0).sum())
    others = [count for count in expected if count != frequent]
    assert max(others) < 2 * len(before) / INTERVALS


@pytest.mark.parametrize("rows", [10, 37, 1000, 50_000])
def test_without_a_frequent_value_the_intervals_are_those_of_the_deciles(rows: int) -> None:
    before = np.random.default_rng(rows).normal(size=rows)
    assert profile_numbers(before).ends.tolist() == np.quantile(before, np.arange(1, 10) / 10).tolist()


def test_a_sample_of_the_same_concentrated_column_stays_where_it_is() -> None:
    rng = np.random.default_rng(3)
    for share in (0.04, 0.5, 0.96):
        before, now = (np.where(rng.random(5000) < share, 1.0, rng.lognormal(size=5000)) for _ in range(2))
        assert psi(before, now) < 0.02

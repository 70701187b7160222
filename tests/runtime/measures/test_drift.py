"""Distances: the numbers that independent implementations give, exactness, missing values, categories, files."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.datasets import load_breast_cancer

from penstock.runtime.artifacts import write_json
from penstock.runtime.measures.drift import (
    SMALLEST_SHARE,
    chance_psi,
    distances_of_categories,
    distances_of_numbers,
    ks,
    psi,
    wasserstein,
    window_of,
)
from penstock.runtime.measures.profile import CATEGORIES, OTHER, Numbers, from_json, profile_categories, profile_numbers

RADIUS = load_breast_cancer().data[:, 0]
REFERENCE, NOW = RADIUS[:284], RADIUS[284:]


def test_distances_are_those_of_independent_implementations() -> None:
    reference = profile_numbers(REFERENCE)
    found = distances_of_numbers(reference, window_of(NOW))
    assert found.ks == pytest.approx(0.1530763528539659, abs=1e-15)
    assert found.wasserstein * reference.deviation == pytest.approx(0.8632034593526, abs=5e-13)
    assert found.psi == pytest.approx(0.1675429609, abs=5e-10)


def test_the_index_over_other_intervals_is_that_of_independent_implementations() -> None:
    deciles = np.quantile(REFERENCE, np.arange(1, 10) / 10)
    closed_on_the_left = [np.bincount(np.searchsorted(deciles, each, side="right")) for each in (REFERENCE, NOW)]
    assert psi(*closed_on_the_left) == pytest.approx(0.1649529934, abs=5e-11)
    equally_wide = np.linspace(REFERENCE.min(), REFERENCE.max(), 11)
    assert psi(*(np.histogram(each, equally_wide)[0] for each in (REFERENCE, NOW))) == pytest.approx(
        0.1418214706, abs=5e-11
    )


values = st.lists(st.integers(-8, 8).map(float) | st.just(float("nan")), min_size=1, max_size=40).map(np.array)


@given(values, values)
@settings(max_examples=300, deadline=None)
def test_up_to_a_thousand_different_values_a_profile_loses_nothing(before: np.ndarray, now: np.ndarray) -> None:
    reference, window = profile_numbers(before), window_of(now)
    lowest = [np.where(np.isnan(each), -100.0, each) for each in (before, now)]
    assert ks(reference, window) == pytest.approx(stats.ks_2samp(*lowest).statistic, abs=1e-12)
    present = [each[~np.isnan(each)] for each in (before, now)]
    if len(present[0]) and len(present[1]) and present[0].std() > 0:
        expected = stats.wasserstein_distance(*present) / present[0].std()
        assert wasserstein(reference, window) == pytest.approx(expected, abs=1e-9)


def test_beyond_that_a_profile_is_off_by_a_thousandth_at_most() -> None:
    rng = np.random.default_rng(0)
    before, now = rng.gamma(2, size=60_000), rng.gamma(2.1, size=40_000)
    reference = profile_numbers(before)
    assert len(reference.edges) < 1300
    found = distances_of_numbers(reference, window_of(now))
    assert 0 <= stats.ks_2samp(before, now).statistic - found.ks < 0.001


SKEWED: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, rows: rng.normal(size=rows),
    "exponential": lambda rng, rows: rng.exponential(size=rows),
    "log-normal": lambda rng, rows: rng.lognormal(0, 1.5, rows),
    "log-normal, long": lambda rng, rows: rng.lognormal(0, 2.5, rows),
    "pareto": lambda rng, rows: rng.pareto(1.2, rows),
    "cauchy": lambda rng, rows: rng.standard_cauchy(rows),
    "many zeros": lambda rng, rows: np.where(rng.random(rows) < 0.7, 0.0, rng.lognormal(3, 2, rows)),
    "a value between two humps": lambda rng, rows: rng.choice([100.0, rng.normal(0, 9), rng.normal(200, 9)], rows),
}


@pytest.mark.parametrize("rows", [1500, 20_000, 120_000])
@pytest.mark.parametrize("family", SKEWED)
def test_the_area_between_distributions_is_right_however_skewed_they_are(family: str, rows: int) -> None:
    rng = np.random.default_rng(2)
    draw = SKEWED[family]
    before = draw(rng, rows)
    reference = profile_numbers(before)
    for now in (before, draw(rng, rows), draw(rng, 300), draw(rng, rows) * 1.1):
        expected = stats.wasserstein_distance(before, now) / before.std()
        assert wasserstein(reference, window_of(now)) == pytest.approx(expected, abs=0.001)


def test_a_jump_of_the_share_is_seen_just_below_the_value_it_is_at() -> None:
    rng = np.random.default_rng(0)
    before = np.r_[np.zeros(5000), rng.uniform(-9, 9, 5000)]
    now = np.full(500, -1e-9)
    found = ks(profile_numbers(before), window_of(now))
    assert found == pytest.approx(stats.ks_2samp(before, now).statistic, abs=0.001)


def test_the_intervals_of_psi_are_closed_on_the_right_and_no_share_is_zero() -> None:
    reference = profile_numbers(np.repeat(np.arange(1.0, 11.0), 10))
    edge = float(reference.ends[4])
    at, above = (distances_of_numbers(reference, window_of(np.full(100, each))) for each in (edge, edge + 1e-9))
    one_interval = (1 - 0.1) * np.log(1 / 0.1) + 9 * (SMALLEST_SHARE - 0.1) * np.log(SMALLEST_SHARE / 0.1)
    assert at.psi == pytest.approx(one_interval)
    assert above.psi == pytest.approx(one_interval)
    halves = window_of(np.r_[np.full(50, edge), np.full(50, edge + 1e-9)])
    assert distances_of_numbers(reference, halves).psi < one_interval


def test_a_feature_that_goes_missing_drifts() -> None:
    reference = profile_numbers(REFERENCE)
    half = np.where(np.arange(284) % 2, REFERENCE, np.nan)
    found = distances_of_numbers(reference, window_of(half))
    assert found.ks == pytest.approx(0.5)
    assert found.psi > 1
    gone = distances_of_numbers(reference, window_of(np.full(100, np.nan)))
    assert gone.ks == 1
    assert gone.wasserstein == np.inf


def test_an_infinite_number_counts_as_missing() -> None:
    window = window_of(np.array([np.nan, 1.0, -np.inf, 2.0, np.inf, -1.0]))
    assert window.values.tolist() == [-1, 1, 2]
    assert window.missing == 3


def test_the_same_rows_have_no_distance() -> None:
    for column in (REFERENCE, np.zeros(10), np.r_[np.nan, np.ones(5)], np.full(4, np.nan)):
        found = distances_of_numbers(profile_numbers(column), window_of(column))
        assert (found.psi, found.ks, found.wasserstein, found.jensen_shannon) == pytest.approx((0, 0, 0, 0), abs=1e-12)


def test_an_empty_window_has_no_distance_at_all() -> None:
    assert np.isnan(distances_of_numbers(profile_numbers(REFERENCE), window_of(np.array([]))).psi)
    assert np.isnan(distances_of_categories(profile_categories(["a"]), []).psi)


def test_a_constant_that_changes_is_infinitely_far_away() -> None:
    assert wasserstein(profile_numbers(np.ones(9)), window_of(np.full(9, 2.0))) == np.inf


def test_a_constant_has_no_deviation_whatever_rounding_makes_of_it() -> None:
    tenths = np.full(1000, 0.1)
    assert tenths.std() > 0
    assert profile_numbers(tenths).deviation == 0
    assert wasserstein(profile_numbers(tenths), window_of(np.full(9, 0.2))) == np.inf


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rows", [500, 5000])
def test_the_greatest_numbers_overflow_nowhere(rows: int) -> None:
    limits, rng = np.finfo(np.float64), np.random.default_rng(0)
    before = rng.uniform(-1, 1, rows)
    before[: rows // 5], before[-9:] = limits.min, limits.max
    reference = from_json(json.loads(json.dumps(profile_numbers(before).as_json())))
    assert isinstance(reference, Numbers)
    same, gone = window_of(before), window_of(np.abs(before))
    assert wasserstein(reference, same) == pytest.approx(0, abs=1e-6)
    assert wasserstein(reference, gone) == pytest.approx(0.2 * limits.max / (reference.deviation / 2), rel=1e-6)
    assert distances_of_numbers(reference, gone).psi > 1


def test_categories_new_and_missing_count_each() -> None:
    reference = profile_categories(["a"] * 60 + ["b"] * 40)
    found = distances_of_categories(reference, ["a"] * 30 + ["b"] * 20 + ["z"] * 25 + [None] * 25)
    assert found.ks == found.wasserstein == pytest.approx(0.5)
    fresh = 0.25 * np.log(0.25 / SMALLEST_SHARE) - SMALLEST_SHARE * np.log(0.25 / SMALLEST_SHARE)
    assert found.psi == pytest.approx(2 * fresh + 0.3 * np.log(2) + 0.2 * np.log(2))


def test_rare_categories_are_kept_together() -> None:
    names = [f"c{number:05}" for number in range(CATEGORIES + 500)]
    reference = profile_categories(names + names[:CATEGORIES])
    assert len(reference.counts) == CATEGORIES + 1
    assert reference.counts[OTHER] == 500
    assert distances_of_categories(reference, names + names[:CATEGORIES]).psi == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("column", [REFERENCE, np.array([]), np.array([1.0, np.nan]), np.arange(5000.0)])
def test_a_profile_of_numbers_survives_its_file(column: np.ndarray, tmp_path: object) -> None:
    profile = profile_numbers(column)
    write_json(tmp_path / "p.json", profile.as_json())  # type: ignore[operator]
    again = from_json(json.loads((tmp_path / "p.json").read_text()))  # type: ignore[operator]
    now = window_of(np.array([3.0, 12.0, np.nan]))
    before, after = (distances_of_numbers(each, now) for each in (profile, again))
    assert np.array_equal(
        [before.psi, before.ks, before.wasserstein], [after.psi, after.ks, after.wasserstein], equal_nan=True
    )


def test_a_category_may_be_called_as_the_rare_ones_together_are() -> None:
    names = [f"c{number:05}" for number in range(CATEGORIES)] + [OTHER] * 7
    reference = profile_categories(names)
    assert reference.present == len(names)
    assert distances_of_categories(reference, names).psi == pytest.approx(0, abs=1e-12)


def test_a_profile_of_categories_survives_its_file() -> None:
    profile = profile_categories(["b", "a", None, "b"])
    assert list(profile.counts.items()) == [("b", 2), ("a", 1)]
    assert from_json(json.loads(json.dumps(profile.as_json()))) == profile


def test_the_psi_of_chance_is_what_samples_of_one_distribution_have() -> None:
    rng = np.random.default_rng(0)
    found = [
        distances_of_numbers(profile_numbers(rng.normal(size=2000)), window_of(rng.normal(size=500))).psi
        for _ in range(200)
    ]
    assert np.mean(found) == pytest.approx(chance_psi(10, 2000, 500), rel=0.1)


@pytest.mark.parametrize(("categories", "rows"), [(10, 200), (50, 200), (300, 200), (300, 1000), (900, 5000)])
def test_categories_make_no_more_of_chance_than_intervals_of_numbers_do(categories: int, rows: int) -> None:
    rng = np.random.default_rng(4)
    share = rng.dirichlet(np.full(categories, 0.5))
    found = []
    for _ in range(40):
        before, now = (rng.choice(categories, count, p=share).astype(str).tolist() for count in (20_000, rows))
        found.append(distances_of_categories(profile_categories(before), now))
    assert np.quantile([each.psi for each in found], 0.9) < 0.1
    assert np.quantile([each.ks for each in found], 0.9) < 0.2


def test_a_category_that_comes_up_among_many_still_drifts() -> None:
    rng = np.random.default_rng(5)
    before = rng.integers(0, 300, 20_000).astype(str).tolist()
    now = rng.integers(0, 300, 1000).astype(str).tolist()
    reference = profile_categories(before)
    assert distances_of_categories(reference, now).psi < 0.1
    for name in ("new", before[0], min(reference.counts, key=lambda each: reference.counts[each])):
        moved = distances_of_categories(reference, [*now[:800], *[name] * 200])
        assert moved.psi > 0.25, name
        assert moved.ks > 0.15, name

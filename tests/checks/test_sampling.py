"""The formulas of sampling error, against other people's code and against chance itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest, norm, studentized_range

from penstock.checks.gates.sampling import (
    auc_error,
    auc_low,
    chance_of_fewer,
    chance_of_gap,
    quantile,
    rows_for_gap,
    wilson_low,
)
from penstock.runtime.measures.delong import areas


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95, 0.99])
def test_quantiles_are_those_of_the_normal_distribution(confidence: float) -> None:
    assert quantile(confidence) == pytest.approx(norm.ppf(0.5 + confidence / 2))


@pytest.mark.parametrize(("successes", "trials"), [(100, 100), (73, 100), (5, 20), (0, 7)])
def test_wilson_agrees_with_scipy(successes: int, trials: int) -> None:
    expected = binomtest(successes, trials).proportion_ci(0.95, method="wilson").low
    assert wilson_low(successes / trials, trials, 0.95) == pytest.approx(expected, abs=1e-12)


def test_the_error_of_an_area_is_that_of_hanley_and_mcneil() -> None:
    # Their own example: 51 abnormal and 58 normal images, an area of 0.893, a standard error of 0.032.
    assert auc_error(0.893, 51, 58) == pytest.approx(0.032, abs=0.001)


def test_one_pair_is_ranked_as_a_coin_falls() -> None:
    assert auc_error(0.7, 1, 1) == pytest.approx(np.sqrt(0.7 * 0.3))


def test_an_area_proves_as_much_as_its_error_leaves_of_it() -> None:
    assert auc_low(0.8, 1000, 0.95) == pytest.approx(0.8 - 1.959964 * auc_error(0.8, 500, 500), abs=1e-6)


def test_the_error_of_an_area_is_what_chance_makes_of_it() -> None:
    # Exponential scores are the model that the formula is derived from.
    generator = np.random.default_rng(0)
    area, rows = 0.8, 60
    scale = area / (1 - area)
    areas = []
    for _ in range(2000):
        positives, negatives = generator.exponential(scale, rows), generator.exponential(1, rows)
        areas.append((positives[:, None] > negatives[None, :]).mean())
    assert np.mean(areas) == pytest.approx(area, abs=0.005)
    assert np.std(areas) == pytest.approx(auc_error(area, rows, rows), rel=0.05)


@pytest.mark.parametrize("rows", [6, 40, 400])
def test_a_perfect_ranking_proves_as_much_as_the_step_says_that_measures_it(rows: int) -> None:
    label = np.r_[np.ones(rows // 2), np.zeros(rows // 2)]
    assert auc_low(1.0, rows, 0.95) == pytest.approx(areas(label, label + np.arange(rows) / rows).interval(0.95)[0])


@pytest.mark.parametrize("groups", [2, 3, 5, 12])
@pytest.mark.parametrize("gap", [0.02, 0.05, 0.1])
def test_the_chance_of_a_gap_is_that_of_the_range(groups: int, gap: float) -> None:
    error = np.sqrt(0.25 / 200)
    assert chance_of_gap(gap, 200, groups) == pytest.approx(studentized_range.sf(gap / error, groups, np.inf), abs=1e-6)


def test_the_chance_of_a_gap_is_what_chance_makes_of_it() -> None:
    generator = np.random.default_rng(0)
    recalls = generator.binomial(100, 0.5, size=(20_000, 3)) / 100
    happened = (np.ptp(recalls, axis=1) > 0.105).mean()
    assert chance_of_gap(0.105, 100, 3) == pytest.approx(happened, abs=0.01)


@pytest.mark.parametrize(("gap", "groups"), [(0.05, 2), (0.05, 3), (0.1, 10), (0.3, 2)])
def test_fewer_rows_than_enough_are_too_few(gap: float, groups: int) -> None:
    enough = rows_for_gap(gap, 0.2, groups)
    assert chance_of_gap(gap, enough, groups) <= 0.2 < chance_of_gap(gap, enough - 1, groups)


def test_more_rows_prove_more() -> None:
    assert auc_low(0.8, 100, 0.95) < auc_low(0.8, 1000, 0.95) < 0.8


@pytest.mark.parametrize(
    ("bound", "rows", "share"), [(0.5, 5, 0.75), (0.9, 100, 0.95), (0.29, 100, 0.4), (0.99, 3000, 0.995)]
)
def test_the_chance_of_fewer_is_that_of_the_binomial_distribution(bound: float, rows: int, share: float) -> None:
    fewest = next(count for count in range(rows + 1) if count / rows >= bound)
    assert chance_of_fewer(bound, rows, share) == pytest.approx(binom.cdf(fewest - 1, rows, share))


def test_the_chance_of_a_gap_between_areas_is_what_chance_makes_of_it() -> None:
    generator = np.random.default_rng(0)
    positives = generator.exponential(3, (4000, 3, 50))
    negatives = generator.exponential(1, (4000, 3, 50))
    found = (positives[..., :, None] > negatives[..., None, :]).mean(axis=(2, 3))
    happened = (np.ptp(found, axis=1) > 0.1).mean()
    assert chance_of_gap(0.1, 100, 3, is_area=True) == pytest.approx(happened, abs=0.03)

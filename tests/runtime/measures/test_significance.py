"""Tests of significance: the numbers that independent implementations give, and false alarms at their rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_breast_cancer
from statsmodels.stats.multitest import multipletests

from penstock.runtime.measures.drift import window_of
from penstock.runtime.measures.profile import profile_numbers
from penstock.runtime.measures.significance import Test as Found
from penstock.runtime.measures.significance import (
    adjusted,
    anderson_darling,
    chi_square,
    cramer_von_mises,
    ks_test,
    maximum_mean_discrepancy,
)

CELLS = load_breast_cancer().data
REFERENCE, NOW = CELLS[:284], CELLS[284:]


def test_the_tests_are_those_of_independent_implementations() -> None:
    found = ks_test(profile_numbers(REFERENCE[:, 0]), window_of(NOW[:, 0]))
    assert found.statistic == pytest.approx(0.1530763528539659, abs=1e-15)
    assert found.p_value == pytest.approx(0.00211149, abs=5e-9)
    assert cramer_von_mises(REFERENCE[:, 0], NOW[:, 0], seed=0).statistic == pytest.approx(1.24147686, abs=5e-9)
    assert anderson_darling(REFERENCE[:, 0], NOW[:, 0], seed=0).statistic == pytest.approx(6.245365, abs=5e-7)


def test_the_mean_discrepancy_is_that_of_independent_implementations() -> None:
    mean, deviation = REFERENCE.mean(axis=0), REFERENCE.std(axis=0)
    found = maximum_mean_discrepancy((REFERENCE - mean) / deviation, (NOW - mean) / deviation, sigma=5, seed=0)
    assert found.statistic == pytest.approx(0.02334908980665, abs=5e-14)
    assert found.p_value < 0.01


def test_the_mean_discrepancy_sees_a_relation_that_changes() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(400, 2)), rng.normal(size=(400, 2))
    other[:, 1] = 0.8 * other[:, 0] + 0.6 * other[:, 1]
    assert cramer_von_mises(one[:, 1], other[:, 1], seed=0).p_value > 0.05
    assert maximum_mean_discrepancy(one, other, np.sqrt(2), 0).p_value < 0.01
    assert maximum_mean_discrepancy(one, rng.normal(size=(300, 2)), np.sqrt(2), 0).p_value > 0.05


def test_chi_square_counts_the_errors_of_both_rows() -> None:
    found = chi_square(np.array([145, 139]), np.array([67, 218]))
    assert found.statistic == pytest.approx(45.0073794838, abs=1e-10)
    # A category that falls apart evenly says nothing more, and three of them are not corrected as two are.
    uncorrected = chi_square(np.array([72.5, 72.5, 139]), np.array([33.5, 33.5, 218]))
    assert uncorrected.statistic == pytest.approx(46.1782910862, abs=1e-10)
    three = chi_square(np.array([145, 139, 0, 10]), np.array([67, 218, 0, 12]))
    assert three.statistic == pytest.approx(stats.chi2_contingency([[145, 139, 10], [67, 218, 12]]).statistic)
    assert chi_square(np.array([5, 0]), np.array([9, 0])).p_value == 1


def test_corrections_find_as_many_features_as_independent_implementations() -> None:
    p = [ks_test(profile_numbers(REFERENCE[:, j]), window_of(NOW[:, j])).p_value for j in range(30)]
    corrected = adjusted(p)
    counts = {name: int((each < 0.05).sum()) for name, each in corrected.items()}
    assert counts == {"raw": 23, "bh": 22, "by": 19, "holm": 19, "bonferroni": 16}
    for name, method in {"bh": "fdr_bh", "by": "fdr_by", "holm": "holm", "bonferroni": "bonferroni"}.items():
        assert corrected[name] == pytest.approx(multipletests(p, method=method)[1])
    assert len(adjusted([])["holm"]) == 0


@pytest.mark.parametrize("rows", [300, 15_000])
def test_the_p_of_kolmogorov_and_smirnov_is_scipys_whether_exact_or_not(rows: int) -> None:
    rng = np.random.default_rng(3)
    before, now = rng.normal(size=rows), rng.normal(0.03, 1, size=rows)
    expected = stats.ks_2samp(before, now)
    found = ks_test(profile_numbers(before), window_of(np.r_[now, np.nan]))
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6 if rows == 300 else 0.5)


def test_without_values_there_is_no_p() -> None:
    assert np.isnan(ks_test(profile_numbers(np.array([np.nan])), window_of(np.array([1.0]))).p_value)


@pytest.mark.parametrize("test", [cramer_von_mises, anderson_darling])
def test_constants_that_are_the_same_do_not_differ(test: Callable[..., Found]) -> None:
    zeros = np.zeros(60)
    assert test(zeros, zeros, 0).p_value == 1
    assert test(zeros, zeros[:30], 0).p_value == 1
    assert test(zeros, zeros + 1, 0).p_value < 0.01


@pytest.mark.parametrize("test", [cramer_von_mises, anderson_darling])
@pytest.mark.parametrize("rows", [400, 60])
@pytest.mark.parametrize("values", ["flag", "five", "many zeros"])
def test_equal_values_make_no_false_alarms(test: Callable[..., Found], rows: int, values: str) -> None:
    rng, repeats = np.random.default_rng(2), 120
    draw = {
        "flag": lambda count: rng.integers(0, 2, count),
        "five": lambda count: rng.integers(0, 5, count),
        "many zeros": lambda count: np.where(rng.random(count) < 0.8, 0, rng.normal(size=count)),
    }[values]
    found = [test(draw(400).astype(float), draw(rows).astype(float), seed).p_value for seed in range(repeats)]
    # One of twenty on average; 120 repeats make it fewer than 14 in all but one of a thousand such tests.
    assert sum(p < 0.05 for p in found) < 14
    changed = np.where(rng.random(rows) < 0.4, 1, draw(rows)).astype(float)
    assert test(draw(400).astype(float), changed, 0).p_value < 0.02


def test_statistics_among_equal_values_are_those_of_their_definitions() -> None:
    rng = np.random.default_rng(0)
    before, now = rng.integers(0, 6, 80).astype(float), rng.integers(0, 6, 50).astype(float)
    pooled = np.concatenate([before, now])
    gaps = [(before <= each).mean() - (now <= each).mean() for each in pooled]
    expected = 80 * 50 / 130**2 * np.square(gaps).sum()
    assert cramer_von_mises(before, now, seed=0).statistic == pytest.approx(expected)
    assert anderson_darling(before, now, seed=0).statistic == pytest.approx(scholz_and_stephens(before, now))


def scholz_and_stephens(before: np.ndarray, now: np.ndarray) -> float:
    """Equation 7 of Scholz and Stephens, term by term."""
    pooled, total = np.concatenate([before, now]), len(before) + len(now)
    found = 0.0
    for sample in (before, now):
        for value in np.unique(pooled):
            equal = (pooled == value).sum()
            below = (pooled < value).sum() + equal / 2
            own = (sample < value).sum() + (sample == value).sum() / 2
            spread = below * (total - below) - total * equal / 4
            found += equal / total * (total * own - len(sample) * below) ** 2 / spread / len(sample)
    return float((total - 1) / total * found)

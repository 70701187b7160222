"""Drift of real data: what is significant and harmless stays below the bounds, a known change is found in time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from penstock.runtime.measures.drift import distances_of_categories, distances_of_numbers, window_of
from penstock.runtime.measures.profile import Numbers, profile_categories, profile_numbers
from penstock.runtime.measures.significance import adjusted, ks_test

CHANGE = 12_000
YEAR = 365
ALARM = 0.25


@pytest.fixture(scope="module")
def census(root: Path) -> pd.DataFrame:
    """Four years of a survey, of which a model says as much in the last year as in the first."""
    return pd.read_parquet(root / "data" / "census-employment-ma.parquet")


def year_of(census: pd.DataFrame, year: int, column: str) -> np.ndarray:
    chosen = census[column][pd.to_datetime(census.surveyed_on).dt.year == year]
    return chosen.to_numpy(dtype=np.float64)


def test_four_years_of_a_survey_differ_beyond_doubt_and_by_nothing_that_matters(census: pd.DataFrame) -> None:
    columns = ["age", "schooling", "ancestry", "military"]
    p, psi = {}, {}
    for column in columns:
        reference, now = profile_numbers(year_of(census, 2015, column)), window_of(year_of(census, 2018, column))
        p[column] = ks_test(reference, now).p_value
        psi[column] = distances_of_numbers(reference, now).psi
    assert (adjusted(list(p.values()))["bonferroni"] < 0.01).all()
    assert p["ancestry"] < 1e-50
    assert max(psi.values()) < 0.02


def test_categories_of_the_survey_do_not_drift_either(census: pd.DataFrame) -> None:
    for column in ("race", "sex", "mobility", "marital_status"):
        before, now = ([str(value) for value in year_of(census, year, column)] for year in (2015, 2018))
        found = distances_of_categories(profile_categories(before), now)
        assert found.psi < 0.001, column
        assert found.jensen_shannon < 0.02, column


@pytest.fixture(scope="module")
def rainfall() -> pd.DataFrame:
    """Daily weather in which some columns were exchanged from row 12,000 on."""
    return pd.read_parquet(Path(__file__).parent / "rainfall.parquet")


def yearly(rainfall: pd.DataFrame, column: str) -> tuple[Numbers, dict[int, np.ndarray]]:
    """The reference of the first twenty years, and the years after it that end every thirty days, by their last row."""
    values = rainfall[column].to_numpy(dtype=np.float64)
    ends = range(21 * YEAR, len(values), 30)
    return profile_numbers(values[: 20 * YEAR]), {end: values[end - YEAR : end] for end in ends}


@pytest.mark.parametrize("column", ["dew_point", "sea_level_pressure"])
def test_a_change_is_found_within_half_a_window_and_never_before(rainfall: pd.DataFrame, column: str) -> None:
    reference, windows = yearly(rainfall, column)
    distances = {end: distances_of_numbers(reference, window_of(values)).psi for end, values in windows.items()}
    alarms = [end for end, distance in distances.items() if distance > ALARM]
    assert len([end for end in windows if end <= CHANGE]) > 140
    assert CHANGE < min(alarms) <= CHANGE + YEAR / 2
    assert all(distance > 1 for end, distance in distances.items() if end > CHANGE + YEAR)


def test_a_column_that_was_not_exchanged_stays_below_the_alarm_for_as_long(rainfall: pd.DataFrame) -> None:
    reference, windows = yearly(rainfall, "temperature")
    before = [distances_of_numbers(reference, window_of(each)).psi for end, each in windows.items() if end <= CHANGE]
    assert max(before) < ALARM


def test_significance_alone_would_have_rung_all_the_time(rainfall: pd.DataFrame) -> None:
    reference, windows = yearly(rainfall, "dew_point")
    rings = [ks_test(reference, window_of(each)).p_value < 0.05 for end, each in windows.items() if end <= CHANGE]
    assert np.mean(rings) > 0.2

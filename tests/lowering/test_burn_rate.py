"""Windows, factors and thresholds of burn-rate alerts: exact for every objective."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.lowering.numbers import decimal_text, exact_text, float_text, percent_text
from penstock.lowering.rules.objectives.burn_rate import error_budget, window_pairs
from penstock.specs.units import Fraction as Share

DAY = 86_400
OBJECTIVES = st.decimals(min_value="0.5", max_value="0.999999", places=6)
WINDOWS = st.sampled_from([1, 7, 14, 28, 30, 90])


def test_thirty_days_give_the_factors_of_the_workbook() -> None:
    pairs = window_pairs(Decimal("0.999"), 30 * DAY)
    assert [(p.severity, p.long, p.short, p.factor) for p in pairs] == [
        ("page", "1h", "5m", "14.4"),
        ("page", "6h", "30m", "6"),
        ("ticket", "1d", "2h", "3"),
        ("ticket", "3d", "6h", "1"),
    ]
    assert pairs[0].bound == "14.4 * 0.001"


def value(text: str) -> Fraction:
    """A product of decimals and quotients, as PromQL reads it."""
    found = Fraction(1)
    for factor in text.split(" * "):
        numerator, _, denominator = factor.partition(" / ")
        found *= Fraction(numerator) / Fraction(denominator or 1)
    return found


@given(objective=OBJECTIVES, days=WINDOWS)
def test_a_bound_says_exactly_its_threshold(objective: Decimal, days: int) -> None:
    for pair in window_pairs(objective, days * DAY):
        assert value(pair.bound) == pair.threshold
        assert value(pair.factor) * error_budget(objective) == pair.threshold
        assert "e" not in pair.bound.lower()


@given(objective=OBJECTIVES, days=WINDOWS)
def test_every_pair_can_fire_and_none_fires_while_the_budget_lasts(objective: Decimal, days: int) -> None:
    budget = error_budget(objective)
    for pair in window_pairs(objective, days * DAY):
        assert budget * (2 if pair.severity == "page" else 1) <= pair.threshold < 1


@given(share=st.decimals(min_value="0.01", max_value="99.99", places=4))
def test_a_budget_is_what_is_left_of_the_objective_to_the_last_digit(share: Decimal) -> None:
    objective = Share.parse(f"{share}%")
    assert Fraction(exact_text(error_budget(objective))) == 1 - Fraction(share) / 100


@given(numerator=st.integers(0, 10**9), twos=st.integers(0, 20), fives=st.integers(0, 20))
def test_a_finite_decimal_is_written_as_one(numerator: int, twos: int, fives: int) -> None:
    number = Fraction(numerator, 2**twos * 5**fives)
    text = exact_text(number)
    assert "/" not in text
    assert Fraction(text) == number
    assert not (("." in text) and text.endswith("0"))


def test_a_quotient_stays_one() -> None:
    assert exact_text(Fraction(14, 15)) == "14 / 15"
    assert exact_text(Fraction(-5, 4)) == "-1.25"


@pytest.mark.parametrize(("number", "text"), [(0.1, "0.1"), (1e-7, "0.0000001"), (2.0, "2"), (1e21, "1" + "0" * 21)])
def test_a_float_is_written_without_an_exponent(number: float, text: str) -> None:
    assert float_text(number) == text


def test_shares_print_as_prometheus_prints_them() -> None:
    assert percent_text(Fraction(1, 3)) == "33.33%"
    assert decimal_text(Decimal("14.40")) == "14.4"
    assert decimal_text(Decimal("1E+2")) == "100"

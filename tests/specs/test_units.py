"""Numbers with units: what is read, what is refused, and what is printed again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from penstock.specs.units import (
    Confidence,
    Cpu,
    Duration,
    Fraction,
    Memory,
    PositiveDuration,
    PositiveFraction,
    Quantity,
    WholeSeconds,
)


@pytest.mark.parametrize(
    ("text", "milliseconds", "printed"),
    [
        ("40ms", 40, "40ms"),
        ("60m", 3_600_000, "1h"),
        ("1d12h", 129_600_000, "1d12h"),
        ("2w", 1_209_600_000, "14d"),
        ("0s", 0, "0s"),
        ("90s", 90_000, "1m30s"),
    ],
)
def test_a_duration_prints_with_its_largest_units(text: str, milliseconds: int, printed: str) -> None:
    assert (Duration.parse(text), str(Duration.parse(text))) == (milliseconds, printed)


@given(st.integers(min_value=0, max_value=10**14))
def test_a_printed_duration_is_the_same_duration(milliseconds: int) -> None:
    assert Duration.parse(str(Duration(milliseconds))) == milliseconds


@pytest.mark.parametrize("wrong", ["", "5", "h", "1.5h", "5 m", "-2h", 5, None, True, "2H"])
def test_a_number_without_a_unit_is_no_duration(wrong: object) -> None:
    with pytest.raises(ValueError, match="a duration such as `30m`, `2h` or `7d`"):
        Duration.parse(wrong)


@pytest.mark.parametrize(
    ("given_", "value", "printed"),
    [("25%", "0.25", "25%"), (0.25, "0.25", "25%"), ("99.95%", "0.9995", "99.95%"), (1, "1", "100%"), (0, "0", "0%")],
)
def test_a_share_is_exact_and_prints_in_percent(given_: object, value: str, printed: str) -> None:
    share = Fraction.parse(given_)
    assert (share, str(share)) == (Decimal(value), printed)


@given(st.decimals(min_value=0, max_value=1, places=6))
def test_a_printed_share_is_the_same_share(value: Decimal) -> None:
    assert Fraction.parse(str(Fraction(value))) == value


@pytest.mark.parametrize("wrong", ["125%", "-1%", 1.5, -0.1, "0.25", "a quarter", True, None])
def test_what_is_no_share_of_one_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="a percentage"):
        Fraction.parse(wrong)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("500m", "0.5"), ("2", "2"), (2, "2"), ("4Gi", str(4 * 1024**3)), ("1.5Mi", str(1.5 * 1024**2)), ("1k", "1000")],
)
def test_a_quantity_keeps_its_text_and_compares_by_its_amount(text: object, amount: str) -> None:
    quantity = Quantity.parse(text)
    assert (quantity, quantity.amount) == (str(text), Decimal(amount))


@pytest.mark.parametrize("wrong", ["4GB", "", "m", -1, True, "2 Gi", 0.5])
def test_what_kubernetes_would_not_take_is_no_quantity(wrong: object) -> None:
    with pytest.raises(ValueError, match="a Kubernetes quantity"):
        Quantity.parse(wrong)


@pytest.mark.parametrize(
    ("unit", "right", "wrong"),
    [
        (PositiveDuration, ["1ms", "10s", "0d1h"], ["0s", "0h0m", "00ms", "1"]),
        (WholeSeconds, ["1s", "90m", "1h30s"], ["0s", "500ms", "1s500ms"]),
        (PositiveFraction, ["0.1%", "100%", 0.5], ["0%", "0.0%", 0, "101%"]),
        (Confidence, ["95%", "50%", "99.99%", 0.9], ["0%", "5%", "49.9%", "100%", "100.0%", 0, 0.05, 1]),
        (Cpu, ["1", "500m", "0.5"], ["0", "0m", "2Gi", "0.0"]),
        (Memory, ["512Mi", "4Gi", "1.5G", "1048576"], ["0", "0Gi", "800m", "1Ki"]),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(unit: type, right: list[object], wrong: list[object]) -> None:
    for value in right:
        assert isinstance(unit.parse(value), unit)
    for value in wrong:
        with pytest.raises(ValueError, match="expected"):
            unit.parse(value)


@pytest.mark.parametrize("unit", [PositiveDuration, WholeSeconds, PositiveFraction, Confidence, Cpu, Memory])
def test_an_editor_is_told_that_nothing_is_no_value(unit: type) -> None:
    schema = Draft202012Validator(TypeAdapter(unit).json_schema())
    examples = TypeAdapter(unit).json_schema().get("examples") or ["95%"]
    assert all(schema.is_valid(example) for example in examples)
    for nothing in ("0s", "0%", "0", "0Gi", 0):
        assert not schema.is_valid(nothing)


def test_an_editor_is_told_what_a_target_would_round() -> None:
    assert not Draft202012Validator(TypeAdapter(WholeSeconds).json_schema()).is_valid("500ms")
    assert not Draft202012Validator(TypeAdapter(Memory).json_schema()).is_valid("800m")
    assert not Draft202012Validator(TypeAdapter(Confidence).json_schema()).is_valid("100%")


@pytest.mark.parametrize(
    ("unit", "text", "shortest"),
    [
        (Cpu, "2000m", "2"),
        (Cpu, "2.0", "2"),
        (Cpu, "0.5", "500m"),
        (Cpu, "1500m", "1500m"),
        (Cpu, "1000", "1000"),
        (Cpu, "0.0005", "0.0005"),
        (Memory, "4096Mi", "4Gi"),
        (Memory, "0.5Gi", "512Mi"),
        (Memory, "1073741824", "1Gi"),
        (Memory, "1000M", "1G"),
        (Memory, "1024M", "1024M"),
        (Memory, "1.3Mi", "1.3Mi"),
    ],
)
def test_one_amount_has_one_shortest_text(unit: type[Quantity], text: str, shortest: str) -> None:
    assert unit.parse(text).shortest == shortest
    assert unit.parse(shortest).amount == unit.parse(text).amount

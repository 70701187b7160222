"""Exact numbers as PromQL and people read them: decimals without an exponent or a binary remainder."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def decimal_text(value: Decimal | int) -> str:
    """``0.001``, ``14.4``, ``30``: plain digits, nothing after the last that counts."""
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def exact_text(value: Fraction) -> str:
    """A decimal where the fraction is one, else the quotient itself: ``14.4``, ``14 / 15``."""
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator != 1:
        return f"{value.numerator} / {value.denominator}"
    # A finite decimal has at most as many places as its denominator has bits. Decimal's context keeps 28 digits;
    # whole numbers know no such bound.
    places = value.denominator.bit_length()
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    whole, rest = digits[:-places], digits[-places:].rstrip("0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"


def float_text(value: float) -> str:
    """A number of a spec as PromQL: the shortest decimal that means it."""
    return decimal_text(Decimal(repr(value)))


def percent_text(value: Decimal | Fraction) -> str:
    """A share as ``humanizePercentage`` of Prometheus' templates prints it: four significant digits."""
    return f"{float(value) * 100:.4g}%"

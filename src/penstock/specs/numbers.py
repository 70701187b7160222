"""Numbers of specs in messages."""

from __future__ import annotations


def number(value: float) -> str:
    """A number as one would write it, to the last digit: `80`, `9007199254740992`, `0.25`."""
    return f"{value:.0f}" if abs(value) < 1e16 and value == int(value) else repr(float(value))

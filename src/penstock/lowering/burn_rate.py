"""Multi-window burn-rate alerting: which windows, which factors, which thresholds; exact, with no float anywhere.

After the SRE Workbook, chapter 5: an alert fires while a long window and a short one both burn the error budget
faster than a factor. The factor is the burn that spends a given share of the whole budget within the long window:
``share x objective's window / long window``; at 30 days that is 14.4, 6, 3 and 1. A burn below 1 never spends the
budget, so no factor goes below 1; a threshold of 1 or more cannot be passed by a share, so such a pair is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from penstock.lowering.numbers import exact_text
from penstock.specs.rollout import Action

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
_SECONDS = {"5m": 300, "30m": 1800, "1h": 3600, "2h": 7200, "6h": 21_600, "1d": 86_400, "3d": 259_200}
# Severity, share of the budget in percent, long window, short window.
_PAIRS: tuple[tuple[Action, int, str, str], ...] = (
    ("page", 2, "1h", "5m"),
    ("page", 5, "6h", "30m"),
    ("ticket", 10, "1d", "2h"),
    ("ticket", 10, "3d", "6h"),
)


@dataclass(frozen=True, slots=True)
class WindowPair:
    """Two windows that must both burn the budget faster than a factor."""

    severity: Action
    long: str
    short: str
    threshold: Fraction
    """The share of bad requests above which both windows must be: factor x budget."""
    factor: str
    """How many times as fast as the budget lasts, exact."""
    bound: str
    """The threshold as PromQL that shows where it comes from: ``14.4 * 0.001``."""


@lru_cache(maxsize=256)
def error_budget(objective: Decimal) -> Fraction:
    """The share of requests that may be bad."""
    return 1 - Fraction(objective)


@lru_cache(maxsize=256)
def window_pairs(objective: Decimal, window_seconds: int) -> tuple[WindowPair, ...]:
    """The pairs that alert on an objective, those of the same severity side by side, fastest first."""
    budget = error_budget(objective)
    pairs = []
    for severity, percent, long, short in _PAIRS:
        if _SECONDS[long] > window_seconds:
            continue
        factor = max(Fraction(percent, 100) * window_seconds / _SECONDS[long], Fraction(1))
        if (threshold := factor * budget) < 1:
            bound = f"{exact_text(factor)} * {exact_text(budget)}"
            pairs.append(WindowPair(severity, long, short, threshold, exact_text(factor), bound))
    return tuple(pairs)

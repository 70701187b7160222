"""Multi-window burn-rate alerting: which windows, which factors, which thresholds; exact, with no float anywhere.

After the SRE Workbook, chapter 5: an alert fires while a long window and a short one both burn the error budget
faster than a factor (`penstock.specs.burn_windows`). A threshold of 1 or more cannot be passed by a share, so such a
pair is left out.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from penstock.lowering.numbers import exact_text
from penstock.specs.burn_windows import BURN_WINDOWS, WINDOW_SECONDS
from penstock.specs.monitor import Action

WINDOWS = tuple(WINDOW_SECONDS)


class WindowPair(NamedTuple):
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
    for windows in BURN_WINDOWS:
        factor = windows.factor(window_seconds)
        if windows.fits(window_seconds) and (threshold := factor * budget) < 1:
            bound = f"{exact_text(factor)} * {exact_text(budget)}"
            pairs.append(
                WindowPair(windows.severity, windows.long, windows.short, threshold, exact_text(factor), bound)
            )
    return tuple(pairs)

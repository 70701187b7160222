"""The pairs of windows that a burn-rate alert looks at, and how fast a budget must burn in them.

After the SRE Workbook, chapter 5: the factor is the burn that spends a given share of the whole budget within the long
window, ``share x objective's window / long window``; at 30 days that is 14.4, 6, 3 and 1. A burn below 1 never spends
the budget, so no factor goes below 1; nor does one that pages go below 2, since a budget that lasts for more than half
of its window wakes nobody.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from penstock.specs.monitor import Action

WINDOW_SECONDS = {"5m": 300, "30m": 1800, "1h": 3600, "2h": 7200, "6h": 21_600, "1d": 86_400, "3d": 259_200}

_LEAST: dict[Action, int] = {"page": 2, "ticket": 1}


class BurnWindows(NamedTuple):
    """A long window and a short one, and the share of the budget that is spent within the long one."""

    severity: Action
    percent: int
    long: str
    short: str

    def fits(self, objective_seconds: int) -> bool:
        """Whether the long window lies within an objective's window."""
        return WINDOW_SECONDS[self.long] <= objective_seconds

    def factor(self, objective_seconds: int) -> Fraction:
        """How many times as fast as the budget lasts it must burn."""
        share = Fraction(self.percent * objective_seconds, 100 * WINDOW_SECONDS[self.long])
        return max(share, Fraction(_LEAST[self.severity]))


BURN_WINDOWS = (
    BurnWindows("page", 2, "1h", "5m"),
    BurnWindows("page", 5, "6h", "30m"),
    BurnWindows("ticket", 10, "1d", "2h"),
    BurnWindows("ticket", 10, "3d", "6h"),
)
"""Fastest first."""

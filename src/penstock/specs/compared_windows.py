"""The windows in which a canary is compared with the stable version, and what that takes.

A step is divided into windows, and the two versions are compared in each: both get their requests at the same time, so
that what changes with the hour of the day changes for both. That is a sign test (Dixon and Mood, 1946), with the normal
approximation and its correction for continuity: over `n` windows, ``(worse - better - 1) / sqrt(n)`` is above
`CRITICAL` in at most 2% of the steps whose windows are as likely to be better as to be worse.
"""

from __future__ import annotations

from penstock.specs.units import Duration

CRITICAL = "2.0537"
"""The 98th percentile of the standard normal distribution."""

FEWEST = 7
"""Windows of which a step cannot have fewer: of six that are all worse, chance explains too many."""

_MOST = 20


def compared_window(hold: Duration, shortest: Duration) -> Duration:
    """How long the windows of a step are, in whole seconds: a twentieth of it, and never shorter than `shortest`."""
    return Duration(-(-max(int(shortest), int(hold) // _MOST) // 1000) * 1000)


def shortest_hold(shortest: Duration) -> Duration:
    """What a step needs so that one window may have too few requests."""
    return Duration((FEWEST + 1) * int(shortest))

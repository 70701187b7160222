"""Loads that burn an error budget in known ways, for the tests of burn-rate alerts.

The numbers of requests are whole: a sum of fractions may fall short of their product by a bit, and a counter that falls
is taken for one that was reset.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from penstock.lowering.numbers import percent_text
from penstock.lowering.rules.objectives.burn_rate import WindowPair, error_budget, window_pairs
from penstock.specs.monitor import Action

# How many times the fastest threshold a burst is: enough for an hour to be beyond it after half of the hour, and so
# little that six hours stay below theirs, which is 2.4 times as low.
_BURST = Fraction(20, 9)


class Scenario(NamedTuple):
    """A load, a sample a minute, and which alerts fire at a time."""

    title: str
    good: str
    """Counter of good requests, in promtool's notation."""
    bad: str
    at: str
    severities: frozenset[Action]
    shown: str
    """The share of bad requests as an alert's text shows it; the same for all that fire."""
    among_others: bool = False
    """Whether other endpoints have requests, too: in one scenario that fires and in one that does not, which is enough
    to show that no rule counts them."""


@lru_cache(maxsize=256)
def scenarios(objective: Decimal, window_seconds: int) -> tuple[Scenario, ...]:
    """Scenarios that make each pair of windows of an objective decide at least once."""
    pairs = window_pairs(objective, window_seconds)
    if not pairs:
        return ()
    # So many requests a minute that a thousandth of what any alert minds is a whole number of them.
    load = 10 ** (len(str(error_budget(objective).denominator)) + 2)
    # From each threshold to the next another pair of windows fires; beyond the last one all do.
    thresholds = sorted({pair.threshold for pair in pairs})
    between = [(low + high) / 2 for low, high in pairwise((*thresholds, Fraction(1)))]
    return tuple(_scenarios(pairs, load, thresholds, between))


def _scenarios(
    pairs: tuple[WindowPair, ...], load: int, thresholds: list[Fraction], between: list[Fraction]
) -> Iterator[Scenario]:
    fast = int(load * between[-1])
    yield _steady(pairs, load, fast, "burns its budget fast")._replace(among_others=True)
    for ratio in reversed(between[:-1]):
        bad = int(load * ratio)
        yield _steady(pairs, load, bad, f"burns its budget at {percent_text(Fraction(bad, load))}")
    slow = _steady(pairs, load, int(load * thresholds[0] / 2), "burns its budget slower than any alert's threshold")
    yield slow._replace(among_others=True)
    yield from _few(pairs)
    tickets = [pair.threshold for pair in pairs if pair.severity == "ticket"]
    if len(tickets) > 1:
        yield _quiet_day(load, int(load * between[thresholds.index(tickets[0])]))
    if {pair.severity for pair in pairs} == {"page", "ticket"}:
        yield _ended(pairs, load, fast)
        burst = int(load * pairs[0].threshold * _BURST)
        if burst < load:
            yield _burst(load, burst)


def _steady(pairs: tuple[WindowPair, ...], load: int, bad: int, title: str) -> Scenario:
    """A constant share of bad requests: every window sees the same ratio."""
    ratio = Fraction(bad, load)
    firing = frozenset(pair.severity for pair in pairs if ratio > pair.threshold)
    return Scenario(title, f"0+{load - bad}x40", f"0+{bad}x40", "30m", firing, percent_text(ratio))


def _few(pairs: tuple[WindowPair, ...]) -> Iterator[Scenario]:
    """Of few requests one is bad within each of the short windows: three are chance however few, six are not."""
    every = frozenset(pair.severity for pair in pairs)
    whole = percent_text(Fraction(1))
    yield Scenario(
        "three bad requests of nine", "0x11 2x14 4x14 6x17", "0x11 1x14 2x14 3x17", "45m", frozenset(), whole
    )
    yield Scenario("six bad requests of six", "0x60", "0x11 1 2 3x12 4 5x13 6x17", "45m", every, whole)


def _ended(pairs: tuple[WindowPair, ...], load: int, bad: int) -> Scenario:
    """Half an hour of bad requests, then an hour of good ones: the short windows take the page back, a ticket stays."""
    good = load - bad
    seen = Fraction(30 * bad, 30 * bad + 90 * good)
    firing = frozenset(pair.severity for pair in pairs if pair.severity == "ticket" and seen > pair.threshold)
    after = f"{30 * bad}+0x59"
    return Scenario("a burn that has ended", f"0+{good}x90", f"0+{bad}x30 {after}", "90m", firing, percent_text(seen))


def _quiet_day(load: int, bad: int) -> Scenario:
    """A busy hour of good requests, a day without any, then bad ones among a few: only the windows of a day mind.

    As long as there is the same traffic all the time, the slower ticket fires as well, whose windows are longer.
    """
    busy, good = 1000 * load, load - bad
    return Scenario(
        "a quiet day after a busy one",
        f"0+{busy}x60 {60 * busy}x1439 {60 * busy + good}+{good}x44",
        f"0x1500 {bad}+{bad}x44",
        "1545m",
        frozenset({"ticket"}),
        percent_text(Fraction(bad, load)),
    )


def _burst(load: int, bad: int) -> Scenario:
    """A day of good requests, then 45 minutes of bad ones: too short for any windows but the shortest to mind."""
    good = load - bad
    return Scenario(
        "a burst after a good day",
        f"0+{load}x1500 {1500 * load + good}+{good}x44",
        f"0x1500 {bad}+{bad}x44",
        "1545m",
        frozenset({"page"}),
        percent_text(Fraction(bad, load)),
    )

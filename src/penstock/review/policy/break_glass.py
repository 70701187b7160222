"""Break-glass: in an emergency two people let everything pass that waits for people, for a short time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from penstock.review.policy.commands import BREAK_GLASS, Command
from penstock.specs.approval_policy import BreakGlass

_CENTURY = 100 * 365 * 86_400_000
"""Milliseconds; a longer time lasts as long as anybody will ask, and a moment after it may be beyond the calendar."""


class BrokenGlass(NamedTuple):
    """What was asked for so far."""

    by: tuple[str, ...]
    """Keys of the logins."""
    missing: int
    reason: str
    until: datetime


def broken_glass(policy: BreakGlass, granted: Iterable[Command], now: datetime) -> BrokenGlass | None:
    """Who broke the glass, and until when it holds; None where nobody did, or the time is over.

    `granted` are commands of people who may. The time runs from the earliest command that still counts.
    """
    lasts = timedelta(milliseconds=min(int(policy.expires_after), _CENTURY))
    valid: dict[str, Command] = {}
    for command in granted:
        if command.verb == BREAK_GLASS and command.rest and command.person is not None and now < command.at + lasts:
            valid.setdefault(command.person, command)
    if not valid:
        return None
    first = min(valid.values(), key=lambda command: (command.at, command.person or ""))
    return BrokenGlass(
        by=tuple(sorted(valid)),
        missing=max(0, policy.count - len(valid)),
        reason=first.rest,
        until=first.at + lasts,
    )

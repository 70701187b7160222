"""Holds: whoever may write can stop a pull request, and nobody else can let it go on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from penstock.forges.protocol import PullRequestView
from penstock.review.policy.commands import HOLD, UNHOLD, Command


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that stands."""

    person: str
    """Key of the login."""
    reason: str
    at: datetime


def standing_holds(found: Iterable[Command], view: PullRequestView, allowed: frozenset[str]) -> tuple[Hold, ...]:
    """The holds that nobody released, oldest first; `allowed` people may hold without being able to write.

    A hold outlives pushes. Only who set it releases it, by a comment that nobody edited. An edited hold still
    holds: it takes nothing from anybody to stop, and much to go on.
    """
    holds: dict[str, Hold] = {}
    for command in found:
        person = command.person
        if person is None:
            continue
        if command.verb == HOLD and (person in allowed or view.may_write(person)):
            holds.setdefault(person, Hold(person, command.rest or "no reason given", command.at))
        elif command.verb == UNHOLD and not command.edited:
            holds.pop(person, None)
    return tuple(sorted(holds.values(), key=lambda hold: (hold.at, hold.person)))

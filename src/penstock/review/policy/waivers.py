"""Waivers: one rule set aside for one address, for a reason, until a moment, with something done about it later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from penstock.review.model import Change
from penstock.review.policy.commands import WAIVE, Command, WaiveRequest, parse_waive
from penstock.specs.addresses import is_within
from penstock.specs.approval_policy import Waiver


class Waived(NamedTuple):
    """A waiver that holds now."""

    rule: str
    address: str
    until: datetime
    reason: str
    follow_up: str
    by: tuple[str, ...]
    """Keys of the logins that asked for it; empty for one that stands in the policy."""

    def covers(self, rule: str, change: Change) -> bool:
        """Whether the rule is set aside for the change: at the address itself, or below it."""
        return rule == self.rule and is_within(str(change.address), self.address)


def waivers_of_policy(waivers: Iterable[Waiver], now: datetime) -> tuple[Waived, ...]:
    """The waivers of the base's policy that have not expired."""
    return tuple(
        Waived(one.rule, one.address, one.expires, one.reason, one.follow_up, ())
        for one in waivers
        if now < one.expires
    )


def waivers_of_comments(granted: Iterable[Command], count: int, now: datetime) -> tuple[Waived, ...]:
    """The waivers that at least `count` people ask for; `granted` are commands of people who may.

    All of them must name the same rule and address. It ends when the first of their moments has come.
    """
    found = []
    for (rule, address), requests in waive_requests(granted, now).items():
        if len(requests) >= count:
            first = requests[min(requests)]
            until = min(request.until for request in requests.values())
            found.append(Waived(rule, address, until, first.reason, first.follow_up, tuple(sorted(requests))))
    return tuple(found)


def waive_requests(granted: Iterable[Command], now: datetime) -> dict[tuple[str, str], dict[str, WaiveRequest]]:
    """What people ask to waive, by rule and address, sorted, and then by person; nothing that is over.

    Of what one person asks twice, the last request counts.
    """
    asked: dict[tuple[str, str], dict[str, WaiveRequest]] = {}
    for command in granted:
        request = parse_waive(command) if command.verb == WAIVE else None
        if request is not None and command.person is not None:
            asked.setdefault((request.rule, request.address), {})[command.person] = request
    valid = {
        place: {person: request for person, request in requests.items() if now < request.until}
        for place, requests in sorted(asked.items())
    }
    return {place: requests for place, requests in valid.items() if requests}

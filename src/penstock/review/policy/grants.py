"""Commands that let something pass: unedited, after the last push, by people who had no hand in the change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from penstock.forges.protocol import PullRequestView
from penstock.review.policy.commands import Command


def granting(
    found: Iterable[Command],
    view: PullRequestView,
    *,
    people: frozenset[str],
    excluded: frozenset[str],
    moved: datetime | None,
) -> tuple[Command, ...]:
    """Those of the commands that count; none where nobody knows when the head moved.

    `moved` is when the head, or what the base makes of it, did so last.
    """
    return tuple(
        command
        for command in found
        if command.person is not None
        and not command.is_bot
        and not command.edited
        and moved is not None
        and command.at > moved
        and command.person in people
        and command.person not in excluded
        and view.may_write(command.person)
    )

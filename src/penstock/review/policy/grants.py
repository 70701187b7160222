"""What lets something pass that blocks: commands that count, and people who may set aside what others said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from penstock.forges.protocol import PullRequestView
from penstock.review.policy.commands import Command
from penstock.review.policy.organisation import Roles, Standing
from penstock.specs.approval_policy import People


def granting(
    found: Iterable[Command],
    view: PullRequestView,
    *,
    people: frozenset[str],
    excluded: frozenset[str],
    moved: datetime | None,
) -> tuple[Command, ...]:
    """Those of the commands that count: unedited, after the last push, by people who had no hand in the change.

    None where nobody knows when the head moved: `moved` is when the head, or what the base makes of it, did so last.
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


def overruling(people: People | None, roles: Roles, view: PullRequestView, excluded: frozenset[str]) -> frozenset[str]:
    """Those whom the base's policy allows that, and who may write and had no hand in the pull request."""
    if people is None:
        return frozenset()
    return frozenset(key for key in roles.people(people, Standing()) - excluded if view.may_write(key))

"""When the server saw the head move.

Times in commits are written by whoever makes them, `pushedDate` is gone from GraphQL, and a check suite is made once
for a commit, on whatever branch it appeared first. What GitHub itself saw of a branch is in the repository's activity
(https://docs.github.com/rest/repos/repos#list-repository-activities): who moved it, when, from where to where.
Force-pushes, changes of base and reopenings of the pull request are in its timeline.

A move that is nowhere recorded leaves a gap in the chain of before and after. The past before a gap is dropped:
nobody knows what was approved then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import pairwise

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.people import rest_person
from penstock.forges.github.shape import Shape
from penstock.forges.github.timeline import Event
from penstock.forges.protocol import Person, Push, PushKind

_MERGES = ("pr_merge", "merge_queue_merge")


class UnsettledError(Exception):
    """What GitHub shows does not fit together yet; it may a few seconds later."""


@dataclass(frozen=True, slots=True)
class Move:
    """A branch moved, as the repository's activity tells. Zeros stand for no commit."""

    at: datetime
    before: str
    after: str
    is_forced: bool
    actor: Person
    is_merge: bool = False
    """Whether the forge merged another pull request into it."""


def read_moves(
    client: GitHubClient, repository: str, branch: str, since: datetime, commits: Collection[str] = ()
) -> tuple[Move, ...]:
    """How a branch moved, newest first, back to the last move before `since` that led to none of the commits."""
    path = f"/repos/{repository}/activity"
    moves: list[Move] = []
    try:
        for item in client.items(path, {"ref": f"refs/heads/{branch}", "direction": "desc"}, numbered=False):
            move = _move(Shape(item, "the repository's activity"))
            moves.append(move)
            if move.at <= since and move.after not in commits:
                break
    except GitHubError as error:
        if error.status not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            raise
        raise GitHubError(
            f"the token may not see when {repository} was pushed to, so it is unknown which approvals came after "
            "the last push: let it read that repository's contents, or open the pull request from a branch of the "
            "repository itself.",
            error.status,
        ) from None
    return tuple(moves)


def _move(shape: Shape) -> Move:
    return Move(
        at=shape["timestamp"].instant(),
        before=shape["before"].object_id(),
        after=shape["after"].object_id(),
        is_forced=shape["activity_type"].text() == "force_push",
        actor=rest_person(shape["actor"]),
        is_merge=shape["activity_type"].text() in _MERGES,
    )


def joined(
    moves: Sequence[Move],
    events: Sequence[Event],
    opened: datetime,
    author: Person,
    head: str,
    commits: Collection[str] = (),
) -> tuple[Push, ...]:
    """What the server saw, oldest first, as far back as it is without a gap.

    `moves` are newest first; `commits` are those of the pull request. UnsettledError where the moves do not lead to
    `head`.
    """
    if not moves or moves[0].after != head:
        raise UnsettledError("GitHub's record of pushes does not lead to the head of the pull request")
    known = _unbroken(moves, [event for event in events if event.kind == "force-push"])
    pushes = [
        Push(move.at, move.after, "force-push" if move.is_forced else "push", move.actor)
        for move in known
        if move.at > opened and move.after.strip("0")
    ]
    before = [move for move in reversed(known) if move.at <= opened and move.after.strip("0")]
    # Commits say what their makers wrote into them; who pushed what was then opened, the server knows.
    pushes += [
        Push(made.at, made.after, "push", made.actor)
        for made in before
        if (made is before[0] or made.after in commits) and not made.is_merge and made.actor.key != author.key
    ]
    changes: list[tuple[datetime, PushKind, Person]] = [(opened, "opened", author)]
    changes += [(event.at, event.kind, event.actor) for event in events if event.kind != "force-push"]
    for at, kind, actor in changes:
        # While its branch is deleted, a pull request keeps the head that it had.
        head_then = next((m.after for m in reversed(known) if m.at <= at and m.after.strip("0")), None)
        if head_then is not None:
            pushes.append(Push(at, head_then, kind, actor))
    return tuple(sorted(pushes, key=lambda push: push.at))


def _unbroken(moves: Sequence[Move], forced: Sequence[Event]) -> list[Move]:
    """The recent moves of which each begins where the one before ended, oldest first."""
    known = [moves[0]]
    for newer, older in pairwise(moves):
        if newer.before != older.after:
            break
        known.append(older)
    # A force-push in the timeline that the activity lacks is a gap too; nobody knows where it led.
    seen = {move.after for move in moves}
    gap = max((event.at for event in forced if event.head not in seen), default=None)
    recent = [move for move in reversed(known) if gap is None or move.at > gap]
    if not recent:
        raise UnsettledError("GitHub's record of pushes lacks a force-push that the timeline shows")
    return recent

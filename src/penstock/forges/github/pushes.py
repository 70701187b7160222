"""When the server saw the head move.

Times in commits are written by whoever makes them, `pushedDate` is gone from GraphQL, and a check suite is made once
for a commit, on whatever branch it appeared first. What GitHub itself saw of a branch is in the repository's activity
(https://docs.github.com/rest/repos/repos#list-repository-activities): who moved it, when, from where to where.
Force-pushes, changes of base and reopenings of the pull request are in its timeline
(https://docs.github.com/graphql/reference/unions#pullrequesttimelineitems), of which REST gives no typed form.

A move that is nowhere recorded leaves a gap in the chain of before and after. The past before a gap is dropped:
nobody knows what was approved then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import pairwise
from typing import Literal

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.people import graphql_person, rest_person
from penstock.forges.github.shape import Shape
from penstock.forges.protocol import Person, Push, PushKind

_TIMELINE = """
query Timeline($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      timelineItems(first: 100, after: $after, itemTypes: [
        HEAD_REF_FORCE_PUSHED_EVENT, BASE_REF_CHANGED_EVENT, BASE_REF_FORCE_PUSHED_EVENT,
        AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT, REOPENED_EVENT
      ]) {
        nodes {
          __typename
          ... on HeadRefForcePushedEvent { createdAt actor { __typename login } afterCommit { oid } }
          ... on BaseRefChangedEvent { createdAt actor { __typename login } }
          ... on BaseRefForcePushedEvent { createdAt actor { __typename login } }
          ... on AutomaticBaseChangeSucceededEvent { createdAt actor { __typename login } }
          ... on ReopenedEvent { createdAt actor { __typename login } }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
_MOST_EVENT_PAGES = 100
_KINDS: dict[str, Literal["force-push", "base-changed", "reopened"]] = {
    "HeadRefForcePushedEvent": "force-push",
    "BaseRefChangedEvent": "base-changed",
    "BaseRefForcePushedEvent": "base-changed",
    "AutomaticBaseChangeSucceededEvent": "base-changed",
    "ReopenedEvent": "reopened",
}


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


@dataclass(frozen=True, slots=True)
class Event:
    """Something in the timeline that changes what the pull request proposes."""

    at: datetime
    kind: Literal["force-push", "base-changed", "reopened"]
    head: str
    """Where a force-push led; empty where GitHub no longer knows, and for other events."""
    actor: Person


def read_moves(client: GitHubClient, repository: str, branch: str, since: datetime) -> tuple[Move, ...]:
    """How a branch moved, newest first, back to the last move before `since` where there is one."""
    path = f"/repos/{repository}/activity"
    moves: list[Move] = []
    try:
        for item in client.items(path, {"ref": f"refs/heads/{branch}", "direction": "desc"}, numbered=False):
            move = _move(Shape(item, "the repository's activity"))
            moves.append(move)
            if move.at <= since:
                break
    except GitHubError as error:
        if error.status not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            raise
        raise GitHubError(
            f"the token may not see when {repository} was pushed to, so nobody can say which approvals came after "
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
    )


def read_events(client: GitHubClient, repository: str, number: int) -> tuple[Event, ...]:
    """The events of the timeline that matter here, oldest first."""
    owner, name = repository.split("/")
    events: list[Event] = []
    after: str | None = None
    for _ in range(_MOST_EVENT_PAGES):
        data = client.graphql(_TIMELINE, {"owner": owner, "name": name, "number": number, "after": after})
        items = Shape(data, "the timeline")["repository"]["pullRequest"]["timelineItems"]
        events += [_event(node) for node in items["nodes"].items()]
        if not items["pageInfo"]["hasNextPage"].truth():
            return tuple(sorted(events, key=lambda event: event.at))
        cursor = items["pageInfo"]["endCursor"].text()
        if cursor == after:
            raise GitHubError("the pages of the timeline lead in a circle: run again later.")
        after = cursor
    raise GitHubError("the timeline is longer than Penstock reads: open a new pull request with the same commits.")


def _event(node: Shape) -> Event:
    kind = node["__typename"].text()
    if kind not in _KINDS:
        raise GitHubError("the timeline holds an event that was not asked for: run again later.")
    after = node["afterCommit"]
    return Event(
        at=node["createdAt"].instant(),
        kind=_KINDS[kind],
        head="" if after.is_null else after["oid"].object_id(),
        actor=graphql_person(node["actor"]),
    )


def joined(
    moves: Sequence[Move], events: Sequence[Event], opened: datetime, author: Person, head: str
) -> tuple[Push, ...]:
    """What the server saw, oldest first, as far back as it is without a gap.

    `moves` are newest first. UnsettledError where they do not lead to `head`.
    """
    if not moves or moves[0].after != head:
        raise UnsettledError("GitHub's record of pushes does not lead to the head of the pull request")
    known = _unbroken(moves, [event for event in events if event.kind == "force-push"])
    pushes = [
        Push(move.at, move.after, "force-push" if move.is_forced else "push", move.actor)
        for move in known
        if move.at > opened and move.after.strip("0")
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

"""What the timeline of a pull request alone tells: what moved under it, what was set aside, what was deleted.

REST gives these events no typed form (https://docs.github.com/graphql/reference/unions#pullrequesttimelineitems).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.people import graphql_person
from penstock.forges.github.shape import Shape
from penstock.forges.protocol import Deletion, Dismissal, Opinion, Person

_TIMELINE = """
query Timeline($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      timelineItems(first: 100, after: $after, itemTypes: [
        HEAD_REF_FORCE_PUSHED_EVENT, BASE_REF_CHANGED_EVENT, BASE_REF_FORCE_PUSHED_EVENT,
        AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT, REOPENED_EVENT, REVIEW_DISMISSED_EVENT, COMMENT_DELETED_EVENT
      ]) {
        nodes {
          __typename
          ... on HeadRefForcePushedEvent { createdAt actor { __typename login } afterCommit { oid } }
          ... on BaseRefChangedEvent { createdAt actor { __typename login } }
          ... on BaseRefForcePushedEvent { createdAt actor { __typename login } }
          ... on AutomaticBaseChangeSucceededEvent { createdAt actor { __typename login } }
          ... on ReopenedEvent { createdAt actor { __typename login } }
          ... on ReviewDismissedEvent {
            createdAt actor { __typename login } previousReviewState review { fullDatabaseId }
          }
          ... on CommentDeletedEvent { createdAt actor { __typename login } deletedCommentAuthor { __typename login } }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
_MOST_PAGES = 100
_MOVES: dict[str, Literal["force-push", "base-changed", "reopened"]] = {
    "HeadRefForcePushedEvent": "force-push",
    "BaseRefChangedEvent": "base-changed",
    "BaseRefForcePushedEvent": "base-changed",
    "AutomaticBaseChangeSucceededEvent": "base-changed",
    "ReopenedEvent": "reopened",
}
_DISMISSED, _DELETED = "ReviewDismissedEvent", "CommentDeletedEvent"
_OPINIONS: dict[str, Opinion] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes_requested",
    "COMMENTED": "commented",
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something in the timeline that changes what the pull request proposes."""

    at: datetime
    kind: Literal["force-push", "base-changed", "reopened"]
    head: str
    """Where a force-push led; empty where GitHub no longer knows, and for other events."""
    actor: Person


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events that matter to a review."""

    events: tuple[Event, ...]
    """Oldest first."""
    dismissals: Mapping[str, Dismissal]
    """By the id of the review; where a review was dismissed more than once, what it said the first time."""
    deletions: tuple[Deletion, ...]
    """Oldest first."""


def read_timeline(client: GitHubClient, repository: str, number: int) -> Timeline:
    """The timeline of a pull request, to its end."""
    nodes = _nodes(client, repository, number)
    known = {*_MOVES, _DISMISSED, _DELETED}
    if any(node["__typename"].text() not in known for node in nodes):
        raise GitHubError("the timeline contains an event that was not requested: run again later.")
    events = [_event(node) for node in nodes if node["__typename"].value in _MOVES]
    deletions = [_deletion(node) for node in nodes if node["__typename"].value == _DELETED]
    dismissals: dict[str, Dismissal] = {}
    for node in nodes:
        if node["__typename"].value == _DISMISSED and not node["review"].is_null:
            found = _dismissal(node)
            if found is not None:
                dismissals.setdefault(str(node["review"]["fullDatabaseId"].count()), found)
    return Timeline(
        tuple(sorted(events, key=lambda event: event.at)),
        dismissals,
        tuple(sorted(deletions, key=lambda deletion: deletion.at)),
    )


def _nodes(client: GitHubClient, repository: str, number: int) -> list[Shape]:
    owner, name = repository.split("/")
    nodes: list[Shape] = []
    after: str | None = None
    for _ in range(_MOST_PAGES):
        data = client.graphql(_TIMELINE, {"owner": owner, "name": name, "number": number, "after": after})
        items = Shape(data, "the timeline")["repository"]["pullRequest"]["timelineItems"]
        nodes += items["nodes"].items()
        if not items["pageInfo"]["hasNextPage"].truth():
            return nodes
        cursor = items["pageInfo"]["endCursor"].text()
        if cursor == after:
            raise GitHubError("the pages of the timeline form a loop: run again later.")
        after = cursor
    raise GitHubError("the timeline is longer than Penstock reads: open a new pull request with the same commits.")


def _event(node: Shape) -> Event:
    after = node["afterCommit"]
    return Event(
        at=node["createdAt"].instant(),
        kind=_MOVES[node["__typename"].text()],
        head="" if after.is_null else after["oid"].object_id(),
        actor=graphql_person(node["actor"]),
    )


def _dismissal(node: Shape) -> Dismissal | None:
    """None where GitHub no longer says what the review said."""
    was = _OPINIONS.get(node["previousReviewState"].text())
    return None if was is None else Dismissal(graphql_person(node["actor"]), node["createdAt"].instant(), was)


def _deletion(node: Shape) -> Deletion:
    author, by = (graphql_person(node[key]) for key in ("deletedCommentAuthor", "actor"))
    return Deletion(node["createdAt"].instant(), author, by)

"""What a comment or a review said before somebody edited it, which GraphQL alone tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.people import rest_person
from penstock.forges.github.shape import Shape
from penstock.forges.logins import login_key

_HISTORY = """
query History($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Comment {
      id
      lastEditedAt
      userContentEdits(first: 100) { nodes { editedAt diff } pageInfo { hasNextPage } }
    }
  }
}
"""
_AT_ONCE = 50


class TextHistory(NamedTuple):
    """The past of a text."""

    edited_at: datetime | None
    """When it was last edited; None where it never was."""
    earlier: tuple[str | None, ...]
    """Oldest first; None for a text that somebody removed from the history, or that is too long ago to be listed."""


def is_of_a_person(shape: Shape, own: str) -> bool:
    """Whether a hold may be in what REST shows; also of an account that is gone, whose hold stands.

    Bots command nothing, and the account `own` writes its comment anew each time.
    """
    person = rest_person(shape["user"])
    return not person.is_bot and (person.key is None or person.key != login_key(own))


def read_histories(client: GitHubClient, ids: Sequence[str]) -> dict[str, TextHistory]:
    """The histories of comments and reviews by their node ids; what was deleted since it was listed has none."""
    found: dict[str, TextHistory] = {}
    for start in range(0, len(ids), _AT_ONCE):
        asked = ids[start : start + _AT_ONCE]
        nodes = Shape(client.graphql(_HISTORY, {"ids": list(asked)}), "the comments' history")["nodes"].items()
        if len(nodes) != len(asked):
            raise GitHubError("GitHub's history of the comments is incomplete: run again later.")
        for wanted, node in zip(asked, nodes, strict=True):
            if not node.is_null and not node["userContentEdits"].is_null:
                edited = node["lastEditedAt"]
                texts = _texts(node["userContentEdits"])
                found[wanted] = TextHistory(None if edited.is_null else edited.instant(), texts)
    return found


def _texts(edits: Shape) -> tuple[str | None, ...]:
    nodes = sorted(edits["nodes"].items(), key=lambda node: node["editedAt"].instant())
    texts = [None if node["diff"].is_null else node["diff"].text() for node in nodes]
    return (*([None] if edits["pageInfo"]["hasNextPage"].truth() else []), *texts)

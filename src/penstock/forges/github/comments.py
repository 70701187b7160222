"""The comments on a pull request, with the texts that edited ones had before."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.people import rest_person
from penstock.forges.github.shape import Shape
from penstock.forges.logins import login_key
from penstock.forges.protocol import Comment

_HISTORY = """
query History($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on IssueComment {
      id
      userContentEdits(first: 100) { nodes { editedAt diff } pageInfo { hasNextPage } }
    }
  }
}
"""
_AT_ONCE = 50


def read_comments(client: GitHubClient, repository: str, number: int, own: str = "") -> tuple[Comment, ...]:
    """All comments, oldest first.

    No history is read of bots, which command nothing, and of the account `own`, which writes its comment anew each
    time.
    """
    shapes = [Shape(item, "the comments") for item in client.items(f"/repos/{repository}/issues/{number}/comments")]
    edited = [shape["node_id"].text() for shape in shapes if _is_edited(shape) and _is_of_a_person(shape, own)]
    history = _history(client, edited)
    comments = (
        Comment(
            id=str(shape["id"].number()),
            person=rest_person(shape["user"]),
            at=shape["created_at"].instant(),
            # GitHub counts more than edits as updates; what may have been edited is taken as edited.
            edited_at=shape["updated_at"].instant() if _is_edited(shape) else None,
            body=shape["body"].text_or_empty(),
            earlier=history.get(shape["node_id"].text_or_empty(), ()),
        )
        for shape in shapes
    )
    return tuple(sorted(comments, key=lambda comment: (comment.at, int(comment.id))))


def _is_edited(shape: Shape) -> bool:
    return shape["updated_at"].instant() != shape["created_at"].instant()


def _is_of_a_person(shape: Shape, own: str) -> bool:
    """Whether a hold may be in it; also of an account that is gone, whose hold stands."""
    person = rest_person(shape["user"])
    return not person.is_bot and (person.key is None or person.key != login_key(own))


def _history(client: GitHubClient, ids: Sequence[str]) -> dict[str, tuple[str | None, ...]]:
    """The texts of comments by their node ids, oldest first.

    A comment that was deleted since it was listed has none; one with more texts than a page holds, one that nobody
    can tell.
    """
    found: dict[str, tuple[str | None, ...]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        asked = ids[start : start + _AT_ONCE]
        nodes = Shape(client.graphql(_HISTORY, {"ids": list(asked)}), "the comments' history")["nodes"].items()
        if len(nodes) != len(asked):
            raise GitHubError("GitHub's history of the comments is incomplete: run again later.")
        for wanted, node in zip(asked, nodes, strict=True):
            if not node.is_null and not node["userContentEdits"].is_null:
                found[wanted] = _texts(node["userContentEdits"])
    return found


def _texts(edits: Shape) -> tuple[str | None, ...]:
    nodes = sorted(edits["nodes"].items(), key=lambda node: node["editedAt"].instant())
    texts = [None if node["diff"].is_null else node["diff"].text() for node in nodes]
    return (*([None] if edits["pageInfo"]["hasNextPage"].truth() else []), *texts)

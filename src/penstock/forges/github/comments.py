"""The comments on a pull request, with the texts that edited ones had before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.history import TextHistory, is_of_a_person, read_histories
from penstock.forges.github.people import rest_person
from penstock.forges.github.shape import Shape
from penstock.forges.protocol import Comment

_NO_HISTORY = TextHistory(None, ())


def read_comments(client: GitHubClient, repository: str, number: int, own: str = "") -> tuple[Comment, ...]:
    """All comments of the conversation, oldest first. No history is read of bots and of the account `own`."""
    shapes = [Shape(item, "the comments") for item in client.items(f"/repos/{repository}/issues/{number}/comments")]
    histories = _histories(client, shapes, own)
    comments = []
    for shape in shapes:
        history = histories.get(shape["node_id"].text_or_empty(), _NO_HISTORY)
        written, updated = shape["created_at"].instant(), shape["updated_at"].instant()
        comments.append(
            Comment(
                id=str(shape["id"].number()),
                person=rest_person(shape["user"]),
                at=written,
                # GitHub counts more than edits as updates; what may have been edited is taken as edited.
                edited_at=updated if updated != written else history.edited_at,
                body=shape["body"].text_or_empty(),
                earlier=history.earlier,
            )
        )
    return _in_order(comments)


def read_line_comments(
    client: GitHubClient, repository: str, number: int, submitted: Mapping[str, datetime], own: str
) -> tuple[Comment, ...]:
    """The comments on lines of the difference, oldest first; `submitted` says when each review was, by its id.

    One that belongs to a review is seen by nobody before that. A push may count as an update of it, hence the time of
    an edit is the one of its history.
    """
    place = "the comments on lines"
    shapes = [Shape(item, place) for item in client.items(f"/repos/{repository}/pulls/{number}/comments")]
    histories = _histories(client, shapes, own)
    comments = []
    for shape in shapes:
        written = shape["created_at"].instant()
        review = shape["pull_request_review_id"]
        history = histories.get(shape["node_id"].text_or_empty(), _NO_HISTORY)
        comments.append(
            Comment(
                id=str(shape["id"].number()),
                person=rest_person(shape["user"]),
                at=written if review.is_null else max(written, submitted.get(str(review.number()), written)),
                edited_at=history.edited_at,
                body=shape["body"].text_or_empty(),
                earlier=history.earlier,
            )
        )
    return _in_order(comments)


def _histories(client: GitHubClient, shapes: list[Shape], own: str) -> dict[str, TextHistory]:
    """Of all of them: REST tells of no edit in the second in which a comment was written, and a program is as fast."""
    return read_histories(client, [one["node_id"].text() for one in shapes if is_of_a_person(one, own)])


def _in_order(comments: Iterable[Comment]) -> tuple[Comment, ...]:
    return tuple(sorted(comments, key=lambda comment: (comment.at, int(comment.id))))

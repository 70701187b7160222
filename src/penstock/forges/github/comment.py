"""One comment on the pull request, always the same one."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.identity import Identity
from penstock.forges.github.people import rest_person
from penstock.forges.github.shape import Shape
from penstock.forges.github.text_limits import COMMENT_BYTES, cut_markdown

MARKER = "<!-- penstock:review -->"
"""The first line of the comment; people do not see it. One about a folder of the repository names that, too."""


@dataclass(frozen=True, slots=True)
class PublishedComment:
    """The comment as it stands now."""

    url: str
    outcome: Literal["created", "updated", "unchanged"]


def publish_comment(
    client: GitHubClient,
    repository: str,
    number: int,
    body: str,
    identity: Identity,
    notice: str,
    folder: str = "",
) -> PublishedComment:
    """Put a text into the one comment of Penstock on a pull request, or of a folder that is reviewed by itself.

    The comment is known by its marker and by its author, who must be the token's own account: the
    same marker in somebody else's comment means nothing. A text over GitHub's limit is cut, and
    ends in `notice`.
    """
    marker = MARKER.replace("review", f"review {folder}") if folder else MARKER
    text = cut_markdown(f"{marker}\n{body}", COMMENT_BYTES, notice)
    path = f"/repos/{repository}/issues"
    own = _own_comment(client, f"{path}/{number}/comments", identity, marker)
    if own is not None:
        if own["body"].text_or_empty() == text:
            return PublishedComment(own["html_url"].text(), "unchanged")
        try:
            changed = client.send("PATCH", f"{path}/comments/{own['id'].number()}", {"body": text})
            return PublishedComment(Shape(changed, "the comment")["html_url"].text(), "updated")
        except GitHubError as error:
            # Somebody deleted it since it was listed.
            if error.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                raise
    created = client.send("POST", f"{path}/{number}/comments", {"body": text})
    return PublishedComment(Shape(created, "the comment")["html_url"].text(), "created")


def _own_comment(client: GitHubClient, path: str, identity: Identity, marker: str) -> Shape | None:
    """The oldest comment that is ours; GitHub lists them oldest first."""
    for item in client.items(path):
        comment = Shape(item, "the comments")
        begins = comment["body"].text_or_empty().startswith(marker)
        if begins and identity.is_author(rest_person(comment["user"])):
            return comment
    return None

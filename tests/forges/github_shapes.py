"""What GitHub shows of a pull request, as JSON: accounts, commits, reviews, comments and what moved a branch."""

from __future__ import annotations

from typing import Any

from forges.fake import object_id

BASE, HEAD = object_id("base"), object_id("head")
REPOSITORY = "acme/models"


def account(login: str, kind: str = "User") -> dict[str, Any]:
    """An account as REST shows it."""
    return {"login": login, "id": sum(login.encode()), "type": kind}


def commit(
    sha: str, author: dict | None, message: str = "A change", parents: tuple[str, ...] = (BASE,), **more: Any
) -> dict[str, Any]:
    """A commit as REST shows it."""
    return {
        "sha": sha,
        "commit": {"message": message, "verification": {"verified": more.pop("verified", False)}},
        "author": author,
        "committer": more.pop("committer", author),
        "parents": [{"sha": parent} for parent in parents],
    }


def move(at: str, before: str, after: str, kind: str = "push", by: str = "ada") -> dict[str, Any]:
    """An entry of a repository's activity."""
    return {
        "id": 1,
        "before": before,
        "after": after,
        "ref": "refs/heads/topic",
        "timestamp": at,
        "activity_type": kind,
        "actor": account(by),
    }


def review(number: int, login: str | None, state: str = "APPROVED", at: str = "2026-03-02T10:00:00Z") -> dict[str, Any]:
    """A review as REST shows it; of the head, which the server fills in."""
    return {
        "id": number,
        "node_id": f"PRR_{number}",
        "user": login and account(login),
        "state": state,
        "submitted_at": at,
        "body": "",
    }


def comment(
    number: int, user: dict | None, body: str, at: str = "2026-03-02T10:05:00Z", edited: str = ""
) -> dict[str, Any]:
    """A comment as REST shows it."""
    return {
        "id": number,
        "node_id": f"IC_{number}",
        "user": user,
        "body": body,
        "created_at": at,
        "updated_at": edited or at,
        "html_url": f"https://github.com/{REPOSITORY}/pull/1#issuecomment-{number}",
    }


def line_comment(number: int, user: dict | None, body: str, review: int = 1, edited: str = "") -> dict[str, Any]:
    """A comment on a line of the difference as REST shows it, of a review."""
    made = comment(number, user, body, edited=edited)
    return made | {"node_id": f"PRRC_{number}", "pull_request_review_id": review}


def pull_request() -> dict[str, Any]:
    """A pull request as REST shows it."""
    ours = {"id": 7, "full_name": REPOSITORY}
    return {
        "number": 1,
        "title": "Raise the canary",
        "state": "open",
        "merged": False,
        "draft": False,
        "user": account("ada"),
        "labels": [{"name": "rollout"}],
        "created_at": "2026-03-02T09:00:00Z",
        "updated_at": "2026-03-02T10:00:00Z",
        "base": {"ref": "main", "sha": object_id("an old base"), "repo": ours},
        "head": {"ref": "topic", "sha": HEAD, "repo": ours},
    }

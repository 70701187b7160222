"""What GitHub's refusals mean, and what to do about each."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from penstock.forges.protocol import ForgeError


class GitHubError(ForgeError):
    """GitHub refused, or gave no answer that can be used. `status` is that of HTTP; None where there was none."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


_BY_STATUS: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "GitHub does not understand the request: update Penstock, or the GitHub Enterprise Server.",
    HTTPStatus.UNAUTHORIZED: "GitHub rejected the token: it has expired or was revoked; pass a valid one.",
    HTTPStatus.NOT_FOUND: "GitHub found nothing there: check the name, and that the token may read that repository.",
    HTTPStatus.CONFLICT: "something else changed it at the same time, or the repository is empty: run again.",
    HTTPStatus.GONE: "it was deleted, or is disabled in the repository's settings: enable it.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "GitHub found the request invalid.",
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS: "GitHub has blocked the repository: its owner has to ask GitHub why.",
}


def refusal(request: str, status: int, headers: Mapping[str, str], said: str) -> GitHubError:
    """The error for an answer that is no success.

    `request` is the method and the path, `said` GitHub's own message, fit to be quoted.
    """
    if status == HTTPStatus.FORBIDDEN:
        advice = _forbidden(headers)
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        advice = "GitHub had an internal error: run again later."
    else:
        advice = _BY_STATUS.get(status, "the response is unexpected: run again, and if it persists, update Penstock.")
    quoted = f" GitHub says: {said}" if said else ""
    return GitHubError(f"{request} was answered with {status}: {advice}{quoted}", status)


def _forbidden(headers: Mapping[str, str]) -> str:
    """Advice from the headers in which GitHub says what would have been enough."""
    if "x-github-sso" in headers:
        return "the organization requires single sign-on: authorize the token for it."
    # https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api names this header for App tokens.
    needed = headers.get("x-accepted-github-permissions", "")
    if needed and all(letter.isalnum() or letter in "_=,; -" for letter in needed) and len(needed) < 200:
        return f"the token may not do that; it needs {needed}: add it to the job's `permissions`."
    return "the token may not do that: give it the permission, in the job's `permissions` or the App's settings."

"""Asking people for their review."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.people import rest_person
from penstock.forges.github.shape import Shape
from penstock.forges.logins import login_key
from penstock.forges.protocol import Person


@dataclass(frozen=True, slots=True)
class Requested:
    """Who was asked now, who had been asked before, and whom GitHub does not let be asked."""

    asked: tuple[str, ...]
    waiting: tuple[str, ...]
    refused: tuple[str, ...]
    """Mostly people without access to the repository: give it to them, or take them out of the team."""


def request_reviewers(
    client: GitHubClient, repository: str, number: int, logins: Iterable[str], author: Person
) -> Requested:
    """Ask these people for a review, without the author, whom GitHub lets nobody ask.

    One request asks all; where GitHub refuses it for the sake of one, each is asked apart.
    """
    path = f"/repos/{repository}/pulls/{number}/requested_reviewers"
    wanted = {login_key(login): login for login in logins if login_key(login) != author.key}
    if not wanted:
        return Requested((), (), ())
    users = Shape(client.get(path), "the requested reviewers")["users"].items()
    waiting = {person.key for person in map(rest_person, users)}
    missing = [login for key, login in wanted.items() if key not in waiting]
    asked, refused = _ask(client, path, missing) if missing else ([], [])
    already = [login for key, login in wanted.items() if key in waiting]
    return Requested(tuple(asked), tuple(already), tuple(refused))


def _ask(client: GitHubClient, path: str, logins: list[str]) -> tuple[list[str], list[str]]:
    """Who could be asked, and who could not."""
    try:
        client.send("POST", path, {"reviewers": logins})
    except GitHubError as error:
        if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        if len(logins) == 1:
            return [], logins
        answers = [_ask(client, path, [login]) for login in logins]
        return [one for asked, _ in answers for one in asked], [one for _, refused in answers for one in refused]
    return logins, []

"""Who may write to the repository: only their approvals can count. Teams are Penstock's own specs."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.people import rest_person
from penstock.forges.github.shape import Shape
from penstock.forges.logins import login_key
from penstock.forges.protocol import Person

_WRITING = {"admin", "write"}
"""The base roles that may push; GitHub shows `maintain` as `write`, and a custom role as the one it builds on."""


def read_writers(client: GitHubClient, repository: str, logins: Iterable[str]) -> tuple[str, ...]:
    """Those of the people who may push to the repository, sorted; one of several spellings of a login is kept.

    One list answers for everyone; a token that may not read it asks for each person
    (https://docs.github.com/rest/collaborators/collaborators). Bots are no collaborators, and never in it.
    """
    asked = {login_key(login): login for login in sorted(logins) if Person(login).login and not login.endswith("[bot]")}
    if not asked:
        return ()
    try:
        writers = _all_writers(client, repository)
    except GitHubError as error:
        if error.status not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            raise
        return tuple(sorted(login for login in asked.values() if _may_write(client, repository, login)))
    return tuple(sorted(login for key, login in asked.items() if key in writers))


def _all_writers(client: GitHubClient, repository: str) -> set[str]:
    shapes = (
        Shape(item, "the collaborators")
        for item in client.items(f"/repos/{repository}/collaborators", {"permission": "push"})
    )
    people = (rest_person(shape) for shape in shapes if shape["permissions"]["push"].truth())
    return {person.key for person in people if person.key}


def _may_write(client: GitHubClient, repository: str, login: str) -> bool:
    try:
        answer = client.get(f"/repos/{repository}/collaborators/{login}/permission")
    except GitHubError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise
    return Shape(answer, "the collaborator's permission")["permission"].text() in _WRITING

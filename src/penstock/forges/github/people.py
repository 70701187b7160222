"""Who an account, an email or a trailer is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from urllib.parse import quote

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.errors import GitHubError
from penstock.forges.github.shape import Shape
from penstock.forges.logins import GHOST, login_key
from penstock.forges.protocol import Person

NOBODY = Person(None)
_PEOPLE = {"User", "Organization", "EnterpriseUserAccount"}

_TRAILER = re.compile(r"^[ \t]*co-authored-by[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_EMAIL = re.compile(r"<([^<>]*)>")
_COMMITS_AT_ONCE = 50

_AUTHORS = """
fragment Who on Commit {
  oid
  authors(first: 100) { nodes { email user { __typename login } } }
}
"""


def rest_person(account: Shape) -> Person:
    """An account as REST shows it: null for a deleted one, `type` for what it is."""
    if account.is_null:
        return NOBODY
    return _person(account["login"].text(), account["type"].text())


def graphql_person(actor: Shape) -> Person:
    """An account as GraphQL shows it; there a bot's login lacks the `[bot]` that REST and commits give it."""
    if actor.is_null:
        return NOBODY
    login, kind = actor["login"].text(), actor["__typename"].text()
    return _person(f"{login}[bot]" if kind == "Bot" and not login.endswith("[bot]") else login, kind)


def _person(login: str, kind: str) -> Person:
    """A mannequin stands for somebody of another forge; it has no account, and neither has an unknown kind."""
    if kind == "Bot":
        return Person(login, is_bot=True)
    return NOBODY if kind not in _PEOPLE or login_key(login) == GHOST else Person(login)


def co_author_emails(message: str) -> tuple[str, ...]:
    """The email of each `Co-authored-by` line, empty for a line without one.

    A line counts wherever it stands, though git reads trailers in the last paragraph alone: to name
    one person too many is safer than to overlook one.
    """
    found = (_EMAIL.search(line) for line in _TRAILER.findall(message))
    return tuple(dict.fromkeys(match.group(1).strip().lower() if match else "" for match in found))


class Emails:
    """Accounts by the emails of commits. An email that GitHub knows no account for belongs to nobody."""

    def __init__(self, client: GitHubClient, repository: str) -> None:
        self._client = client
        self._repository = repository
        host = re.escape(client.web_host)
        self._with_id = re.compile(rf"(\d{{1,18}})\+[^@]+@users\.noreply\.{host}", re.IGNORECASE)
        self._with_login = re.compile(rf"([A-Za-z0-9_\[\]-]{{1,100}})@users\.noreply\.{host}", re.IGNORECASE)
        self._known: dict[str, Person] = {"": NOBODY}

    def resolve(self, emails_of_commits: Mapping[str, Iterable[str]]) -> dict[str, Person]:
        """The person of each email, given the emails by the ids of the commits that name them.

        GitHub's own private emails hold the account's number, which does not change with the login
        (https://docs.github.com/account-and-profile/reference/email-addresses-reference); all
        others are in GraphQL's `Commit.authors`, which reads the same trailers.
        """
        others: list[str] = []
        for commit, emails in emails_of_commits.items():
            unknown = [email for email in emails if email not in self._known]
            for email in unknown:
                person = self._private(email)
                if person is not None:
                    self._known[email] = person
            if any(email not in self._known for email in unknown):
                others.append(commit)
        for start in range(0, len(others), _COMMITS_AT_ONCE):
            self._known |= self._authors_of(others[start : start + _COMMITS_AT_ONCE])
        wanted = {email for emails in emails_of_commits.values() for email in emails}
        return {email: self._known.get(email, NOBODY) for email in wanted}

    def _private(self, email: str) -> Person | None:
        """The person of an email that GitHub made up; None for any other email."""
        if found := self._with_id.fullmatch(email):
            return self._account(f"/user/{found.group(1)}")
        if found := self._with_login.fullmatch(email):
            return self._account(f"/users/{quote(found.group(1))}")
        return None

    def _account(self, path: str) -> Person:
        try:
            return rest_person(Shape(self._client.get(path), "the account"))
        except GitHubError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return NOBODY
            raise

    def _authors_of(self, commits: list[str]) -> dict[str, Person]:
        """Accounts by email, of everyone whom GitHub sees as an author of these commits."""
        owner, name = self._repository.split("/")
        asked = " ".join(f'c{index}: object(oid: "{commit}") {{ ...Who }}' for index, commit in enumerate(commits))
        query = "query Authors($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { %s } }"
        data = self._client.graphql(query % asked + _AUTHORS, {"owner": owner, "name": name})
        repository = Shape(data, "the commits' authors")["repository"]
        found: dict[str, Person] = {}
        for index in range(len(commits)):
            commit = repository[f"c{index}"]
            if commit.is_null:
                continue
            for author in commit["authors"]["nodes"].items():
                if not author["user"].is_null:
                    found[author["email"].text_or_empty().lower()] = graphql_person(author["user"])
        return found

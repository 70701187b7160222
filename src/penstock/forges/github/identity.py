"""As whom the token speaks."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.forges.github.client import GitHubClient
from penstock.forges.github.shape import Shape
from penstock.forges.logins import login_key
from penstock.forges.protocol import Person

_BOT = "[bot]"


@dataclass(frozen=True, slots=True)
class Identity:
    """The account of a token; for an App and for Actions a bot, whose login ends in `[bot]`."""

    login: str

    def is_author(self, person: Person) -> bool:
        """Whether this person is the account itself. A user may call himself like an App, but is no bot."""
        return person.key == login_key(self.login) and person.is_bot == self.login.endswith(_BOT)

    def is_app(self, slug: str) -> bool:
        """Whether the account is that of the App with this short name."""
        return login_key(slug + _BOT) == login_key(self.login)


def own_identity(client: GitHubClient) -> Identity:
    """GraphQL's `viewer` answers for Apps too, where REST's `/user` is for people alone."""
    return Identity(
        Shape(client.graphql("query Me { viewer { login } }"), "the token's account")["viewer"]["login"].text()
    )

"""The read-only view of a pull request that the review engine sees; GitHub, the fake and the overlay implement it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


class ForgeError(Exception):
    """The forge could not answer; the message is a sentence that says what to do. Never green."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account on the forge. `login` is None for a deleted account or an email that belongs to nobody."""

    login: str | None
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the pull request, with everyone who contributed to it."""

    sha: str
    author: Person
    committer: Person
    co_authors: tuple[Person, ...]
    parents: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Push:
    """A moment at which the server saw the head move: a push, a force-push, a change of base."""

    at: datetime
    head: str
    kind: Literal["push", "force-push", "base-changed", "opened", "reopened"]
    actor: Person


@dataclass(frozen=True, slots=True)
class Review:
    """A review as the server recorded it."""

    id: str
    person: Person
    state: Literal["approved", "changes_requested", "commented", "dismissed"]
    submitted: datetime
    commit: str
    """What the forge says was reviewed; a forge may re-point it, so it decides nothing."""
    body: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment; an edited one counts for nothing but reading."""

    id: str
    person: Person
    at: datetime
    edited: bool
    body: str


class PullRequestView(Protocol):
    """What can be known of a pull request. Every read is complete, or raises `ForgeError`."""

    @property
    def number(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def author(self) -> Person: ...
    @property
    def base_sha(self) -> str: ...
    @property
    def base_ref(self) -> str: ...
    @property
    def head_sha(self) -> str: ...
    @property
    def is_fork(self) -> bool: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    def commits(self) -> tuple[Commit, ...]: ...
    def pushes(self) -> tuple[Push, ...]: ...
    def reviews(self) -> tuple[Review, ...]: ...
    def comments(self) -> tuple[Comment, ...]: ...
    def now(self) -> datetime: ...

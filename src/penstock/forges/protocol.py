"""The read-only view of a pull request that the review engine sees; a record, the fake and the overlay implement it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from penstock.forges.logins import login_key

_LOGIN = re.compile(r"[A-Za-z0-9_-]{1,100}(\[bot\])?")


class ForgeError(Exception):
    """The forge could not answer; the message is a sentence that says what to do. Never green."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account on the forge.

    `login` is None for a deleted account, for an email that belongs to nobody, and for anything
    that is not written in the letters of a login: a look-alike in another alphabet is nobody.
    """

    login: str | None
    is_bot: bool = False

    def __post_init__(self) -> None:
        if self.login is not None and not _LOGIN.fullmatch(self.login):
            object.__setattr__(self, "login", None)

    @property
    def key(self) -> str | None:
        """The login as it is compared; None for nobody, who equals nobody else, not even another nobody."""
        return None if self.login is None else login_key(self.login)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the pull request, with everyone who contributed to it."""

    sha: str
    author: Person
    committer: Person
    """A bot, where the forge itself made the commit on its web pages and signed it."""
    co_authors: tuple[Person, ...]
    """One for each trailer, also for an email that belongs to nobody."""
    parents: tuple[str, ...]
    message: str


PushKind = Literal["push", "force-push", "base-changed", "opened", "reopened"]


@dataclass(frozen=True, slots=True)
class Push:
    """A moment at which the server saw the head move, or the base change under it."""

    at: datetime
    head: str
    """The head from this moment on."""
    kind: PushKind
    actor: Person


Opinion = Literal["approved", "changes_requested", "commented"]


@dataclass(frozen=True, slots=True)
class Dismissal:
    """What somebody set aside, and who."""

    by: Person
    at: datetime
    was: Opinion
    """What the review said until then."""


@dataclass(frozen=True, slots=True)
class Review:
    """A review as the server recorded it."""

    id: str
    person: Person
    state: Literal[Opinion, "dismissed"]
    submitted: datetime
    commit: str
    """What the forge says was reviewed; a forge may re-point it to a newer head, so that it approves nothing. May be
    empty."""
    body: str
    dismissal: Dismissal | None = None
    """Of a dismissed review; None where nobody knows who did it, or what it said before."""
    edited_at: datetime | None = None
    """When its text was last edited, by whomever; None where it stands as it was written."""
    earlier: tuple[str | None, ...] = ()
    """Texts that it had before, as those of a comment."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment; an edited one can stop, and lets nothing pass."""

    id: str
    person: Person
    at: datetime
    edited_at: datetime | None
    """When it was last edited, by whomever; None where it stands as it was written."""
    body: str
    earlier: tuple[str | None, ...] = ()
    """Texts that it had before, oldest first; None for one that somebody removed from its history."""

    @property
    def edited(self) -> bool:
        """Whether it may say something else than its author wrote."""
        return self.edited_at is not None


@dataclass(frozen=True, slots=True)
class Deletion:
    """A comment that is gone; what it said, the forge does not tell."""

    at: datetime
    author: Person
    by: Person


State = Literal["open", "closed", "merged"]


class PullRequestView(Protocol):
    """What can be known of a pull request. Every read is complete, or raises `ForgeError`."""

    @property
    def repository(self) -> str:
        """`owner/name` of the repository that it wants to change."""
        ...

    @property
    def number(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def author(self) -> Person: ...
    @property
    def state(self) -> State: ...
    @property
    def is_draft(self) -> bool: ...
    @property
    def base_sha(self) -> str:
        """The tip of the base branch now, whose policy decides; not where the pull request once started."""
        ...

    @property
    def base_ref(self) -> str:
        """Name of the base branch, without `refs/heads/`."""
        ...

    @property
    def head_sha(self) -> str: ...
    @property
    def is_fork(self) -> bool:
        """Whether the head is in another repository, or in one that is gone."""
        ...

    @property
    def labels(self) -> tuple[str, ...]: ...

    def commits(self) -> tuple[Commit, ...]:
        """Everything reachable from the head and not from the base, second parents of merges too; oldest first."""
        ...

    def pushes(self) -> tuple[Push, ...]:
        """The unbroken recent past of the head, oldest first; its last entry says when the head became `head_sha`.

        What was said before the first entry was said of a head that nobody knows, and counts for nothing.
        """
        ...

    def reviews(self) -> tuple[Review, ...]:
        """In the order in which they were submitted."""
        ...

    def comments(self) -> tuple[Comment, ...]:
        """Those of the conversation, in the order in which they were written."""
        ...

    def line_comments(self) -> tuple[Comment, ...]:
        """Those on lines of the difference, in the order in which others could see them."""
        ...

    def deletions(self) -> tuple[Deletion, ...]:
        """Comments that were deleted, oldest first."""
        ...

    def may_write(self, login: str) -> bool:
        """Whether this person may push to the repository; False for whoever was not asked about."""
        ...

    def now(self) -> datetime:
        """The forge's clock when the view was taken."""
        ...

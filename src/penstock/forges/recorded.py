"""A pull request as it was at one moment: a plain value, and the view on it. Records replay offline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Literal

from penstock.forges.logins import login_key
from penstock.forges.protocol import Comment, Commit, Deletion, ForgeError, Person, Push, Review, State

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class PullRequestFacts:
    """All that a view shows. The fields mean what `PullRequestView` says of them."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    repository: str
    number: int
    title: str
    author: Person
    state: State
    is_draft: bool
    base_sha: str
    base_ref: str
    head_sha: str
    is_fork: bool
    labels: tuple[str, ...]
    commits: tuple[Commit, ...]
    pushes: tuple[Push, ...]
    reviews: tuple[Review, ...]
    comments: tuple[Comment, ...]
    writers: tuple[str, ...]
    """Logins of the people who were asked about and may push, sorted."""
    now: datetime
    deletions: tuple[Deletion, ...] = ()
    line_comments: tuple[Comment, ...] = ()
    version: Literal[2] = 2
    """Of the file format."""


@dataclass(frozen=True, slots=True)
class RecordedPullRequest:
    """The view on recorded facts."""

    facts: PullRequestFacts

    @property
    def repository(self) -> str:
        return self.facts.repository

    @property
    def number(self) -> int:
        return self.facts.number

    @property
    def title(self) -> str:
        return self.facts.title

    @property
    def author(self) -> Person:
        return self.facts.author

    @property
    def state(self) -> State:
        return self.facts.state

    @property
    def is_draft(self) -> bool:
        return self.facts.is_draft

    @property
    def base_sha(self) -> str:
        return self.facts.base_sha

    @property
    def base_ref(self) -> str:
        return self.facts.base_ref

    @property
    def head_sha(self) -> str:
        return self.facts.head_sha

    @property
    def is_fork(self) -> bool:
        return self.facts.is_fork

    @property
    def labels(self) -> tuple[str, ...]:
        return self.facts.labels

    def commits(self) -> tuple[Commit, ...]:
        return self.facts.commits

    def pushes(self) -> tuple[Push, ...]:
        return self.facts.pushes

    def reviews(self) -> tuple[Review, ...]:
        return self.facts.reviews

    def comments(self) -> tuple[Comment, ...]:
        return self.facts.comments

    def line_comments(self) -> tuple[Comment, ...]:
        return self.facts.line_comments

    def deletions(self) -> tuple[Deletion, ...]:
        return self.facts.deletions

    def may_write(self, login: str) -> bool:
        return login_key(login) in _keys(self.facts.writers)

    def now(self) -> datetime:
        return self.facts.now


def imagined(author: Person, base: str, head: str, opened: datetime) -> PullRequestFacts:
    """A pull request that nobody made: one commit by its author, just opened, on which nobody has said anything."""
    return PullRequestFacts(
        repository="imagined/imagined",
        number=0,
        title="Imagined",
        author=author,
        state="open",
        is_draft=False,
        base_sha=base,
        base_ref="main",
        head_sha=head,
        is_fork=False,
        labels=(),
        commits=(Commit(head, author, author, (), (base,), ""),),
        pushes=(Push(opened, head, "opened", author),),
        reviews=(),
        comments=(),
        writers=(),
        now=opened,
    )


@lru_cache(maxsize=4)
def _keys(logins: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(login_key, logins))


def dump(facts: PullRequestFacts) -> str:
    """The record as JSON text: keys in the order of the fields, so that equal facts are equal bytes."""
    return _adapter().dump_json(facts, indent=2).decode("utf-8") + "\n"


def parse(text: str | bytes, shown_as: str = "the record") -> RecordedPullRequest:
    """The view on a record that `dump` wrote; ForgeError says which of its values does not belong there."""
    from pydantic import ValidationError

    try:
        facts = _adapter().validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "its text"
        raise ForgeError(
            f"{shown_as} is not a saved pull request (at {place}: {first['msg']}): save it again."
        ) from None
    naive = [at for at in _instants(facts) if at.tzinfo is None]
    if naive:
        raise ForgeError(f"{shown_as} has a time without a time zone ({naive[0].isoformat()}): save it again.")
    # Near an end of the calendar, a time cannot be shown in another zone.
    beyond = [at for at in _instants(facts) if not MINYEAR < at.year < MAXYEAR]
    if beyond:
        raise ForgeError(f"{shown_as} has a time beyond the calendar ({beyond[0].isoformat()}): save it again.")
    return RecordedPullRequest(facts)


def _instants(facts: PullRequestFacts) -> list[datetime]:
    comments = (*facts.comments, *facts.line_comments)
    edits = [text.edited_at for text in comments] + [review.edited_at for review in facts.reviews]
    return [
        facts.now,
        *(push.at for push in facts.pushes),
        *(review.submitted for review in facts.reviews),
        *(review.dismissal.at for review in facts.reviews if review.dismissal is not None),
        *(comment.at for comment in comments),
        *(at for at in edits if at is not None),
        *(deletion.at for deletion in facts.deletions),
    ]


def _adapter() -> TypeAdapter[PullRequestFacts]:
    from pydantic import TypeAdapter

    return TypeAdapter(PullRequestFacts)

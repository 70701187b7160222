"""A pull request whose life is scripted: each act moves the clock, and `view` shows what a forge would show then."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from penstock.forges.logins import login_key
from penstock.forges.protocol import Comment, Commit, Deletion, Dismissal, Person, Push, Review
from penstock.forges.recorded import PullRequestFacts, RecordedPullRequest

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When a fake pull request is opened: a Monday morning."""


def object_id(name: str) -> str:
    """A full commit id that belongs to this name and to no other."""
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()


def person(login: str | None) -> Person:
    """The account of a login; one that ends in `[bot]` is a bot."""
    return Person(login, is_bot=login is not None and login.endswith("[bot]"))


def commit(
    sha: str,
    author: str | None,
    *,
    committer: str | None = "",
    co_authors: Iterable[str | None] = (),
    parents: Iterable[str] = (),
    message: str = "A change",
) -> Commit:
    """A commit; its committer is its author unless another is given, and None is nobody."""
    return Commit(
        sha=sha,
        author=person(author),
        committer=person(author if committer == "" else committer),
        co_authors=tuple(person(one) for one in co_authors),
        parents=tuple(parents),
        message=message,
    )


@dataclass(slots=True)
class FakePullRequest:
    """A pull request in the hands of a test. Every act happens one minute after the one before."""

    facts: PullRequestFacts
    _comments: int = 0
    _line_comments: int = 0

    @classmethod
    def opened(
        cls,
        author: str = "ada",
        *,
        head: str = "",
        base: str = "",
        number: int = 1,
        title: str = "A change",
        repository: str = "acme/models",
        base_ref: str = "main",
        is_fork: bool = False,
        is_draft: bool = False,
        labels: Iterable[str] = (),
        commits: Iterable[Commit] | None = None,
        writers: Iterable[str] = (),
        at: datetime = START,
    ) -> FakePullRequest:
        """A pull request that was just opened, with one commit by its author unless others are given."""
        head = head or object_id("head")
        first = (commit(head, author, parents=[base or object_id("base")]),) if commits is None else tuple(commits)
        return cls(
            PullRequestFacts(
                repository=repository,
                number=number,
                title=title,
                author=person(author),
                state="open",
                is_draft=is_draft,
                base_sha=base or object_id("base"),
                base_ref=base_ref,
                head_sha=head,
                is_fork=is_fork,
                labels=tuple(labels),
                commits=first,
                pushes=(Push(at, head, "opened", person(author)),),
                reviews=(),
                comments=(),
                writers=tuple(sorted(writers)),
                now=at,
            )
        )

    @property
    def view(self) -> RecordedPullRequest:
        """What the forge shows now; a later act does not change it."""
        return RecordedPullRequest(self.facts)

    def pass_time(self, duration: timedelta = timedelta(minutes=1)) -> datetime:
        """Move the clock, and return the moment it shows."""
        self.facts = replace(self.facts, now=self.facts.now + duration)
        return self.facts.now

    def push(self, head: str, *, by: str | None = None, commits: Iterable[Commit] | None = None) -> None:
        """New commits on top of the old ones; one by the pusher unless others are given."""
        pusher = self._author if by is None else by
        new = (commit(head, pusher, parents=[self.facts.head_sha]),) if commits is None else tuple(commits)
        self._move(head, "push", pusher, self.facts.commits + new)

    def force_push(self, head: str, *, by: str | None = None, commits: Iterable[Commit] | None = None) -> None:
        """Other commits in place of the old ones."""
        pusher = self._author if by is None else by
        new = (commit(head, pusher, parents=[self.facts.base_sha]),) if commits is None else tuple(commits)
        self._move(head, "force-push", pusher, new)

    def retarget(self, base_ref: str, base: str, *, by: str | None = None) -> None:
        """The pull request now wants to change another branch."""
        self.facts = replace(self.facts, base_ref=base_ref, base_sha=base)
        self._move(self.facts.head_sha, "base-changed", self._author if by is None else by, self.facts.commits)

    def base_moves_to(self, base: str) -> None:
        """Something else was merged; the pull request itself did not change."""
        self.pass_time()
        self.facts = replace(self.facts, base_sha=base)

    def approve(self, login: str | None, body: str = "") -> str:
        """Returns the id of the review."""
        return self._review(login, "approved", body)

    def request_changes(self, login: str | None, body: str = "") -> str:
        """Returns the id of the review."""
        return self._review(login, "changes_requested", body)

    def dismiss(self, review: str, *, by: str | None = "") -> None:
        """A review is set aside, by its own author unless somebody else is given; it keeps its time."""
        at = self.pass_time()

        def dismissed(one: Review) -> Review:
            if one.id != review or one.state == "dismissed":
                return one
            actor = one.person if by == "" else person(by)
            return replace(one, state="dismissed", dismissal=Dismissal(actor, at, one.state))

        self.facts = replace(self.facts, reviews=tuple(map(dismissed, self.facts.reviews)))

    def repoint_reviews(self, to: str) -> None:
        """The forge says of every review that it was of this commit, as GitHub may after a rebase."""
        self.facts = replace(self.facts, reviews=tuple(replace(one, commit=to) for one in self.facts.reviews))

    def comment(self, login: str | None, body: str) -> str:
        """Returns the id of the comment."""
        self._comments += 1
        written = Comment(f"c{self._comments}", person(login), self.pass_time(), None, body)
        self.facts = replace(self.facts, comments=(*self.facts.comments, written))
        return written.id

    def line_comment(self, login: str | None, body: str) -> str:
        """A comment on a line of the difference; returns its id, which one of the conversation may have, too."""
        self._line_comments += 1
        written = Comment(f"c{self._line_comments}", person(login), self.pass_time(), None, body)
        self.facts = replace(self.facts, line_comments=(*self.facts.line_comments, written))
        return written.id

    def edit_line_comment(self, comment_id: str, body: str) -> None:
        """The text of a comment on a line is replaced."""
        at = self.pass_time()
        changed = tuple(
            replace(one, body=body, edited_at=at, earlier=(*one.earlier, one.body)) if one.id == comment_id else one
            for one in self.facts.line_comments
        )
        self.facts = replace(self.facts, line_comments=changed)

    def edit_review(self, review: str, body: str) -> None:
        """The text of a review is replaced; what it approves or requests stays."""
        at = self.pass_time()
        changed = tuple(
            replace(one, body=body, edited_at=at, earlier=(*one.earlier, one.body)) if one.id == review else one
            for one in self.facts.reviews
        )
        self.facts = replace(self.facts, reviews=changed)

    def edit_comment(self, comment_id: str, body: str, *, keeps_history: bool = True) -> None:
        """The text of a comment is replaced; without its history, nobody can tell any more what it said."""
        at = self.pass_time()

        def edited(one: Comment) -> Comment:
            earlier = (*one.earlier, one.body) if keeps_history else (None,)
            return replace(one, body=body, edited_at=at, earlier=earlier)

        changed = tuple(edited(one) if one.id == comment_id else one for one in self.facts.comments)
        self.facts = replace(self.facts, comments=changed)

    def delete_comment(self, comment_id: str, *, by: str | None = "") -> None:
        """A comment is gone, by its own author's hand unless somebody else is given."""
        at = self.pass_time()
        [gone] = [one for one in self.facts.comments if one.id == comment_id]
        deletion = Deletion(at, gone.person, gone.person if by == "" else person(by))
        self.facts = replace(
            self.facts,
            comments=tuple(one for one in self.facts.comments if one is not gone),
            deletions=(*self.facts.deletions, deletion),
        )

    def delete_account(self, login: str) -> None:
        """What this person said stays, and is nobody's from now on; whom commits and pushes name is left as it is."""
        self.pass_time()

        def gone(one: Person) -> Person:
            return Person(None) if one.key == login_key(login) else one

        def reviewed(one: Review) -> Review:
            dismissal = None if one.dismissal is None else replace(one.dismissal, by=gone(one.dismissal.by))
            return replace(one, person=gone(one.person), dismissal=dismissal)

        facts = self.facts
        self.facts = replace(
            facts,
            reviews=tuple(map(reviewed, facts.reviews)),
            comments=tuple(replace(one, person=gone(one.person)) for one in facts.comments),
            line_comments=tuple(replace(one, person=gone(one.person)) for one in facts.line_comments),
            deletions=tuple(replace(one, author=gone(one.author), by=gone(one.by)) for one in facts.deletions),
            writers=tuple(one for one in facts.writers if login_key(one) != login_key(login)),
        )

    def label(self, *labels: str) -> None:
        """These are the labels from now on."""
        self.pass_time()
        self.facts = replace(self.facts, labels=labels)

    @property
    def _author(self) -> str | None:
        return self.facts.author.login

    def _move(
        self,
        head: str,
        kind: Literal["push", "force-push", "base-changed"],
        by: str | None,
        commits: tuple[Commit, ...],
    ) -> None:
        moved = Push(self.pass_time(), head, kind, person(by))
        self.facts = replace(self.facts, head_sha=head, commits=commits, pushes=(*self.facts.pushes, moved))

    def _review(self, login: str | None, state: Literal["approved", "changes_requested"], body: str) -> str:
        given = Review(
            f"r{len(self.facts.reviews) + 1}", person(login), state, self.pass_time(), self.facts.head_sha, body
        )
        self.facts = replace(self.facts, reviews=(*self.facts.reviews, given))
        return given.id

"""Holds: whoever may write can stop a pull request, and nobody else can let it go on unless the policy says so.

What stops must not vanish. A hold stands however its comment is edited, and after the comment is gone where the record
saw it. A comment that somebody else deleted, or of which a text was removed from the history, is taken for a hold: it
takes nothing from anybody to stop, and much to go on. What an account that is gone said stops too, since nobody can
tell whether it could write; whom the policy lets overrule releases it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from penstock.forges.logins import GHOST, login_key
from penstock.forges.protocol import Person, PullRequestView
from penstock.review.policy.commands import UNHOLD, Command, commands, hold_in, hold_in_history

_DELETED = "somebody else deleted a comment of theirs, which may have been a hold"
_DELETED_OF_NOBODY = "a comment of theirs was deleted by an unknown person, and may have been a hold"
_REMOVED = "a version of their comment was removed from its history, and may have been a hold"
_UNSAID = "no reason given"


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that stands."""

    source: str
    """Id of the comment; of a comment on lines after the word `line`, of a review after that word.

    Of a deleted comment, when that happened, and of several in one second which of them it is.
    """
    person: str | None
    """Key of the login; None for an account that is gone."""
    reason: str
    at: datetime
    """When it was said, or last edited: only what is said later releases it."""


class _Text(NamedTuple):
    """What somebody wrote, wherever it stands."""

    person: Person
    at: datetime
    """When it was written, or last edited."""
    body: str
    earlier: tuple[str | None, ...]


def standing_holds(
    view: PullRequestView, known: Iterable[Hold], *, allowed: frozenset[str], overruling: frozenset[str]
) -> tuple[Hold, ...]:
    """The holds that nobody released, oldest first.

    `known` are those that stood when the pull request was last looked at. `allowed` people may hold without being able
    to write; `overruling` people may release what others hold. A hold outlives pushes.
    """
    texts = _texts(view)
    found = {hold.source: hold for hold in _seen(view, texts, allowed)}
    for hold in known:
        found[hold.source] = _again(hold, found.get(hold.source), texts.get(hold.source))
    releases = [command for command in commands(view) if command.verb == UNHOLD and not command.edited]
    standing = [hold for hold in found.values() if not any(_releases(one, hold, overruling) for one in releases)]
    return tuple(sorted(standing, key=lambda hold: (hold.at, hold.person or "", hold.source)))


def _texts(view: PullRequestView) -> dict[str, _Text]:
    """Everything that may hold, by the source that a hold of it has."""
    found = {}
    for before, comments in (("", view.comments()), ("line ", view.line_comments())):
        for one in comments:
            found[before + one.id] = _Text(one.person, one.edited_at or one.at, one.body, one.earlier)
    for review in view.reviews():
        said = _Text(review.person, review.edited_at or review.submitted, review.body, review.earlier)
        found[f"review {review.id}"] = said
    return found


def _seen(view: PullRequestView, texts: Mapping[str, _Text], allowed: frozenset[str]) -> Iterable[Hold]:
    for source, text in texts.items():
        reason = _reason(text)
        if reason is not None and _may_hold(view, text.person, allowed):
            yield Hold(source, text.person.key, reason, text.at)
    in_second: Counter[datetime] = Counter()
    for deletion in view.deletions():
        in_second[deletion.at] += 1
        person = deletion.author.key
        is_own = person is not None and person == deletion.by.key
        if not is_own and _may_hold(view, deletion.author, allowed):
            why = _DELETED if person is not None else _DELETED_OF_NOBODY
            count = in_second[deletion.at]
            which = f" {count}" if count > 1 else ""
            yield Hold(f"deleted {deletion.at.isoformat()}{which}", person, why, deletion.at)


def _may_hold(view: PullRequestView, person: Person, allowed: frozenset[str]) -> bool:
    """A bot may not, though it contributed: its word lets nothing go on, so that nobody could release the hold."""
    if person.is_bot:
        return False
    return person.key is None or person.key in allowed or view.may_write(person.key)


def _reason(text: _Text) -> str | None:
    """Why a text holds, by what it says or ever said; None where it does not."""
    earlier = (_REMOVED if one is None else hold_in_history(one) for one in reversed(text.earlier))
    reasons = [reason for reason in (hold_in(text.body), *earlier) if reason is not None]
    return (reasons[0] or _UNSAID) if reasons else None


def _again(hold: Hold, seen: Hold | None, text: _Text | None) -> Hold:
    """A hold that was known before, by its person's name of today, or the last one where the account is gone."""
    if seen is not None:
        return replace(seen, person=seen.person or hold.person, at=max(seen.at, hold.at))
    if text is None:
        return hold
    return replace(hold, person=text.person.key or hold.person, at=max(hold.at, text.at))


def _releases(command: Command, hold: Hold, overruling: frozenset[str]) -> bool:
    if command.person is None or command.is_bot or command.at <= hold.at:
        return False
    whose = login_key(command.rest.removeprefix("@")) if command.rest else command.person
    return whose == (hold.person or GHOST) and (command.person == hold.person or command.person in overruling)

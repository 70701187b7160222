"""Commands that people write into comments, one at the start of a comment; capital letters mean the same as small."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

from penstock.forges.protocol import Comment, PullRequestView

_COMMAND = re.compile(r"\s*/penstock[ \t]+(?P<verb>[a-z-]+)(?:[ \t]+(?P<rest>[^\r\n]*))?", re.IGNORECASE)
_HOLDING = r"\s*/penstock[ \t]+hold(?![a-z-])[ \t]*[:,]?(?P<rest>[^\r\n]*)"
_HOLD = re.compile(_HOLDING, re.IGNORECASE)
# An edit may be told as the text that it left, or as lines that it added and took away.
_HOLD_IN_LINES = re.compile(rf"^[+-]?{_HOLDING}", re.MULTILINE | re.IGNORECASE)
_WAIVE = re.compile(
    r"(?P<rule>\S+)\s+(?P<address>\S+)\s+until\s+(?P<until>\S+?):\s+(?P<reason>.+?)\s*;\s*follow-up:\s*(?P<follow_up>.+)",
    re.IGNORECASE,
)

Verb = Literal["hold", "unhold", "waive", "break-glass"]
HOLD, UNHOLD, WAIVE, BREAK_GLASS = "hold", "unhold", "waive", "break-glass"
WAIVE_FORM = "/penstock waive RULE ADDRESS until YYYY-MM-DD: REASON; follow-up: WHAT"


class Command(NamedTuple):
    """A command as it stands in a comment, whoever wrote it."""

    verb: str
    rest: str
    person: str | None
    """Key of the login; None for a deleted account."""
    is_bot: bool
    at: datetime
    edited: bool
    """Anybody with write access may have edited it, so an edited command grants nothing."""


class WaiveRequest(NamedTuple):
    """What a command to waive asks for."""

    rule: str
    address: str
    until: datetime
    reason: str
    follow_up: str


def commands(view: PullRequestView) -> tuple[Command, ...]:
    """The commands of the comments, oldest first."""
    found = (_command(comment) for comment in sorted(view.comments(), key=lambda one: one.at))
    return tuple(command for command in found if command is not None)


def commands_in_reviews(view: PullRequestView) -> tuple[Command, ...]:
    """The commands that reviews and comments on lines begin with, oldest first: of these, a hold alone has an effect.

    What lets something pass has one place, where everybody looks for it.
    """
    texts = [(review.submitted, review.person, review.body) for review in view.reviews()]
    texts += [(comment.at, comment.person, comment.body) for comment in view.line_comments()]
    found = []
    for at, person, body in sorted(texts, key=lambda text: text[0]):
        match = _COMMAND.match(body)
        if match is not None:
            said = match["verb"].lower(), (match["rest"] or "").strip()
            found.append(Command(*said, person.key, person.is_bot, at, edited=True))
    return tuple(found)


def parse_waive(command: Command) -> WaiveRequest | None:
    """What is to be waived; None where the command is not written as `WAIVE_FORM`."""
    match = _WAIVE.fullmatch(command.rest)
    until = _until(match["until"]) if match is not None else None
    if match is None or until is None:
        return None
    return WaiveRequest(match["rule"], match["address"], until, match["reason"].strip(), match["follow_up"].strip())


def hold_in(text: str) -> str | None:
    """The reason of a hold that a text holds, empty where it gives none; None where it holds nothing."""
    match = _HOLD.match(text)
    return None if match is None else match["rest"].strip()


def hold_in_history(text: str) -> str | None:
    """Likewise, of an earlier text, which a forge may tell by the lines that it differs in."""
    match = _HOLD_IN_LINES.search(text)
    return None if match is None else match["rest"].strip()


def _command(comment: Comment) -> Command | None:
    match = _COMMAND.match(comment.body)
    if match is None:
        return None
    return Command(
        verb=match["verb"].lower(),
        rest=(match["rest"] or "").strip(),
        person=comment.person.key,
        is_bot=comment.person.is_bot,
        at=comment.at,
        edited=comment.edited,
    )


def _until(text: str) -> datetime | None:
    """A moment with its zone, or the end of a day in UTC."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        # Beyond the last day of the calendar in UTC there is no moment either.
        return None

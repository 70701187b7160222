"""Commands that have no effect, or none yet: whoever wrote one is told why, since nothing else would show it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple, get_args

from penstock.diagnostics.grammar import joined, listed
from penstock.forges.logins import GHOST, login_key
from penstock.review.policy.commands import BREAK_GLASS, UNHOLD, WAIVE, WAIVE_FORM, Command, Verb, parse_waive
from penstock.review.policy.holds import Hold
from penstock.review.policy.waivers import waive_requests
from penstock.review.policy.wording import moment, more_people
from penstock.specs.approval_policy import BreakGlass


class Circumstances(NamedTuple):
    """What decides whether a command has an effect."""

    break_glass: BreakGlass | None
    people: frozenset[str]
    """Whom `breakGlass` names."""
    contributors: frozenset[str]
    rules: Collection[str]
    """Ids of the rules of the policy."""
    moved: datetime | None
    """When the head, or what the base makes of it, moved last; what was said before grants nothing."""
    now: datetime
    may_write: Callable[[str], bool]
    shown: Callable[[Iterable[str]], tuple[str, ...]]
    """Logins as they are written, by their keys."""
    holds: Collection[Hold]
    """The holds that stand."""


def unheeded(found: Iterable[Command], granted: Collection[Command], seen: Circumstances) -> Iterator[str]:
    """A sentence for each command of somebody who has a say here; `granted` are those that count."""
    for command in found:
        person = command.person
        if person is None or command.is_bot or not (seen.may_write(person) or person in seen.contributors):
            continue
        (login,) = seen.shown([person])
        if command.verb not in get_args(Verb):
            verbs = listed(get_args(Verb), "or")
            yield f"{login} wrote `/penstock {command.verb}`, which is no command: write {verbs}"
        elif command.verb == UNHOLD and not command.edited and _releases_nobody(command, seen.holds):
            yield f"{login}'s unhold does not count: it names nobody who holds; write `/penstock unhold` and no more"
        elif command.verb in (WAIVE, BREAK_GLASS) and seen.moved is not None and command.at > seen.moved:
            why = _why_void(command, command in granted, seen)
            if why:
                yield f"{login}'s {'waiver' if command.verb == WAIVE else 'break-glass'} does not count: {why}"
    yield from _waiting(granted, seen)


def unheeded_in_reviews(found: Iterable[Command], seen: Circumstances) -> Iterator[str]:
    """A sentence for each command that somebody who has a say wrote into a review, where only a hold counts.

    A comment on a line belongs to a review, too.
    """
    for command in found:
        person = command.person
        if person is None or command.is_bot or command.verb not in (UNHOLD, WAIVE, BREAK_GLASS):
            continue
        if seen.may_write(person) or person in seen.contributors:
            (login,) = seen.shown([person])
            said = f"{login} wrote `/penstock {command.verb}` in a review"
            yield f"{said}, where it has no effect: write it in the conversation"


def _releases_nobody(command: Command, holds: Collection[Hold]) -> bool:
    """Whether somebody who holds wrote more than the command, which is taken for the name of another."""
    earlier = {hold.person or GHOST for hold in holds if hold.at < command.at}
    whose = login_key(command.rest.removeprefix("@"))
    return bool(whose) and command.person in earlier and whose not in earlier


def _why_void(command: Command, is_granted: bool, seen: Circumstances) -> str:
    """Why a command that would let something pass does not; empty where it counts."""
    if seen.break_glass is None:
        return "the base's policy has no `breakGlass`"
    if command.edited:
        return "the comment was edited; write a new one"
    if command.person in seen.contributors:
        return "who contributed may not ask for it"
    if not is_granted:
        return "`breakGlass` of the base's policy does not name them"
    if command.verb == BREAK_GLASS:
        return "" if command.rest else "it gives no reason; write `/penstock break-glass REASON`"
    request = parse_waive(command)
    if request is None:
        return f"it cannot be read; write `{WAIVE_FORM}`"
    if request.until <= seen.now:
        return f"it ended at {moment(request.until)}"
    return "" if request.rule in seen.rules else f"the base's policy has no rule {request.rule}"


def _waiting(granted: Iterable[Command], seen: Circumstances) -> Iterator[str]:
    """The waivers that more people have to ask for."""
    count = seen.break_glass.count if seen.break_glass is not None else 0
    for (rule, address), requests in waive_requests(granted, seen.now).items():
        if rule in seen.rules and len(requests) < count:
            people = joined(seen.shown(requests))
            yield f"a waiver of {rule} for {address} is asked for by {people}; {more_people(count - len(requests))}"

"""The sentences of a verdict. They may hold what others wrote: whoever prints them escapes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from penstock.diagnostics.grammar import counted, joined
from penstock.diagnostics.model import Diagnostic
from penstock.forges.logins import GHOST
from penstock.review.changes.told_below import standing_alone
from penstock.review.model import Operation, Plan, Result, VerdictState
from penstock.review.policy.break_glass import BrokenGlass
from penstock.review.policy.freezes import StandingFreeze
from penstock.review.policy.governing_files import unjudged
from penstock.review.policy.holds import Hold
from penstock.review.policy.outcome import RequirementOutcome
from penstock.review.policy.rules import Group

DRAFT = "It is a draft: mark it as ready for review, and the people who must approve are asked."
UNEXPLAINED = (
    "generated files changed, and no spec change explains it: run the review again with the version of "
    "Penstock that made the plan."
)
TOO_FEW_OTHERS = (
    "too few other people are eligible: let somebody else make the change, or add people to the team on the base first"
)
TOO_FEW_WRITERS = "too few of those who are eligible may write to this repository: give them the right first"
TOO_FEW = "too few people are eligible, whoever makes the change: add people to the teams on the base first"
NOBODY = "nobody"
SILENT = "matches no change"
"""Of a rule; nothing else of a verdict is left out where it is shown."""
_GONE = "a deleted account"
_WAY_OUT = (
    "list people who did not contribute under `overrule` in the base's policy, or open a new pull request with the "
    "same commits"
)
_SHOWN = 6
"""Names in one sentence."""


def no_team(known: Collection[str]) -> str:
    """Why a team that is asked has nobody, where these are the base's teams."""
    if known:
        return "the base does not have that team yet: let one that it has own the spec until then"
    return "the base has no teams: commit the first specs to it directly, before a ruleset requires this check"


def headline(
    state: VerdictState,
    plan: Plan,
    children: tuple[Result, ...],
    suggested: tuple[str, ...],
    glass: BrokenGlass | None,
    *,
    is_enough: bool,
) -> str:
    """One sentence with the totals and the verdict; `is_enough`: whether those who are suggested can give it all."""
    total = _changes(plan)
    if state is VerdictState.APPROVED:
        if glass is not None and glass.missing == 0:
            return f"{total}: allowed by break-glass until {moment(glass.until)}: {glass.reason}"
        return f"{total}: approved" if total != _NOTHING else f"{_NOTHING}: no approval needed{unjudged_count(plan)}"
    if state is VerdictState.PENDING:
        if any(child.why == DRAFT for child in children):
            return f"{total}: draft, not yet ready for review"
        if suggested:
            more = "" if is_enough else ", and others that nobody available can give"
            return f"{total}: awaiting approval from {_people(suggested)}{more}"
        return f"{total}: needs approvals that nobody available can give"
    reasons = [child for child in children if child.state is state]
    first = _first_sentence(reasons[0]) if reasons else "no rule applies"
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    if state is VerdictState.DISAPPROVED:
        return f"{total}: blocked: {first}{more}"
    return error_headline(first) + more


def error_headline(why: str) -> str:
    """One sentence for a verdict that could not be reached."""
    return f"no verdict: {why}"


def diagnostic(found: Diagnostic) -> str:
    """What is wrong with a spec, and where."""
    place = f"{found.primary.span}: " if found.primary is not None else ""
    return f"{place}{found.headline} [{found.code}]"


def moment(at: datetime) -> str:
    """A moment in UTC, to the minute."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def zoned(at: datetime) -> str:
    """A moment in the time zone in which it was written, to the minute: `2026-12-24 18:00 UTC+01:00`."""
    text = at.isoformat(" ", "minutes")
    return f"{text[:16]} UTC{text[16:].removesuffix('+00:00')}"


def asking(needs: Iterable[tuple[str, str]]) -> str:
    """What rules need, by pairs of rule and need: `1 of sre [traffic, brakes]; 1 of flight-ml (owner) [owner]`.

    What several ask for is said once; `nobody` where none of them asks for anyone.
    """
    rules: dict[str, dict[str, None]] = {}
    for rule, need in needs:
        if need and need != NOBODY:
            rules.setdefault(need, {})[rule] = None
    return "; ".join(f"{need} [{', '.join(names)}]" for need, names in rules.items()) or NOBODY


def group_name(group: Group) -> str:
    """The changes that a row covers."""
    first = group.addresses[0]
    return first if len(group.addresses) == 1 else f"{first} and {len(group.addresses) - 1} more"


def group_sentence(
    group: Group,
    outcome: RequirementOutcome,
    *,
    able: tuple[str, ...],
    given: tuple[str, ...],
    barred: tuple[str, ...],
    stale: tuple[str, ...],
    powerless: tuple[str, ...],
    elsewhere: tuple[tuple[str, str], ...],
    obstacle: str,
) -> str:
    """What is required, what is there, and what is missing; `obstacle` says why nobody can give it."""
    if group.waived is not None:
        by = f"by {_people(group.waived.by)}" if group.waived.by else "by the policy"
        return (
            f"waived {by} until {moment(group.waived.until)}: {group.waived.reason}; "
            f"follow-up: {group.waived.follow_up}"
        )
    if not group.ways:
        return "no approval needed"
    if outcome.state is VerdictState.DISAPPROVED:
        return f"needs {group.needs}; the evidence is {group.evidence}, which no approval can replace"
    if outcome.state is VerdictState.APPROVED:
        return f"needs {group.needs}; approved by {_people(given)}" if given else f"needs {group.needs}"
    parts = [f"needs {group.needs}"]
    if given:
        parts.append(f"{_people(given)} approved")
    parts.append(f"{counted(outcome.missing, 'more approval')} missing")
    parts += [f"{login} already counts for the rule {rule}" for login, rule in elsewhere[:_SHOWN]]
    if stale:
        parts.append(f"{_people(stale)} approved an earlier version of this")
    if powerless:
        parts.append(f"{_people(powerless)} approved without the right to write here, and so it does not count")
    if barred:
        parts.append(f"{_people(barred)} contributed and may not approve")
    if obstacle:
        parts.append(obstacle)
    elif able:
        parts.append(f"{_people(able, 'or')} can")
    return "; ".join(parts)


def objection_sentence(login: str | None, overruling: tuple[str, ...], *, dismissed: bool) -> str:
    """Who objects, and what resolves that; None for an account that is gone."""
    but = " (dismissed by somebody who may not)" if dismissed else ""
    if login is None:
        if overruling:
            return f"{_GONE} requested changes{but}; a dismissal by {_people(overruling, 'or')} resolves that."
        return f"{_GONE} requested changes{but}; nobody may dismiss that: {_WAY_OUT}."
    others = f", or by {_people(overruling, 'or')}" if overruling else ""
    return (
        f"{login} requested changes{but}; an approval by the same person resolves that, or a dismissal by them{others}."
    )


def hold_sentence(hold: Hold, login: str | None, overruling: tuple[str, ...]) -> str:
    """Who holds, since when and why, and what lets it go on; None for an account that is gone."""
    if login is None:
        said = f"On hold since {moment(hold.at)} by {_GONE}: {hold.reason}."
        if overruling:
            able = _people(overruling, "or")
            return f"{said} Released by `/penstock unhold {GHOST}` from {able}; edited comments do not count."
        return f"{said} Nobody may release that: {_WAY_OUT}."
    others = f", or by `/penstock unhold {login}` from {_people(overruling, 'or')}" if overruling else ""
    return (
        f"On hold since {moment(hold.at)} by {login}: {hold.reason}. "
        f"Released by `/penstock unhold` from the same person{others}; edited comments do not count."
    )


def freeze_sentence(held: StandingFreeze) -> str:
    """What is held back, until when and why; files are named where they alone show that something is released."""
    freeze, files = held.freeze, held.files if not held.changes else ()
    more = f" (and {len(files) - 1} more)" if len(files) > 1 else ""
    by = f" It would change generated/{files[0]}{more}." if files else ""
    return (
        f"Releases to {joined(freeze.environments)} are frozen until {zoned(freeze.until)}: "
        f"{freeze.why.rstrip('.')}.{by} Rollbacks are exempt."
    )


def glass_sentence(glass: BrokenGlass, by: tuple[str, ...]) -> str:
    """Who invoked break-glass, why, and until when it holds."""
    if glass.missing:
        return f"{_people(by)} invoked break-glass ({glass.reason}); {more_people(glass.missing)}"
    return (
        f"{_people(by)} invoked break-glass until {moment(glass.until)}: {glass.reason}. "
        "It ends with the next push; the bypassed rules still need approval afterwards."
    )


def more_people(missing: int) -> str:
    """How many people are still required."""
    return "1 more person is required" if missing == 1 else f"{missing} more people are required"


_NOTHING = "no change in meaning"


def unjudged_count(plan: Plan) -> str:
    """`; 3 files not judged`, as the end of a headline: nobody looked at them. Empty where there are none."""
    count = len(unjudged(plan))
    return f"; {counted(count, 'file')} not judged" if count else ""


def _changes(plan: Plan) -> str:
    count = counted(len(standing_alone(plan)), "change")
    if all(change.operation is Operation.MOVED for change in plan.changes):
        return _NOTHING
    return f"rollback, {count}" if plan.kind == "rollback" else count


def _people(logins: tuple[str, ...], last: str = "and") -> str:
    shown = list(logins[:_SHOWN])
    if len(logins) > _SHOWN:
        shown.append(counted(len(logins) - _SHOWN, "other"))
    return joined(shown, last)


def _first_sentence(node: Result) -> str:
    """The most telling sentence of a node: of its first child in the same state, where it has one."""
    for child in node.children:
        if child.state is node.state:
            return _first_sentence(child)
    return node.why

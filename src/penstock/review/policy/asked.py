"""Who must approve each change by the policy of the base, before anybody was asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from penstock.diagnostics.grammar import joined
from penstock.review.model import Plan
from penstock.review.policy.freezes import standing_freezes
from penstock.review.policy.freshness import Opinions
from penstock.review.policy.matching import has_empty_place
from penstock.review.policy.organisation import Organisation
from penstock.review.policy.people import indispensable
from penstock.review.policy.requirements import Alternatives, TooManyAlternativesError, as_one, combined
from penstock.review.policy.resolve import ResolvedPolicy
from penstock.review.policy.rules import Context, Group, meet
from penstock.review.policy.waivers import waivers_of_policy
from penstock.review.policy.wording import asking, moment, no_team

_NOBODY_SPOKE = Opinions(approvals=(), objections=(), stale=frozenset())
UNCOVERED = "a policy rule that covers it: the base's policy has none, so nobody can approve it"
_TOO_FEW = "the base's teams have too few people, so add some there first"
_TOO_FEW_OTHERS = "too few others are eligible"
UNKNOWN = "approvals that cannot be told from the base's policy"


def asked(plan: Plan, policy: ResolvedPolicy, organisation: Organisation, now: datetime) -> Mapping[str, str]:
    """By the fingerprint of a change: who must approve it, as `wording.asking` says it, and whose it must not be.

    The author is not known, nor are labels and what evidence proves: rules that ask for them ask people. A rule that
    the policy waives at the moment `now` asks nobody. Of what a freeze holds back then, its name is told.
    """
    frozen: dict[str, str] = {}
    for held in standing_freezes(policy.freezes, plan, now):
        for fingerprint in held.changes:
            frozen[fingerprint] = f"{frozen.get(fingerprint, '')}; held back by the freeze {held.freeze.id}"
    needs = _asked(plan, policy, organisation, now)
    return {fingerprint: text + frozen.get(fingerprint, "") for fingerprint, text in needs.items()}


def _asked(plan: Plan, policy: ResolvedPolicy, organisation: Organisation, now: datetime) -> Mapping[str, str]:
    if policy.problems:
        return {change.fingerprint: UNKNOWN for change in plan.changes}
    waived = waivers_of_policy(policy.waivers, now)
    context = Context(plan, organisation, author=None, labels=(), evidence={}, opinions=_NOBODY_SPOKE, waived=waived)
    groups: dict[str, list[tuple[Group, frozenset[str] | None]]] = {}
    try:
        matched = meet(policy.rules, context)
        for group in matched.groups:
            needed = indispensable(_ways(group)) if group.ways and group.waived is None else frozenset()
            for fingerprint in group.changes:
                groups.setdefault(fingerprint, []).append((group, needed))
    except TooManyAlternativesError:
        return {change.fingerprint: UNKNOWN for change in plan.changes}
    needs = {
        fingerprint: asking((group.rule, group.needs) for group, _ in found if group.waived is None)
        + _shortages(found, organisation)
        + _waivers(group for group, _ in found)
        for fingerprint, found in groups.items()
    }
    return needs | dict.fromkeys((fingerprint for fingerprint, _ in matched.uncovered), UNCOVERED)


def _waivers(groups: Iterable[Group]) -> str:
    """Which rules are waived, and how long."""
    waived = {group.rule: group.waived for group in groups if group.waived is not None}
    return "".join(f"; {rule} is waived until {moment(waiver.until)}" for rule, waiver in waived.items())


def _ways(group: Group) -> Alternatives:
    """The ways to satisfy the group; of a rule in a bundle, those of the whole bundle."""
    if group.bundle is None:
        return group.ways
    return tuple(map(as_one, combined([ways for _, ways in group.bundle.rules])))


def _shortages(found: list[tuple[Group, frozenset[str] | None]], organisation: Organisation) -> str:
    """Which rules nobody can satisfy, and which ones not for a change by whom; empty where none is like that."""
    rules: dict[tuple[str, str], dict[str, None]] = {}
    for group, needed in found:
        if needed is None:
            told = "nobody can satisfy", no_team(organisation.teams) if has_empty_place(group.ways) else _TOO_FEW
        elif needed:
            told = f"a change by {joined(organisation.shown(needed), 'or')} cannot satisfy", _TOO_FEW_OTHERS
        else:
            continue
        rules.setdefault(told, {})[group.rule] = None
    return "".join(f"; {who} {joined(names)}: {why}" for (who, why), names in rules.items())

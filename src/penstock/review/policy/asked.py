"""Who must approve each change by the policy of the base, before anybody was asked."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.review.model import Plan
from penstock.review.policy.freshness import Opinions
from penstock.review.policy.organisation import Organisation
from penstock.review.policy.requirements import TooManyAlternativesError
from penstock.review.policy.resolve import ResolvedPolicy
from penstock.review.policy.rules import Context, meet
from penstock.review.policy.wording import asking

_NOBODY_SPOKE = Opinions(approvals=(), objections=(), stale=frozenset())
UNCOVERED = "a policy rule that covers it: the base's policy has none, so nobody can approve it"
UNKNOWN = "approvals that cannot be told from the base's policy"


def asked(plan: Plan, policy: ResolvedPolicy, organisation: Organisation) -> Mapping[str, str]:
    """By the fingerprint of a change: who must approve it, as `wording.asking` says it.

    The author is not known, nor are labels and what evidence proves: rules that ask for them ask people.
    """
    if policy.problems:
        return {change.fingerprint: UNKNOWN for change in plan.changes}
    context = Context(plan, organisation, author=None, labels=(), evidence={}, opinions=_NOBODY_SPOKE)
    try:
        matched = meet(policy.rules, context)
    except TooManyAlternativesError:
        return {change.fingerprint: UNKNOWN for change in plan.changes}
    parts: dict[str, list[tuple[str, str]]] = {}
    for group in matched.groups:
        for fingerprint in group.changes:
            parts.setdefault(fingerprint, []).append((group.rule, group.needs))
    told = {fingerprint: asking(needs) for fingerprint, needs in parts.items()}
    return told | dict.fromkeys((fingerprint for fingerprint, _ in matched.uncovered), UNCOVERED)

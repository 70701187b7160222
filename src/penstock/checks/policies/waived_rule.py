"""A waiver names a rule that does not exist.

What it does: looks up `rule` of every waiver among the rules of all policies, including the built-in rule `ownership`.

Why: it waives nothing now, and a rule that is given this name later would be waived from the start.

Example: `waivers: [{rule: gatte, ...}]` of a policy with a rule `gate`.

Use instead: the `id` of the rule; delete the waiver of a deleted rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.model import Diagnostic
from penstock.specs.approval_policy import OWNERSHIP, ApprovalPolicy


@rule("waived-rule")
def waived_rule(view: View, policy: ApprovalPolicy) -> Iterator[Diagnostic]:
    """Yields each waiver of nothing."""
    if not policy.spec.waivers or not view.is_complete(ApprovalPolicy):
        # Of a policy that is not valid, nobody knows the rules.
        return
    known = {one.id for other in view.all(ApprovalPolicy) for one in other.spec.rules} | {OWNERSHIP}
    for position, waiver in enumerate(policy.spec.waivers):
        if waiver.rule not in known:
            yield unknown_word(
                "waived-rule",
                f"the waiver `{waiver.id}` names a rule that does not exist",
                view.span(policy, ("waivers", position, "rule")),
                waiver.rule,
                known,
                label="no policy has this rule",
            )

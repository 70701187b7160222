"""`distinct` on a rule has no effect.

What it does: counts the rules of all policies that have `distinct: true` and require people.

Why: people are distinct among the rules with `distinct: true`. If there is only one such rule, a person who counts for
it also counts for every other rule, and the second reviewer that the policy seems to require is not required.

Example: a rule `risk` with `distinct: true`, beside a rule `traffic` without it.

Use instead: `distinct: true` on each of the rules whose people must differ.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.specs.approval_policy import ApprovalPolicy


@rule("ineffective-distinct")
def ineffective_distinct(view: View, policy: ApprovalPolicy) -> Iterator[Diagnostic]:
    """Yields a rule that is distinct from none."""
    if not any(one.distinct for one in policy.spec.rules) or not view.is_complete(ApprovalPolicy):
        return
    rules = [one for other in view.all(ApprovalPolicy) for one in other.spec.rules]
    together = [one for one in rules if one.distinct and one.require != "nobody"]
    for position, one in enumerate(policy.spec.rules):
        if one.distinct and (one.require == "nobody" or len(together) == 1):
            why = "it requires nobody" if one.require == "nobody" else "no other rule has it"
            yield Diagnostic.error(
                "ineffective-distinct",
                f"`distinct` has no effect on the rule `{one.id}`: {why}",
                view.span(policy, ("rules", position, "distinct")),
                help=("set it on each of the rules whose people must differ, or remove it",),
            )

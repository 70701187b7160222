"""The rules that look at approval policies, in the order in which one is described."""

from __future__ import annotations

from penstock.checks.ineffective_override import ineffective_override
from penstock.checks.policies.ineffective_count import ineffective_count
from penstock.checks.policies.ineffective_distinct import ineffective_distinct
from penstock.checks.policies.unknown_policy_kind import unknown_policy_kind
from penstock.checks.policies.unsatisfiable_approval import unsatisfiable_approval
from penstock.checks.policies.waived_rule import waived_rule
from penstock.checks.rule import Rule

RULES: tuple[Rule, ...] = (
    unknown_policy_kind,
    waived_rule,
    unsatisfiable_approval,
    ineffective_count,
    ineffective_distinct,
    ineffective_override,
)

"""The rules that look at approval policies, in the order in which one is described."""

from __future__ import annotations

from penstock.checks.policies.distinct_alone import distinct_alone
from penstock.checks.policies.policy_words import policy_words
from penstock.checks.policies.too_few_people import too_few_people
from penstock.checks.policies.waived_rule import waived_rule
from penstock.checks.rule import Rule

RULES: tuple[Rule, ...] = (
    policy_words,
    waived_rule,
    too_few_people,
    distinct_alone,
)

"""Which rules look at which kind of spec: a table for each kind, in the folder of its rules.

A new rule is a file, and a row in the table of each kind that it looks at.
"""

from __future__ import annotations

from functools import cache

from penstock.checks.accepted_warning import accepted_warning
from penstock.checks.duplicate_id import duplicate_id
from penstock.checks.rule import Rule
from penstock.diagnostics.codes import Code
from penstock.specs.kinds import KINDS


@cache
def rules_of(kind: str) -> tuple[Rule, ...]:
    """The rules that look at specs of `kind`; loaded with the first of these that is checked."""
    return (*_own_rules(kind), duplicate_id, accepted_warning)


def all_rules() -> tuple[Rule, ...]:
    """Every rule once, in the order in which a system is described."""
    return tuple(dict.fromkeys(rule for kind in KINDS for rule in rules_of(kind)))


def all_codes() -> tuple[Code, ...]:
    """The codes of all rules, and of what is looked for among all specs at once."""
    from penstock.checks.datasets.conflicting_sensitivity import CODE as CONFLICTING_SENSITIVITY

    return (*(rule.code for rule in all_rules()), CONFLICTING_SENSITIVITY)


def _own_rules(kind: str) -> tuple[Rule, ...]:
    match kind:
        case "Dataset":
            from penstock.checks.datasets.rules import RULES
        case "FeatureSet":
            from penstock.checks.features.rules import RULES
        case "Model":
            from penstock.checks.models.rules import RULES
        case "Gate":
            from penstock.checks.gates.rules import RULES
        case "Rollout":
            from penstock.checks.rollouts.rules import RULES
        case "Environment":
            from penstock.checks.environments.rules import RULES
        case "Team":
            from penstock.checks.teams.rules import RULES
        case "ApprovalPolicy":
            from penstock.checks.policies.rules import RULES
        case "Release":
            from penstock.checks.releases.rules import RULES
        case _:
            return ()
    return RULES

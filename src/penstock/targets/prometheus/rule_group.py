"""Rule groups as Prometheus reads them; the plain file and the operator's object hold the same."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from penstock.ir.monitoring import Alert, Labels, Recording, RuleFile
from penstock.targets.base import Recurring


def groups(rules: RuleFile) -> list[Recurring]:
    """The rule file's groups, in order."""
    return [
        Recurring(name=group.name, interval=group.interval, rules=[_rule(rule) for rule in group.rules])
        for group in rules.groups
    ]


@lru_cache
def mapping_of(labels: Labels) -> Recurring:
    """Labels or annotations as a mapping; all recordings of an objective have the same, and tests expect an alert's."""
    return Recurring(labels)


def _rule(rule: Recording | Alert) -> dict[str, Any]:
    found: dict[str, Any]
    if isinstance(rule, Recording):
        found = {"record": rule.record, "expr": rule.expr}
        if rule.labels:
            found["labels"] = mapping_of(rule.labels)
        return found
    found = {"alert": rule.alert, "expr": rule.expr}
    if rule.hold is not None:
        found["for"] = rule.hold
    if rule.keep_firing is not None:
        found["keep_firing_for"] = rule.keep_firing
    found["labels"] = mapping_of(rule.labels)
    found["annotations"] = mapping_of(rule.annotations)
    return found

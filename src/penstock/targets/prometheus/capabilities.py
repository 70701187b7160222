"""What the rules cannot measure under some conditions, and what to use instead."""

from __future__ import annotations

from penstock.ir.monitoring import RuleFile, Unobserved
from penstock.targets.base import Capability

_OBSERVED = (
    "slos.availability",
    "slos.availability.objective",
    "slos.latency",
    "slos.latency.objective",
    "slos.latency.below",
    "monitor.anomalies",
)


def _observed(field: str) -> Capability:
    """The capability to observe what a field asks for; the plan says why it is not, and what would be."""

    def found(rules: RuleFile) -> Unobserved | None:
        return next((each for each in rules.unobserved if each.field == field), None)

    def problem(rules: RuleFile) -> str | None:
        unobserved = found(rules)
        return None if unobserved is None else unobserved.reason

    def instead(rules: RuleFile) -> str:
        unobserved = found(rules)
        return "" if unobserved is None else unobserved.instead

    return Capability(field, problem, instead)


CAPABILITIES = tuple(map(_observed, _OBSERVED))

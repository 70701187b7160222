"""What the rules cannot measure under some conditions, and what to use instead."""

from __future__ import annotations

from penstock.ir.monitoring import RuleFile, Unobserved
from penstock.targets.base import Capability
from penstock.targets.prometheus.lint import problems

_OBJECTIVES = (
    "slos.availability",
    "slos.availability.objective",
    "slos.latency",
    "slos.latency.objective",
    "slos.latency.below",
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


def _wrong_rules(rules: RuleFile) -> str | None:
    """Only what a person wrote: tests hold for what the compiler writes."""
    written = rules._replace(groups=tuple(group for group in rules.groups if group.written))
    return next(problems(written), None)


CAPABILITIES = (
    *map(_observed, _OBJECTIVES),
    Capability(
        "monitor.business",
        _wrong_rules,
        "an expression with ranges of at least two scrapes",
    ),
)

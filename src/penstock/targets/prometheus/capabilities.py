"""What the rules cannot measure under some conditions, and what to use instead."""

from __future__ import annotations

from collections.abc import Callable

from penstock.ir.monitoring import RuleFile
from penstock.targets.base import Capability
from penstock.targets.prometheus.lint import problems

_OTHER_SERIES = "`prometheus.requests: istio` in the Environment if Istio carries the requests, or `protocol: v2`"


def _unobserved(field: str) -> Callable[[RuleFile], str | None]:
    def problem(rules: RuleFile) -> str | None:
        return next((found.reason for found in rules.unobserved if found.field == field), None)

    return problem


def _wrong_rules(rules: RuleFile) -> str | None:
    """Only what a person wrote: tests hold for what the compiler writes."""
    written = rules._replace(groups=tuple(group for group in rules.groups if group.written))
    return next(problems(written), None)


CAPABILITIES = (
    Capability("slos.availability", _unobserved("slos.availability"), _OTHER_SERIES),
    Capability("slos.availability.objective", _unobserved("slos.availability.objective"), "at most 99.99%"),
    Capability("slos.latency", _unobserved("slos.latency"), _OTHER_SERIES),
    Capability("slos.latency.objective", _unobserved("slos.latency.objective"), "at most 99.99%"),
    Capability("slos.latency.below", _unobserved("slos.latency.below"), "the upper bound of a bucket"),
    Capability(
        "monitor.business",
        _wrong_rules,
        "an expression with ranges of at least two scrapes",
    ),
)

"""Alerts over custom metrics, written in PromQL: beyond their bounds, and missing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from penstock.ir.monitoring import Alert, Labels, RuleTest
from penstock.lowering.numbers import float_text
from penstock.lowering.rules.alerting import (
    KEEP,
    NUMBER,
    Fires,
    ServedSubject,
    after,
    bounds,
    constant,
    fires,
    general,
    rule_test,
    series,
    silent,
)
from penstock.specs.monitor import QueryMonitor
from penstock.specs.units import Duration

FIGURE = "ModelFigureBeyondBound"
FIGURE_MISSING = "ModelFigureMissing"

_SHORTEST_ABSENCE = Duration.parse("1h")
_WITHOUT_SERIES = re.compile(
    r"\b(?:vector|scalar|absent|absent_over_time|time)\s*\("
    r"|\b(?:minute|hour|day_of_week|day_of_month|day_of_year|days_in_month|month|year)\s*\(\s*\)"
)
"""Functions that have a value where there is no series; those of the calendar are about now without an argument."""


def beyond(monitor: QueryMonitor, subject: ServedSubject) -> tuple[list[Alert], list[RuleTest]]:
    """The alerts of one custom metric that is beyond its bound, and their tests."""
    labels: Labels = (("monitor", monitor.id),)
    comparison, bound, high, low = bounds(monitor.below, monitor.above)
    alerts = [
        subject.alert(
            FIGURE,
            f"({_closable(monitor.promql)}) {comparison} {float_text(bound)}",
            severity,
            hold=str(monitor.hold),
            keep_firing=KEEP,
            labels=labels,
            summary=f"{monitor.id} of {subject.rollout} in {subject.environment} is beyond its bound",
            description=(
                f"{monitor.id} is {NUMBER}; the bound is {float_text(bound)}, and it has been beyond it for "
                f"{monitor.hold} (model {subject.model}, rollout {subject.rollout})."
            ),
        )
        for severity in subject.severities(monitor.then)
    ]
    plain = _plain_selector(monitor.promql)
    if plain is None:
        # What a custom expression yields from which series is not known here.
        return alerts, []
    name, found = plain
    minutes = after(int(monitor.hold) // 1000)
    at = f"{minutes}m"
    fill = ((NUMBER, general(high)),)
    return alerts, [
        rule_test(
            f"custom metric {monitor.id}: beyond its bound",
            (series(name, found, constant(high, minutes)),),
            fires(at, *(Fires(alert, found, fill) for alert in alerts)),
        ),
        rule_test(
            f"custom metric {monitor.id}: within its bound",
            (series(name, found, constant(low, minutes)),),
            silent(at, FIGURE),
        ),
        rule_test(f"custom metric {monitor.id}: no series", (), silent(at, FIGURE)),
    ]


def missing(monitors: Sequence[QueryMonitor], subject: ServedSubject) -> tuple[list[Alert], list[RuleTest]]:
    """A metric that is missing is never beyond its bound: without this alert it would be silent for good."""
    holds = {monitor.id: max(monitor.hold, _SHORTEST_ABSENCE) for monitor in monitors}
    alerts = {
        monitor.id: subject.alert(
            FIGURE_MISSING,
            f"absent(count({_closable(monitor.promql)}))",
            "ticket",
            hold=str(holds[monitor.id]),
            keep_firing=KEEP,
            labels=(("monitor", monitor.id),),
            summary=f"{monitor.id} of {subject.rollout} in {subject.environment} has no value",
            description=(
                f"The custom metric {monitor.id} has had no value for {holds[monitor.id]}, so it is not known to be "
                f"within its bound (model {subject.model}, rollout {subject.rollout}). Check its exporter; if having "
                "no value is normal, add `or vector(0)` to its query."
            ),
        )
        for monitor in monitors
    }
    if not all(_is_of_series(monitor.promql) for monitor in monitors):
        # Whether a custom expression has a value where there is no series is not known here.
        return list(alerts.values()), []
    at = after(max(int(hold) for hold in holds.values()) // 1000)
    tests = [
        rule_test(
            "custom metrics: none has a value",
            (),
            silent("15m", FIGURE_MISSING),
            fires(f"{at}m", *(Fires(alert) for alert in alerts.values())),
        )
    ]
    for monitor in monitors:
        plain = _plain_selector(monitor.promql)
        if plain is not None:
            others = [Fires(alert) for name, alert in alerts.items() if name != monitor.id]
            expected = fires(f"{at}m", *others) if others else silent(f"{at}m", FIGURE_MISSING)
            value = bounds(monitor.below, monitor.above)[3]
            tests.append(
                rule_test(f"custom metrics: {monitor.id} has a value", (series(*plain, constant(value, at)),), expected)
            )
    return list(alerts.values()), tests


def _closable(promql: str) -> str:
    """An expression behind which a bracket may stand: a comment would reach to the end of its line."""
    text = promql.strip()
    return f"{text}\n" if "#" in text.rpartition("\n")[2] else text


def _is_of_series(promql: str) -> bool:
    """Whether an expression can only have a value where there are series."""
    return _WITHOUT_SERIES.search(promql) is None


def _plain_selector(promql: str) -> tuple[str, Labels] | None:
    """Name and labels of a series that a bare selector picks; None for any other expression, or if there is none."""
    from promql_parser import VectorSelector, parse

    try:
        found = parse(promql)
    except ValueError:
        return None
    if not isinstance(found, VectorSelector) or found.name is None or found.offset is not None or found.at is not None:
        return None
    matchers = found.matchers.matchers
    if found.matchers.or_matchers or any(str(matcher.op) != "MatchOp.Equal" for matcher in matchers):
        return None
    labels = tuple((matcher.name, matcher.value) for matcher in matchers)
    # An empty value means that the label is absent, and no series has a label twice.
    return (found.name, labels) if all(dict(labels).values()) and len(dict(labels)) == len(labels) else None

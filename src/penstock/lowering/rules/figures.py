"""Alerts over custom metrics, written in PromQL: beyond their bounds, and missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penstock.ir.monitoring import Alert, Labels, RuleTest
from penstock.lowering.numbers import float_text
from penstock.lowering.rules.alerting import KEEP, NUMBER, ServedSubject, bounds
from penstock.lowering.rules.promql_text import closable, is_of_series, may_read, plain_selector
from penstock.lowering.rules.testing import Fires, after, constant, filled, fires, rule_test, series, silent
from penstock.specs.monitor import QueryMonitor
from penstock.specs.units import Duration

FIGURE = "ModelFigureBeyondBound"
FIGURE_MISSING = "ModelFigureMissing"

_SHORTEST_ABSENCE = Duration.parse("1h")


def beyond(monitors: Sequence[QueryMonitor], subject: ServedSubject) -> tuple[list[Alert], list[RuleTest]]:
    """The alerts of custom metrics that are beyond their bounds, and their tests."""
    alerts = {monitor.id: _beyond(monitor, subject) for monitor in monitors}
    at = after(max((int(monitor.hold) for monitor in monitors), default=0) // 1000)
    tests = [test for monitor in monitors for test in _tests(monitor, monitors, alerts, at)]
    return [alert for found in alerts.values() for alert in found], tests


def _beyond(monitor: QueryMonitor, subject: ServedSubject) -> list[Alert]:
    comparison, bound, *_ = bounds(monitor.below, monitor.above)
    return [
        subject.alert(
            FIGURE,
            f"({closable(monitor.promql)}) {comparison} {float_text(bound)}",
            severity,
            hold=str(monitor.hold),
            keep_firing=KEEP,
            labels=(("monitor", monitor.id),),
            summary=f"{monitor.id} of {subject.rollout} in {subject.environment} is beyond its bound",
            description=(
                f"{monitor.id} is {NUMBER}; the bound is {float_text(bound)}, and it has been beyond it for "
                f"{monitor.hold} (model {subject.model}, rollout {subject.rollout})."
            ),
        )
        for severity in subject.severities(monitor.then)
    ]


def _tests(
    monitor: QueryMonitor, monitors: Sequence[QueryMonitor], alerts: dict[str, list[Alert]], at: int
) -> Iterator[RuleTest]:
    """The tests of one custom metric, after so many minutes; all of its siblings see their samples."""
    plain = plain_selector(monitor.promql)
    if plain is None:
        # What a custom expression yields from which series is not known here.
        return
    _, _, high, low = bounds(monitor.below, monitor.above)
    siblings = _seeing(plain, monitors)
    for what, value in (("beyond its bound", high), ("within its bound", low)) if siblings is not None else ():
        firing = [
            Fires(alert, plain[1], filled(value))
            for sibling in siblings or ()
            if _is_beyond(sibling, value)
            for alert in alerts[sibling.id]
        ]
        expected = fires(f"{at}m", *firing) if firing else silent(f"{at}m", FIGURE)
        yield rule_test(f"custom metric {monitor.id}: {what}", (series(*plain, constant(value, at)),), expected)
    if all(is_of_series(sibling.promql) for sibling in monitors):
        yield rule_test(f"custom metric {monitor.id}: no series", (), silent(f"{at}m", FIGURE))


def missing(monitors: Sequence[QueryMonitor], subject: ServedSubject) -> tuple[list[Alert], list[RuleTest]]:
    """The alerts of custom metrics that have no value, and their tests.

    What is missing, or is 0 / 0, is never beyond its bound: without these alerts it would be silent for good.
    """
    alerts = {monitor.id: _missing(monitor, subject) for monitor in monitors}
    if not all(is_of_series(monitor.promql) for monitor in monitors):
        # Whether a custom expression has a value where there is no series is not known here.
        return list(alerts.values()), []
    return list(alerts.values()), list(_tests_of_missing(monitors, alerts))


def _missing(monitor: QueryMonitor, subject: ServedSubject) -> Alert:
    hold = _absence(monitor)
    return subject.alert(
        FIGURE_MISSING,
        # No comparison holds for NaN.
        f"absent(count(({closable(monitor.promql)}) >= -Inf))",
        "ticket",
        hold=str(hold),
        keep_firing=KEEP,
        labels=(("monitor", monitor.id),),
        summary=f"{monitor.id} of {subject.rollout} in {subject.environment} has no value",
        description=(
            f"The custom metric {monitor.id} has had no value for {hold}, so it is not known to be within its bound "
            f"(model {subject.model}, rollout {subject.rollout}). Check its exporter, and whether its query divides by "
            "zero; if having no value is normal, divide by values `> 0` and add `or vector(0)`."
        ),
    )


def _absence(monitor: QueryMonitor) -> Duration:
    """How long a metric may be without a value."""
    return max(monitor.hold, _SHORTEST_ABSENCE)


def _tests_of_missing(monitors: Sequence[QueryMonitor], alerts: dict[str, Alert]) -> Iterator[RuleTest]:
    at = after(max((int(_absence(monitor)) for monitor in monitors), default=0) // 1000)
    all_fire = fires(f"{at}m", *map(Fires, alerts.values()))
    yield rule_test("custom metrics: none has a value", (), silent("15m", FIGURE_MISSING), all_fire)
    for monitor in monitors:
        plain = plain_selector(monitor.promql)
        siblings = _seeing(plain, monitors) if plain is not None else None
        if plain is None or siblings is None:
            continue
        found = {sibling.id for sibling in siblings}
        others = [Fires(alert) for name, alert in alerts.items() if name not in found]
        expected = fires(f"{at}m", *others) if others else silent(f"{at}m", FIGURE_MISSING)
        value = constant(bounds(monitor.below, monitor.above)[3], at)
        yield rule_test(f"custom metrics: {monitor.id} has a value", (series(*plain, value),), expected)
        undefined = series(*plain, f"NaN+0x{at}")
        yield rule_test(f"custom metrics: {monitor.id} is not a number", (undefined,), all_fire)


def _seeing(sample: tuple[str, Labels], monitors: Sequence[QueryMonitor]) -> list[QueryMonitor] | None:
    """The custom metrics whose value is that of a series alone; None where another may make something else of it."""
    name, labels = sample
    found = []
    for monitor in monitors:
        plain = plain_selector(monitor.promql)
        if plain is None:
            if not is_of_series(monitor.promql) or may_read(monitor.promql, name):
                return None
        elif plain[0] == name and set(plain[1]) <= set(labels):
            found.append(monitor)
    return found


def _is_beyond(monitor: QueryMonitor, value: float) -> bool:
    return value < monitor.below if monitor.below is not None else value > (monitor.above or 0.0)

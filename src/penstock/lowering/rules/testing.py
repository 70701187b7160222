"""How rules are tested with promtool: samples of series, and the alerts that must fire on them or stay silent."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from penstock.ir.monitoring import Alert, Evaluated, ExpectedAlert, InputSeries, Labels, RuleTest
from penstock.lowering.numbers import decimal_text
from penstock.lowering.rules.alerting import COUNT, NUMBER, series_name

TEST_INTERVAL = "1m"
"""Spacing of the samples in tests."""
EVALUATION_MINUTES = 15
"""How often tests evaluate all rules: rare, since some last for days."""
MINUTES_OF_A_DAY = 24 * 60
_MOST_EVALUATIONS = 200
"""Of a test: those of a pipeline that runs each day are fewer."""


class Fires(NamedTuple):
    """One instance of an alert that must be firing, as promtool sees it: its labels, its texts filled in."""

    alert: Alert
    found: Labels = ()
    """Labels that the expression's result has beyond those of the alert."""
    fill: Labels = ()
    """Template actions in the texts, and what stands in their place."""

    @property
    def instance(self) -> tuple[Labels, Labels]:
        """Labels and annotations."""
        annotations = []
        for key, text in self.alert.annotations:
            for action, value in self.fill:
                text = text.replace(action, value)
            annotations.append((key, text))
        if not self.found:
            return self.alert.labels, tuple(annotations)
        labels = dict(self.found) | dict(self.alert.labels)
        return tuple(labels.items()), tuple(annotations)


def fires(at: str, *instances: Fires) -> ExpectedAlert:
    """All instances of one alert that must be firing at a time, and no others."""
    return ExpectedAlert(at, instances[0].alert.alert, tuple(found.instance for found in instances))


def silent(at: str, alert: str) -> ExpectedAlert:
    """No instance of the alert may be firing at a time."""
    return ExpectedAlert(at, alert, ())


def series(name: str, labels: Labels, values: str) -> InputSeries:
    """A series of a test in promtool's notation."""
    return InputSeries(series_name(name, labels), values)


def rule_test(name: str, given: tuple[InputSeries, ...], *expect: ExpectedAlert) -> RuleTest:
    """A test over samples of one minute's spacing."""
    return RuleTest(name, TEST_INTERVAL, given, expect)


def evaluated_every(minutes: int) -> int:
    """The minutes between the evaluations of a test that goes on for so long: a quarter of an hour, or a day.

    A month, evaluated every quarter of an hour, takes promtool most of a minute.
    """
    return MINUTES_OF_A_DAY if minutes > _MOST_EVALUATIONS * EVALUATION_MINUTES else EVALUATION_MINUTES


def evaluated(every: int) -> Evaluated:
    """The same as a test says it."""
    return "1d" if every == MINUTES_OF_A_DAY else "15m"


def after(hold_seconds: int, every: int = EVALUATION_MINUTES) -> int:
    """Minutes after which an alert whose condition holds from the start fires in a test evaluated so often."""
    return -(-hold_seconds // (60 * every)) * every + every


def constant(value: float | int, minutes: int) -> str:
    """A gauge that keeps its value."""
    return f"{decimal_text(Decimal(repr(value)))}x{minutes}"


def filled(value: float) -> Labels:
    """The value of an alert in its texts, as Go's ``%.4g`` and ``%.0f`` print it."""
    return (NUMBER, f"{value:.4g}"), (COUNT, f"{value:.0f}")

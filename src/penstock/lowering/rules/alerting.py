"""What all alerts share: whom they notify, what they are about, how they read, how they are tested."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import orjson

from penstock.ir.monitoring import Alert, Evaluated, ExpectedAlert, InputSeries, Labels, RuleGroup, RuleTest, Unobserved
from penstock.lowering.conventions import dashboard_uid
from penstock.lowering.numbers import decimal_text
from penstock.specs.environment import Environment
from penstock.specs.monitor import Action

TEST_INTERVAL = "1m"
"""Spacing of the samples in tests."""
EVALUATION_MINUTES = 15
"""How often tests evaluate all rules: rare, since some last for days."""
MINUTES_OF_A_DAY = 24 * 60
_MOST_EVALUATIONS = 200
"""Of a test: those of a pipeline that runs each day are fewer."""

NUMBER = '{{ $value | printf "%.4g" }}'
"""The value of an alert, in its texts."""
COUNT = '{{ $value | printf "%.0f" }}'
"""The same where it is a number of rows or requests, of which nobody reads `1.235e+04`."""
KEEP = "15m"
"""For how long an alert over figures goes on after they are within their bounds again."""

_KEEP_FIRING_SINCE = (2, 42)
_EMPTY: tuple[tuple[Labels, Labels], ...] = ()


class AlertEnvironment(NamedTuple):
    """What alerts need to know of an environment."""

    environment: str
    namespace: str
    runbooks: str | None
    dashboards: str | None
    """Address of what shows dashboards."""
    keeps_firing: bool
    """Whether this Prometheus knows ``keep_firing_for`` (2.42 and newer)."""
    pages: bool
    """Whether anybody is paged in this environment."""


def alert_environment(environment: Environment) -> AlertEnvironment:
    """What alerts need to know of `environment`."""
    prometheus = environment.spec.prometheus
    grafana = environment.spec.grafana
    version = tuple(int(part) for part in prometheus.version.split("."))
    return AlertEnvironment(
        environment=environment.name,
        namespace=environment.spec.namespace,
        runbooks=prometheus.runbooks,
        dashboards=grafana.url if grafana is not None else None,
        keeps_firing=version >= _KEEP_FIRING_SINCE,
        pages=prometheus.pages,
    )


@dataclass(frozen=True, slots=True)
class AlertSubject:
    """The model that alerts are about, in one environment, and the team that they notify."""

    place: AlertEnvironment
    model: str
    team: str

    @property
    def environment(self) -> str:
        """The environment's name."""
        return self.place.environment

    @property
    def namespace(self) -> str:
        """The namespace of everything that is generated for it there."""
        return self.place.namespace

    @property
    def labels(self) -> Labels:
        """Labels of every series and alert about it."""
        return (("environment", self.environment), ("model", self.model))

    @property
    def dashboard(self) -> str | None:
        """Where people look at it; None where nothing shows it."""
        return None

    def severity(self, wanted: Action) -> Action:
        """The severity that an alert has here: a page is a ticket where nobody is paged."""
        return wanted if self.place.pages else "ticket"

    def severities(self, wanted: Iterable[Action]) -> tuple[Action, ...]:
        """The same of several, each once."""
        return tuple(dict.fromkeys(map(self.severity, wanted)))

    def alert(
        self,
        name: str,
        expr: str,
        severity: Action,
        *,
        hold: str | None,
        keep_firing: str,
        labels: Labels,
        summary: str,
        description: str,
    ) -> Alert:
        """An alert that names its severity (as `severity` has it), its team, what it is about, and where to read on.

        Its namespace is a label, since the operator routes by it: an AlertmanagerConfig sees the alerts of its own
        namespace and no others.
        """
        notified = (("severity", self.severity(severity)), ("team", self.team))
        annotations = [("summary", summary), ("description", description)]
        if self.place.runbooks is not None:
            annotations.append(("runbook_url", f"{self.place.runbooks.rstrip('/')}/{name}"))
        if self.dashboard is not None:
            annotations.append(("dashboard_url", self.dashboard))
        return Alert(
            alert=name,
            expr=expr,
            hold=hold,
            keep_firing=keep_firing if self.place.keeps_firing else None,
            labels=(*notified, ("namespace", self.namespace), *self.labels, *labels),
            annotations=tuple(annotations),
        )


@dataclass(frozen=True, slots=True)
class ServedSubject(AlertSubject):
    """The rollout that alerts are about, in one environment, and the team that they notify."""

    rollout: str

    @property
    def labels(self) -> Labels:
        """Labels of every series and alert about it."""
        return (("environment", self.environment), ("model", self.model), ("rollout", self.rollout))

    @property
    def dashboard(self) -> str | None:
        """Where people look at it; None where nothing shows it, or nobody knows the address."""
        base = self.place.dashboards
        return f"{base.rstrip('/')}/d/{dashboard_uid(self.environment, self.rollout)}" if base is not None else None


class Rules(NamedTuple):
    """What is recorded and alerted for one purpose, in groups, with its tests."""

    groups: tuple[RuleGroup, ...] = ()
    tests: tuple[RuleTest, ...] = ()
    unobserved: tuple[Unobserved, ...] = ()
    """What was asked for that no series measures."""


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


def severity_of(alert: Alert) -> str:
    """Whom the alert notifies: the first label of every alert of an `AlertSubject`."""
    return alert.labels[0][1]


def fires(at: str, *instances: Fires) -> ExpectedAlert:
    """All instances of one alert that must be firing at a time, and no others."""
    return ExpectedAlert(at, instances[0].alert.alert, tuple(found.instance for found in instances))


def silent(at: str, alert: str) -> ExpectedAlert:
    """No instance of the alert may be firing at a time."""
    return ExpectedAlert(at, alert, _EMPTY)


def series_name(name: str, labels: Labels) -> str:
    """A series as a test names it."""
    # JSON escapes are those of PromQL too.
    inner = ",".join([f"{key}={orjson.dumps(value).decode()}" for key, value in labels])
    return f"{name}{{{inner}}}"


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


def bounds(below: float | None, above: float | None) -> tuple[str, float, float, float]:
    """The comparison, the bound, a value beyond it and one within it."""
    if below is not None:
        step = abs(below) / 2 or 1.0
        return "<", below, below - step, below + step
    bound = above if above is not None else 0.0
    step = abs(bound) / 2 or 1.0
    return ">", bound, bound + step, bound - step


def filled(value: float) -> Labels:
    """The value of an alert in its texts, as Go's ``%.4g`` and ``%.0f`` print it."""
    return (NUMBER, f"{value:.4g}"), (COUNT, f"{value:.0f}")

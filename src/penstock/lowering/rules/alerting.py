"""What all alerts share: whom they notify, what they are about, how they read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from penstock.ir.monitoring import Alert, Labels, RuleGroup, RuleTest, Unobserved
from penstock.lowering.conventions import dashboard_uid
from penstock.specs.environment import Environment
from penstock.specs.monitor import Action

NUMBER = '{{ $value | printf "%.4g" }}'
"""The value of an alert, in its texts."""
COUNT = '{{ $value | printf "%.0f" }}'
"""The same where it is a number of rows or requests, of which nobody reads `1.235e+04`."""
KEEP = "15m"
"""For how long an alert over figures goes on after they are within their bounds again."""

_KEEP_FIRING_SINCE = (2, 42)


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


def severity_of(alert: Alert) -> str:
    """Whom the alert notifies: the first label of every alert of an `AlertSubject`."""
    return alert.labels[0][1]


def series_name(name: str, labels: Labels) -> str:
    """A series as a test names it."""
    # JSON escapes are those of PromQL too.
    inner = ",".join([f"{key}={orjson.dumps(value).decode()}" for key, value in labels])
    return f"{name}{{{inner}}}"


def bounds(below: float | None, above: float | None) -> tuple[str, float, float, float]:
    """The comparison, the bound, a value beyond it and one within it."""
    if below is not None:
        step = abs(below) / 2 or 1.0
        return "<", below, below - step, below + step
    bound = above if above is not None else 0.0
    step = abs(bound) / 2 or 1.0
    return ">", bound, bound + step, bound - step

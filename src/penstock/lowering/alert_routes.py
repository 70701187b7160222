"""Who is notified of the alerts of an environment: the receivers that its teams name, by the labels of their alerts."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.ir.alert_routes import AlertRoutes, Mail, Receiver, Route, SecretValue
from penstock.lowering.environments import environment_of
from penstock.specs import alertmanager
from penstock.specs.alertmanager import AlertmanagerTarget, Integration
from penstock.specs.team import Team

GROUP_BY = ("alertname", "environment", "model", "rollout")
"""One notification for each kind of trouble of a rollout, however many features or figures it is about."""
SAME_CAUSE = ("alertname", "environment", "model", "rollout", "slo", "monitor")
"""A fast burn pages and is a ticket as well once its long windows see it; one who is awake needs no ticket."""


def alert_routes(view: View) -> AlertRoutes | None:
    """The routes of the environment that `view` is of; None where it declares no Alertmanager, or has no cluster."""
    environment = environment_of(view)
    target = environment.spec.alertmanager
    if target is None or not environment.spec.cluster:
        return None
    return AlertRoutes(
        environment=environment.name,
        namespace=environment.spec.namespace,
        owner=environment.metadata.owner,
        version=target.version,
        receivers=tuple(_receiver(name, one) for name, one in sorted(target.receivers.items())),
        routes=tuple(_routes(view, target, environment.spec.prometheus.pages)),
        fallback=target.fallback,
        repeat=str(target.repeat_page),
        group_by=GROUP_BY,
        inhibited_by_page=SAME_CAUSE,
        selected_by=tuple(sorted(target.labels.items())),
        labels=tuple(environment.metadata.labels.items()),
    )


def _routes(view: View, target: AlertmanagerTarget, pages: bool) -> Iterator[Route]:
    """A route for each contact of each team; no page where all alerts are tickets."""
    for team in view.all(Team):
        contact = team.spec.contact
        if contact.page is not None and pages:
            yield Route(team.name, "page", contact.page, str(target.repeat_page))
        if contact.ticket is not None:
            yield Route(team.name, "ticket", contact.ticket, str(target.repeat_ticket))


def _receiver(name: str, declared: alertmanager.Receiver) -> Receiver:
    if declared.pagerduty is not None:
        return Receiver(name, "pagerduty", _secret(declared.pagerduty, "routing-key"))
    if declared.slack is not None:
        return Receiver(name, "slack", _secret(declared.slack), channel=declared.slack.channel)
    if declared.msteams is not None:
        return Receiver(name, "msteams", _secret(declared.msteams))
    if declared.webhook is not None:
        return Receiver(name, "webhook", _secret(declared.webhook))
    mail = declared.email
    if mail is None:
        raise ValueError(f"the receiver {name} has no service; the language lets none through")
    password = SecretValue(mail.secret, mail.key) if mail.secret is not None else None
    return Receiver(name, "email", password, mail=Mail(mail.to, mail.sender, mail.smarthost, mail.username))


def _secret(integration: Integration, key: str = "url") -> SecretValue:
    return SecretValue(integration.secret, integration.key or key)

"""Who is notified of the alerts of an environment, and by what means."""

from typing import Literal, NamedTuple

from penstock.ir.monitoring import Labels

Service = Literal["pagerduty", "slack", "msteams", "webhook", "email"]


class SecretValue(NamedTuple):
    """A key in a Secret of the environment's namespace."""

    secret: str
    key: str


class Mail(NamedTuple):
    """How mail is sent."""

    to: str
    sender: str
    smarthost: str
    username: str | None
    """User at the mail server; the password is the receiver's secret."""


class Receiver(NamedTuple):
    """A destination of notifications."""

    name: str
    service: Service
    secret: SecretValue | None
    """The integration key, the address of the webhook, or the password; None for mail without a login."""
    channel: str | None = None
    """Of Slack alone."""
    mail: Mail | None = None
    """Of mail alone."""


class Route(NamedTuple):
    """The alerts of one team and severity go to one receiver."""

    team: str
    severity: Literal["page", "ticket"]
    receiver: str
    repeat: str
    """After how long a notification is sent again, as Prometheus writes durations."""


class AlertRoutes(NamedTuple):
    """The routes of all alerts of one environment, in order; what none of them takes goes to the fallback."""

    environment: str
    namespace: str
    owner: str
    """The team that owns the environment."""
    version: str
    """Of Alertmanager."""
    receivers: tuple[Receiver, ...]
    routes: tuple[Route, ...]
    fallback: str
    repeat: str
    """After how long a notification of the fallback is sent again."""
    group_by: tuple[str, ...]
    """Labels of alerts that are told together."""
    inhibited_by_page: tuple[str, ...]
    """A page mutes the tickets that have the same values of these labels."""
    selected_by: Labels = ()
    """Labels by which the Prometheus operator selects its objects."""
    labels: Labels = ()
    model: str = ""
    """None: the routes are of all models."""

"""Alertmanager: by what means a team is notified of its alerts."""

from typing import Annotated, Self

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from penstock.specs.base import Choosing, Node, field
from penstock.specs.choices import exactly_one
from penstock.specs.components import Version
from penstock.specs.kubernetes import FreeLabelKey, LabelValue, SecretName
from penstock.specs.review import Area, Loosens
from penstock.specs.units import PositiveDuration

ReceiverName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$")]
"""Name of a receiver, which a Team's `contact` and an environment's Alertmanager share."""
SecretKey = Annotated[str, StringConstraints(pattern=r"^[-._a-zA-Z0-9]{1,253}$")]
"""A key in the data of a Secret."""
Mailbox = Annotated[str, StringConstraints(pattern=r"^[^\s@,{}]+@[^\s@,{}]+$")]
HostAndPort = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+:\d{1,5}$")]


class Integration(Node):
    """A service that is reached by what one Secret holds; nothing secret is in a spec."""

    secret: SecretName = field(
        "Secret in the environment's namespace: an integration key of PagerDuty's Events API v2, or the URL of a "
        "webhook.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
    )
    key: SecretKey | None = field(
        "Key in the Secret; if absent, `routing-key` for PagerDuty and `url` otherwise.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default=None,
    )


class Slack(Integration):
    """A channel of Slack."""

    channel: str = field(
        "Channel, such as `#ml-alerts`.", loosens=Loosens.ANY, area=Area.MONITORING, pattern=r"^[#@]?[^\s#@{}]+$"
    )


class Email(Node):
    """Mail to one address."""

    to: Mailbox = field("Recipient.", loosens=Loosens.ANY, area=Area.MONITORING)
    sender: Mailbox = field("Sender.", loosens=Loosens.ANY, area=Area.MONITORING)
    smarthost: HostAndPort = field(
        "Mail server as `host:port`; the connection must be encrypted.", loosens=Loosens.ANY, area=Area.MONITORING
    )
    username: str | None = field(
        "User name for the mail server; requires `secret`.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default=None,
        min_length=1,
    )
    secret: SecretName | None = field(
        "Secret in the environment's namespace with the password; requires `username`.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default=None,
    )
    key: SecretKey = field("Key in the Secret.", loosens=Loosens.ANY, area=Area.MONITORING, default="password")

    @model_validator(mode="after")
    def _has_a_whole_login(self) -> Self:
        if (self.username is None) != (self.secret is None):
            raise PydanticCustomError("half_a_login", "expected `username` and `secret`, or neither")
        return self


class Receiver(Choosing):
    """A destination of notifications: exactly one service."""

    chosen = exactly_one("pagerduty", "slack", "msteams", "webhook", "email")

    pagerduty: Integration | None = field(
        "Service of PagerDuty.", loosens=Loosens.ANY, area=Area.MONITORING, default=None
    )
    slack: Slack | None = field("Channel of Slack.", loosens=Loosens.ANY, area=Area.MONITORING, default=None)
    msteams: Integration | None = field(
        "Channel of Microsoft Teams, by a Workflows webhook; needs Alertmanager 0.28.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default=None,
    )
    webhook: Integration | None = field(
        "Service that accepts Alertmanager's JSON.", loosens=Loosens.ANY, area=Area.MONITORING, default=None
    )
    email: Email | None = field("Mail.", loosens=Loosens.ANY, area=Area.MONITORING, default=None)


class AlertmanagerTarget(Node):
    """Alertmanager in this environment, with the receivers of alerts."""

    version: Version = field("Version of Alertmanager.", loosens=Loosens.ANY, area=Area.MONITORING, default="0.28")
    receivers: dict[ReceiverName, Receiver] = field(
        "Receivers by name; the `contact` of a Team refers to them.",
        loosens=Loosens.REMOVED,
        area=Area.MONITORING,
        min_length=1,
    )
    fallback: ReceiverName = field(
        "Receiver of alerts whose team has no `contact` for them.", loosens=Loosens.ANY, area=Area.MONITORING
    )
    repeat_page: PositiveDuration = field(
        "Interval after which a page is sent again while its alerts are firing.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
        default=PositiveDuration.parse("4h"),
    )
    repeat_ticket: PositiveDuration = field(
        "Interval after which a ticket is sent again while its alerts are firing.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
        default=PositiveDuration.parse("1d"),
    )
    labels: dict[FreeLabelKey, LabelValue] = field(
        "Labels by which the operator selects AlertmanagerConfig objects.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default={},
    )

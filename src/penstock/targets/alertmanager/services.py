"""The services that notify people: what both forms of the configuration call their parts, and what is said.

Fields: https://prometheus.io/docs/alerting/latest/configuration/ and the CRD of AlertmanagerConfig (v1alpha1).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from penstock.ir.alert_routes import Mail, Receiver, Service

TITLE = (
    "[{{ .Status | toUpper }}] {{ (index .Alerts 0).Annotations.summary }}"
    "{{ if gt (len .Alerts) 1 }} ({{ len .Alerts }} alerts){{ end }}"
)
"""One line: the summary of the first alert, and how many there are."""

_SEVERITY = '{{ if eq .CommonLabels.severity "page" }}critical{{ else }}warning{{ end }}'
"""Of PagerDuty, by which a service decides whether anybody is woken."""


class Form(NamedTuple):
    """What a service is called in the plain file and in the operator's object, and its secret in each."""

    plain: str
    operator: str
    plain_secret: str
    """A path, by which Alertmanager reads the secret itself."""
    operator_secret: str
    """A Secret and a key, which the operator reads."""


FORMS: dict[Service, Form] = {
    "pagerduty": Form("pagerduty_configs", "pagerdutyConfigs", "routing_key_file", "routingKey"),
    "slack": Form("slack_configs", "slackConfigs", "api_url_file", "apiURL"),
    "msteams": Form("msteamsv2_configs", "msteamsv2Configs", "webhook_url_file", "webhookURL"),
    "webhook": Form("webhook_configs", "webhookConfigs", "url_file", "urlSecret"),
    "email": Form("email_configs", "emailConfigs", "auth_password_file", "authPassword"),
}


def settings(receiver: Receiver) -> dict[str, Any]:
    """What both forms call alike: where the notification goes besides the secret, and how it reads."""
    if receiver.service == "pagerduty":
        return {"description": TITLE, "severity": _SEVERITY}
    if receiver.service == "slack":
        return {"channel": receiver.channel, "title": TITLE, "text": _text("<{}|{}>")}
    if receiver.service == "msteams":
        return {"title": TITLE, "text": _text("[{1}]({0})")}
    return {}


def mail_settings(mail: Mail) -> dict[str, Any]:
    """The same of mail, but for its headers and the name of the user."""
    return {"to": mail.to, "from": mail.sender, "smarthost": mail.smarthost}


def _text(link: str) -> str:
    """Every alert with its description, and links to its runbook and its dashboard where it has them."""
    links = "".join(
        "{{ with .Annotations." + name + " }} " + link.format("{{ . }}", words) + "{{ end }}"
        for name, words in (("runbook_url", "runbook"), ("dashboard_url", "dashboard"))
    )
    return "{{ range .Alerts }}{{ .Annotations.description }}" + links + "\n{{ end }}"

"""Alertmanager's own configuration file, which `amtool` checks and answers questions about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from penstock.ir.alert_routes import AlertRoutes, Receiver, SecretValue
from penstock.targets.alertmanager.services import FORMS, TITLE, mail_settings, settings
from penstock.targets.alertmanager.tree import GROUP_INTERVAL, GROUP_WAIT, PAGE, TICKET, own, route_labels

NOBODY = "nobody"
"""The receiver of alerts that are not of this environment; it has no service."""
SECRETS = "/etc/alertmanager/secrets"
"""Where the operator mounts the Secrets that its Alertmanager lists; a folder each, a file for each key."""


def plain_config(routes: AlertRoutes) -> dict[str, Any]:
    """The whole file; alerts of other environments go to nobody."""
    return {
        "route": {
            "receiver": _free(NOBODY, routes),
            "routes": [
                {
                    "receiver": routes.fallback,
                    "matchers": _matchers(own(routes)),
                    "group_by": list(routes.group_by),
                    "group_wait": GROUP_WAIT,
                    "group_interval": GROUP_INTERVAL,
                    "repeat_interval": routes.repeat,
                    "routes": [
                        {
                            "receiver": one.receiver,
                            "matchers": _matchers(route_labels(one)),
                            "repeat_interval": one.repeat,
                        }
                        for one in routes.routes
                    ],
                }
            ],
        },
        "inhibit_rules": [
            {
                "source_matchers": _matchers((*own(routes), PAGE)),
                "target_matchers": _matchers((*own(routes), TICKET)),
                "equal": list(routes.inhibited_by_page),
            }
        ],
        "receivers": [{"name": _free(NOBODY, routes)}, *map(_receiver, routes.receivers)],
    }


def _free(name: str, routes: AlertRoutes) -> str:
    """A name that no receiver has."""
    taken = {one.name for one in routes.receivers}
    while name in taken:
        name += "-"
    return name


def _matchers(labels: Iterable[tuple[str, str]]) -> list[str]:
    return [f'{name}="{value}"' for name, value in labels]


def _receiver(receiver: Receiver) -> dict[str, Any]:
    form = FORMS[receiver.service]
    config: dict[str, Any] = {"send_resolved": True}
    if receiver.secret is not None:
        config[form.plain_secret] = _path(receiver.secret)
    config |= settings(receiver)
    if receiver.mail is not None:
        config |= mail_settings(receiver.mail)
        if receiver.mail.username is not None:
            config["auth_username"] = receiver.mail.username
        config["headers"] = {"Subject": TITLE}
    return {"name": receiver.name, form.plain: [config]}


def _path(secret: SecretValue) -> str:
    return f"{SECRETS}/{secret.secret}/{secret.key}"

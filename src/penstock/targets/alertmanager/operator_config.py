"""The same as an object of the Prometheus operator, which adds it to the configuration of its Alertmanager.

It prefixes receivers with namespace and name of the object, lets the topmost route take only alerts whose label
`namespace` is that of the object, and reads the Secrets itself (`pkg/alertmanager/amcfg.go` of the operator).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from penstock.ir.alert_routes import AlertRoutes, Receiver
from penstock.targets import manifests
from penstock.targets.alertmanager.services import FORMS, TITLE, mail_settings, settings
from penstock.targets.alertmanager.tree import GROUP_INTERVAL, GROUP_WAIT, PAGE, TICKET, own, route_labels

NAME = "alert-routes"


def operator_config(routes: AlertRoutes) -> dict[str, Any]:
    """The AlertmanagerConfig of an environment."""
    labels = manifests.labels(routes, name=NAME, component="monitoring", selected_by=routes.selected_by)
    return {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": manifests.metadata(NAME, routes.namespace, labels),
        "spec": {
            "route": {
                "receiver": routes.fallback,
                "matchers": _matchers(own(routes)),
                "groupBy": list(routes.group_by),
                "groupWait": GROUP_WAIT,
                "groupInterval": GROUP_INTERVAL,
                "repeatInterval": routes.repeat,
                "routes": [
                    {
                        "receiver": one.receiver,
                        "matchers": _matchers(route_labels(one)),
                        "repeatInterval": one.repeat,
                    }
                    for one in routes.routes
                ],
            },
            "inhibitRules": [
                {
                    "sourceMatch": _matchers((*own(routes), PAGE)),
                    "targetMatch": _matchers((*own(routes), TICKET)),
                    "equal": list(routes.inhibited_by_page),
                }
            ],
            "receivers": list(map(_receiver, routes.receivers)),
        },
    }


def _matchers(labels: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    # Equality, without a `matchType`: many tools write its `=` without quotes, which PyYAML takes for no text.
    return [{"name": name, "value": value} for name, value in labels]


def _receiver(receiver: Receiver) -> dict[str, Any]:
    form = FORMS[receiver.service]
    config: dict[str, Any] = {"sendResolved": True}
    if receiver.secret is not None:
        config[form.operator_secret] = {"name": receiver.secret.secret, "key": receiver.secret.key}
    config |= settings(receiver)
    if receiver.mail is not None:
        config |= mail_settings(receiver.mail)
        if receiver.mail.username is not None:
            config["authUsername"] = receiver.mail.username
        config["headers"] = [{"key": "Subject", "value": TITLE}]
    return {"name": receiver.name, form.operator: [config]}

"""What Alertmanager supports only under conditions."""

from __future__ import annotations

from penstock.ir.alert_routes import AlertRoutes
from penstock.targets.base import Capability, version

_OLDEST = "0.26"
"""Webhooks read their address from a file since then, as all other services did before."""
_MSTEAMS_SINCE = "0.28"


def _too_old(routes: AlertRoutes) -> str | None:
    is_old = version(routes.version) < version(_OLDEST)
    return f"routes are written for {_OLDEST} and newer, this is {routes.version}" if is_old else None


def _no_msteams(routes: AlertRoutes) -> str | None:
    named = [one.name for one in routes.receivers if one.service == "msteams"]
    if not named or version(routes.version) >= version(_MSTEAMS_SINCE):
        return None
    return f"`{named[0]}` is a channel of Microsoft Teams, which needs {_MSTEAMS_SINCE}"


CAPABILITIES: tuple[Capability, ...] = (
    Capability("alertmanager.version", _too_old, f"Alertmanager {_OLDEST} or newer"),
    Capability("alertmanager.receivers", _no_msteams, f"Alertmanager {_MSTEAMS_SINCE}, or `webhook`"),
)

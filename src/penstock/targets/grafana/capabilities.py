"""Minimum versions of Grafana."""

from __future__ import annotations

from penstock.ir.dashboard import Dashboard
from penstock.targets.base import Capability, version

OLDEST = (10,)
"""First version that reads schema 36; an older one shows a newer schema as it can, and says nothing of the rest."""


def _schema(dashboard: Dashboard) -> str | None:
    if version(dashboard.version) >= OLDEST:
        return None
    return f"Grafana {dashboard.version} does not support the generated dashboard schema"


CAPABILITIES = (Capability("environment.grafana.version", _schema, "Grafana 10 or newer"),)

"""The table of what Grafana renders."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.ir.alert_routes import AlertRoutes
from penstock.ir.bundle import Bundle
from penstock.ir.dashboard import Dashboard
from penstock.ir.delivery import Delivery
from penstock.ir.monitoring import RuleFile
from penstock.ir.serving import AccessRule, Endpoint
from penstock.ir.workflow import Schedule, Workflow
from penstock.targets.base import Manifest, Target, Unsupported
from penstock.targets.grafana.capabilities import CAPABILITIES
from penstock.targets.grafana.config_map import config_map

DASHBOARD_FILE = "dashboard.yaml"


def render_dashboard(dashboard: Dashboard) -> Iterator[Manifest]:
    """The dashboard, in the ConfigMap that brings it to the cluster."""
    yield Manifest(
        file=DASHBOARD_FILE,
        documents=(config_map(dashboard),),
        applied=True,
        comment=f"Grafana dashboard of {dashboard.rollout} in {dashboard.environment}.",
    )


_SHOWS = Unsupported("never", "Grafana only shows metrics")

TARGET = Target(
    name="grafana",
    renders={Dashboard: render_dashboard},
    unsupported=dict.fromkeys(
        (AlertRoutes, Bundle, Workflow, Schedule, Endpoint, AccessRule, RuleFile, Delivery), _SHOWS
    ),
    capabilities=CAPABILITIES,
)

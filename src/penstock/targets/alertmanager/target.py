"""The table of what Alertmanager renders."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.ir.alert_routes import AlertRoutes
from penstock.ir.bundle import Bundle
from penstock.ir.dashboard import Dashboard
from penstock.ir.delivery import Delivery
from penstock.ir.monitoring import RuleFile
from penstock.ir.serving import AccessRule, Endpoint
from penstock.ir.workflow import Schedule, Workflow
from penstock.targets.alertmanager.capabilities import CAPABILITIES
from penstock.targets.alertmanager.operator_config import operator_config
from penstock.targets.alertmanager.plain_config import plain_config
from penstock.targets.base import Manifest, Target, Unsupported

ROUTES_FILE = "alert-routes.yaml"
PLAIN_FILE = "alertmanager.yaml"


def render_routes(routes: AlertRoutes) -> Iterator[Manifest]:
    """The plain configuration, and the object that the operator reads."""
    yield Manifest(
        file=PLAIN_FILE,
        documents=(plain_config(routes),),
        applied=False,
        comment=(
            f"Who is notified of alerts in {routes.environment}: amtool config routes show --config.file={PLAIN_FILE}\n"
            f"Of one alert: amtool config routes test --config.file={PLAIN_FILE} environment={routes.environment} "
            "team=TEAM severity=page"
        ),
    )
    yield Manifest(
        file=ROUTES_FILE,
        documents=(operator_config(routes),),
        applied=True,
        comment=f"Who is notified of alerts in {routes.environment}; the same routes as in {PLAIN_FILE}.",
    )


_NOT_ROUTED = Unsupported("never", "Alertmanager only routes alerts")

TARGET = Target(
    name="alertmanager",
    renders={AlertRoutes: render_routes},
    unsupported=dict.fromkeys(
        (Bundle, Workflow, Schedule, Endpoint, AccessRule, RuleFile, Dashboard, Delivery), _NOT_ROUTED
    ),
    capabilities=CAPABILITIES,
)

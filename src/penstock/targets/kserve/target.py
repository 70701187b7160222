"""The table of what KServe renders."""

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
from penstock.targets.kserve.capabilities import CAPABILITIES
from penstock.targets.kserve.inference_service import inference_service

SERVING_FILE = "serving.yaml"


def render_endpoint(endpoint: Endpoint) -> Iterator[Manifest]:
    """The InferenceService."""
    yield Manifest(
        file=SERVING_FILE,
        documents=(inference_service(endpoint),),
        applied=True,
        comment=f"{endpoint.name} in {endpoint.environment}, served by KServe.",
    )


_NOT_SERVED = Unsupported("never", "KServe runs no pipelines")

TARGET = Target(
    name="kserve",
    renders={Endpoint: render_endpoint},
    unsupported={
        AlertRoutes: _NOT_SERVED,
        Delivery: _NOT_SERVED,
        Bundle: _NOT_SERVED,
        Workflow: _NOT_SERVED,
        Schedule: _NOT_SERVED,
        AccessRule: Unsupported("never", "KServe creates no service accounts, disruption budgets or network policies"),
        RuleFile: Unsupported("never", "KServe monitors no objectives"),
        Dashboard: _NOT_SERVED,
    },
    capabilities=CAPABILITIES,
)

"""The table of what Argo CD renders."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.ir.alert_routes import AlertRoutes
from penstock.ir.bundle import Bundle
from penstock.ir.dashboard import Dashboard
from penstock.ir.delivery import Delivery
from penstock.ir.monitoring import RuleFile
from penstock.ir.serving import AccessRule, Endpoint
from penstock.ir.workflow import Schedule, Workflow
from penstock.targets.argo_cd.application import application
from penstock.targets.argo_cd.capabilities import CAPABILITIES
from penstock.targets.argo_cd.project import project
from penstock.targets.base import Manifest, Target, Unsupported

DELIVERY_FILE = "argo-cd.yaml"


def render_delivery(delivery: Delivery) -> Iterator[Manifest]:
    """The Application, behind the AppProject that bounds it unless others made that.

    Neither is among what the Application applies: it must not widen its own bounds.
    """
    bounds = (project(delivery),) if delivery.project is None else ()
    yield Manifest(
        file=DELIVERY_FILE,
        documents=(*bounds, application(delivery)),
        applied=False,
        comment=(
            f"How Argo CD applies {delivery.environment}. Apply it where Argo CD runs, and again whenever it changes:\n"
            f"kubectl apply -f {delivery.path}/{DELIVERY_FILE}"
        ),
    )


_APPLIES = Unsupported("never", "Argo CD applies what other targets render")

TARGET = Target(
    name="argo-cd",
    renders={Delivery: render_delivery},
    unsupported=dict.fromkeys(
        (AlertRoutes, Bundle, Workflow, Schedule, Endpoint, AccessRule, RuleFile, Dashboard), _APPLIES
    ),
    capabilities=CAPABILITIES,
)

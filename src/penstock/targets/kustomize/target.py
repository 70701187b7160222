"""The table of what Kustomize renders."""

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
from penstock.targets.kustomize.capabilities import CAPABILITIES
from penstock.targets.kustomize.kustomization import kustomization

KUSTOMIZATION_FILE = "kustomization.yaml"


def render_bundle(bundle: Bundle) -> Iterator[Manifest]:
    """The list of an environment's applied files; it is what is applied, and no object itself."""
    yield Manifest(
        file=KUSTOMIZATION_FILE,
        documents=(kustomization(bundle),),
        applied=False,
        comment=f"Everything that is applied in {bundle.environment}: kubectl apply -k generated/{bundle.environment}",
    )


_NOT_A_BUNDLE = Unsupported("never", "Kustomize only lists files of other targets")

TARGET = Target(
    name="kustomize",
    renders={Bundle: render_bundle},
    unsupported=dict.fromkeys(
        (AlertRoutes, Workflow, Schedule, Endpoint, AccessRule, RuleFile, Dashboard, Delivery), _NOT_A_BUNDLE
    ),
    capabilities=CAPABILITIES,
)

"""The table of what Argo Rollouts renders."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.ir.alert_routes import AlertRoutes
from penstock.ir.bundle import Bundle
from penstock.ir.dashboard import Dashboard
from penstock.ir.delivery import Delivery
from penstock.ir.monitoring import RuleFile
from penstock.ir.serving import AccessRule, Endpoint
from penstock.ir.workflow import Schedule, Workflow
from penstock.targets.argo_rollouts.analysis_template import canary_analysis, compared_analysis, step_analysis
from penstock.targets.argo_rollouts.autoscaling import autoscaler
from penstock.targets.argo_rollouts.capabilities import CAPABILITIES
from penstock.targets.argo_rollouts.rollout import rollout
from penstock.targets.argo_rollouts.routing import http_route, services
from penstock.targets.base import Manifest, Target, Unsupported

SERVING_FILE = "serving.yaml"


def render_endpoint(endpoint: Endpoint) -> Iterator[Manifest]:
    """All objects of the endpoint, in the order in which they need each other.

    ValueError where the environment names no gateway, which the capabilities report before.
    """
    if endpoint.gateway is None or endpoint.host is None:
        raise ValueError(f"{endpoint.name}: requests need a gateway, and none is declared")
    documents = [*services(endpoint), http_route(endpoint, endpoint.gateway, endpoint.host)]
    traffic = endpoint.traffic
    if traffic is not None and traffic.abort_on:
        documents.append(canary_analysis(endpoint, traffic))
        if any(step.hold_seconds is not None for step in traffic.steps):
            documents.append(step_analysis(endpoint, traffic))
    if traffic is not None and any(step.compared_seconds is not None for step in traffic.steps):
        documents.append(compared_analysis(endpoint, traffic))
    documents.append(rollout(endpoint))
    if (scaler := autoscaler(endpoint)) is not None:
        documents.append(scaler)
    yield Manifest(
        file=SERVING_FILE,
        documents=tuple(documents),
        applied=True,
        comment=f"{endpoint.name} in {endpoint.environment}, served by MLServer and released by Argo Rollouts.",
    )


_NOT_RELEASED = Unsupported("never", "Argo Rollouts runs no pipelines")

TARGET = Target(
    name="argo-rollouts",
    renders={Endpoint: render_endpoint},
    unsupported={
        AlertRoutes: _NOT_RELEASED,
        Delivery: _NOT_RELEASED,
        Bundle: _NOT_RELEASED,
        Workflow: _NOT_RELEASED,
        Schedule: _NOT_RELEASED,
        AccessRule: Unsupported("never", "Argo Rollouts creates no service accounts, budgets or network policies"),
        RuleFile: Unsupported("never", "Argo Rollouts monitors only canaries"),
        Dashboard: _NOT_RELEASED,
    },
    capabilities=CAPABILITIES,
)

"""What endpoint, access and rules of a rollout have in common: its mode, its series, its pods."""

from __future__ import annotations

from penstock.ir.serving import PodIdentity
from penstock.lowering.endpoints.request_series import RequestSeries, Unmeasured, request_series
from penstock.lowering.endpoints.serving_pods import ServingPods, serving_pods
from penstock.specs.environment import EnvironmentSpec
from penstock.specs.rollout import Rollout
from penstock.specs.server_metrics import server_metrics


def mode_of(environment: EnvironmentSpec) -> str:
    """KServe's deployment mode."""
    return environment.kserve.mode if environment.kserve is not None else "Standard"


def requests_of(rollout: Rollout, environment: EnvironmentSpec) -> RequestSeries | Unmeasured:
    """The series that count the rollout's requests, or why there are none."""
    serve = rollout.spec.serve
    return request_series(
        target=serve.target,
        mode="Knative" if mode_of(environment) == "Knative" else "Standard",
        requests=environment.prometheus.requests,
        metrics=server_metrics(serve),
        namespace=environment.namespace,
        rollout=rollout.name,
    )


def pods_of(rollout: Rollout, environment: EnvironmentSpec) -> ServingPods:
    """The pods that serve the rollout."""
    serve = rollout.spec.serve
    return serving_pods(
        target=serve.target,
        mode=mode_of(environment),
        metrics=server_metrics(serve),
        rollout=rollout.name,
    )


def identity_of(rollout: Rollout) -> PodIdentity | None:
    """Whom the rollout's pods are to a cloud."""
    identity = rollout.spec.identity
    if identity is None:
        return None
    if identity.aws is not None:
        return PodIdentity("aws", identity.aws)
    return PodIdentity("gcp", identity.gcp) if identity.gcp is not None else PodIdentity("azure", identity.azure or "")


def free_labels(rollout: Rollout) -> tuple[tuple[str, str], ...]:
    """The user's own labels."""
    return tuple(rollout.metadata.labels.items())

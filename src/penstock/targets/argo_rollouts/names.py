"""Names, labels and ports that the objects of one rollout share."""

from __future__ import annotations

from penstock.ir.serving import Endpoint
from penstock.targets import manifests

HTTP_PORT = 8080
SERVICE_PORT = 80
CANARY_HASH = "canary-hash"
"""Argument of analyses: the hash that the canary's pods carry in the label ``rollouts-pod-template-hash``."""

STEP_WINDOW = "window"
"""Argument of the analysis that judges a step: the time for which it was held."""

STABLE_HASH = "stable-hash"
"""Argument of the analysis that compares: the hash of the version that the canary would replace."""

COMPARED_WINDOW = "part"
"""Argument of the analysis that compares: how long the windows of a step are."""


def labels(endpoint: Endpoint) -> dict[str, str]:
    """Labels of every object."""
    return manifests.labels(endpoint, name=endpoint.name, component="serving")


def selector(endpoint: Endpoint) -> dict[str, str]:
    """Labels that pick the pods; they never change, since a Rollout's selector must not."""
    return {"app.kubernetes.io/name": endpoint.name, "app.kubernetes.io/component": "serving"}


def stable_service(endpoint: Endpoint) -> str:
    """The service that the stable version answers."""
    return f"{endpoint.name}-stable"


def canary_service(endpoint: Endpoint) -> str:
    """The service that the canary answers."""
    return f"{endpoint.name}-canary"


def analysis_template(endpoint: Endpoint) -> str:
    """The template of what is measured for as long as the canary lasts."""
    return f"{endpoint.name}-canary"


def step_template(endpoint: Endpoint) -> str:
    """The template of what is measured at the end of a step."""
    return f"{endpoint.name}-canary-step"


def compared_template(endpoint: Endpoint) -> str:
    """The template of what is compared with the stable version at the end of a step."""
    return f"{endpoint.name}-canary-compared"


def duration(seconds: int) -> str:
    """A span of time in its largest whole unit, as Argo Rollouts and Prometheus write it."""
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"

"""Services of the stable version and of the canary, and the route that divides requests between them."""

from __future__ import annotations

from typing import Any

from penstock.ir.serving import Endpoint
from penstock.targets import manifests
from penstock.targets.argo_rollouts.names import (
    HTTP_PORT,
    SERVICE_PORT,
    canary_service,
    labels,
    selector,
    stable_service,
)


def services(endpoint: Endpoint) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two services; the controller narrows each one's selector to the version that it stands for."""
    return _service(endpoint, stable_service(endpoint)), _service(endpoint, canary_service(endpoint))


def http_route(endpoint: Endpoint, gateway: tuple[str, str], host: str) -> dict[str, Any]:
    """The HTTPRoute: one rule, whose two weights belong to the traffic plugin once a canary is under way."""
    namespace, name = gateway
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": manifests.metadata(endpoint.name, endpoint.namespace, labels(endpoint)),
        "spec": {
            "parentRefs": [
                {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": namespace, "name": name}
            ],
            "hostnames": [host],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": f"/v2/models/{endpoint.name}"}}],
                    "timeouts": {"request": _timeout(endpoint.timeout_seconds)},
                    "backendRefs": [
                        _backend(stable_service(endpoint), 100),
                        _backend(canary_service(endpoint), 0),
                    ],
                }
            ],
        },
    }


def _timeout(seconds: int) -> str:
    """A time as the Gateway API takes it: at most five digits before each unit, none of which is a day (GEP-2257)."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return "".join(f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (seconds, "s")) if number)


def _service(endpoint: Endpoint, name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": manifests.metadata(name, endpoint.namespace, labels(endpoint)),
        "spec": {
            "type": "ClusterIP",
            "selector": selector(endpoint),
            "ports": [{"name": "http", "port": SERVICE_PORT, "targetPort": HTTP_PORT, "protocol": "TCP"}],
        },
    }


def _backend(name: str, weight: int) -> dict[str, Any]:
    return {"group": "", "kind": "Service", "name": name, "port": SERVICE_PORT, "weight": weight}

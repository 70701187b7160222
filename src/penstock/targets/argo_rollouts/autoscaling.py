"""What makes copies more: a HorizontalPodAutoscaler for cpu and memory, a KEDA ScaledObject for requests."""

from __future__ import annotations

from typing import Any

from penstock.ir.serving import Endpoint
from penstock.targets import manifests
from penstock.targets.argo_rollouts.names import labels
from penstock.targets.base import version

FALLBACK_SINCE = (2, 18)
"""First version of KEDA that can fall back to the copies there are; 2.17 knows the word and crashes over a Rollout
(keda#6992). Without a fallback the HorizontalPodAutoscaler leaves the copies alone, and nothing says why."""

_BEHAVIOR: dict[str, Any] = {
    "scaleDown": {
        "stabilizationWindowSeconds": 300,
        "policies": [{"type": "Percent", "value": 25, "periodSeconds": 60}],
    }
}


def autoscaler(endpoint: Endpoint) -> dict[str, Any] | None:
    """The object that scales the Rollout; None where the number of copies is fixed."""
    scaling = endpoint.scaling
    if scaling.min == scaling.max:
        return None
    return _horizontal(endpoint) if scaling.metric in ("cpu", "memory") else _scaled_object(endpoint)


def _target(endpoint: Endpoint) -> dict[str, str]:
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": endpoint.name}


def _horizontal(endpoint: Endpoint) -> dict[str, Any]:
    scaling = endpoint.scaling
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": manifests.metadata(endpoint.name, endpoint.namespace, labels(endpoint)),
        "spec": {
            "scaleTargetRef": _target(endpoint),
            "minReplicas": scaling.min,
            "maxReplicas": scaling.max,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": scaling.metric,
                        "target": {"type": "Utilization", "averageUtilization": scaling.target},
                    },
                }
            ],
            "behavior": _BEHAVIOR,
        },
    }


def _scaled_object(endpoint: Endpoint) -> dict[str, Any]:
    scaling = endpoint.scaling
    fallback: dict[str, Any] = {}
    if version(endpoint.keda or "") >= FALLBACK_SINCE:
        # When Prometheus does not answer, what runs goes on running.
        fallback["fallback"] = {
            "failureThreshold": 3,
            "replicas": scaling.min,
            "behavior": "currentReplicasIfHigher",
        }
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": manifests.metadata(endpoint.name, endpoint.namespace, labels(endpoint)),
        "spec": {
            "scaleTargetRef": _target(endpoint),
            "minReplicaCount": scaling.min,
            "maxReplicaCount": scaling.max,
            **fallback,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": _BEHAVIOR}},
            "triggers": [
                {
                    "type": "prometheus",
                    "metricType": "AverageValue",
                    # KEDA reads every value as text.
                    "metadata": {
                        "serverAddress": endpoint.prometheus,
                        "query": scaling.query,
                        "threshold": str(scaling.target),
                        # No sample is no zero: where pods are not scraped, copies would be taken from under them.
                        "ignoreNullValues": "false",
                    },
                }
            ],
        },
    }

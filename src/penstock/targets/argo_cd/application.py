"""The Application of an environment, in Argo CD's own words.

Fields: https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml.
"""

from __future__ import annotations

from typing import Any

from penstock.ir.delivery import Delivery
from penstock.targets import manifests
from penstock.targets.base import version

API_VERSION = "argoproj.io/v1alpha1"

# Not among them: PruneLast, and sync waves. Either lets a sync wait until all that it applied is healthy, and no other
# sync begins meanwhile: a canary takes days, and what ends it early is a commit.
SYNC_OPTIONS = (
    # A dashboard may be larger than the annotation in which a client keeps what it applied last.
    "ServerSideApply=true",
    "RespectIgnoreDifferences=true",
    "ApplyOutOfSyncOnly=true",
    # Of two environments in one namespace, neither takes over what the other has.
    "FailOnSharedResource=true",
)
MOVED_BY_CONTROLLERS: tuple[dict[str, Any], ...] = (
    {
        "group": "gateway.networking.k8s.io",
        "kind": "HTTPRoute",
        "jqPathExpressions": [".spec.rules[].backendRefs[].weight"],
    },
    {"kind": "Service", "jsonPointers": ["/spec/selector/rollouts-pod-template-hash"]},
)
"""During a canary Argo Rollouts writes these. To put them back would send all traffic to one version or the other."""
_RETRY = {"limit": 5, "backoff": {"duration": "30s", "factor": 2, "maxDuration": "5m"}}
"""A webhook that is not up yet is no reason to wait for the next commit."""
_REFRESH_SINCE = "3.2"
"""Without it, a commit that mends another waits until that has been tried for the last time."""


def application(delivery: Delivery) -> dict[str, Any]:
    """The Application. It has no finalizer: deleting it leaves what serves where it is."""
    metadata = manifests.metadata(
        delivery.application,
        delivery.control_namespace,
        manifests.labels(delivery, name=delivery.application, component="delivery"),
        {"argocd.argoproj.io/compare-options": "ServerSideDiff=true"},
    )
    spec: dict[str, Any] = {
        "project": project_name(delivery),
        "source": {
            "repoURL": delivery.repository,
            "targetRevision": delivery.revision,
            "path": delivery.path,
        },
        "destination": {"name": delivery.cluster, "namespace": delivery.namespace},
        "syncPolicy": _sync_policy(delivery),
    }
    if delivery.weights_move:
        spec["ignoreDifferences"] = list(MOVED_BY_CONTROLLERS)
    return {"apiVersion": API_VERSION, "kind": "Application", "metadata": metadata, "spec": spec}


def project_name(delivery: Delivery) -> str:
    """The AppProject of the Application: one that others made, or its own of the same name."""
    return delivery.project or delivery.application


def _sync_policy(delivery: Delivery) -> dict[str, Any]:
    refreshes = version(delivery.version) >= version(_REFRESH_SINCE)
    retry = _RETRY | ({"refresh": True} if refreshes else {})
    policy: dict[str, Any] = {"syncOptions": list(SYNC_OPTIONS), "retry": retry}
    if delivery.automation is None:
        return policy
    return {"automated": {"prune": delivery.automation.prune, "selfHeal": delivery.automation.self_heal}, **policy}

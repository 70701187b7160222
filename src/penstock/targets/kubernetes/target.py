"""The table of what plain Kubernetes renders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.ir.alert_routes import AlertRoutes
from penstock.ir.bundle import Bundle
from penstock.ir.dashboard import Dashboard
from penstock.ir.delivery import Delivery
from penstock.ir.monitoring import RuleFile
from penstock.ir.serving import AccessRule, Endpoint
from penstock.ir.workflow import Schedule, Workflow
from penstock.targets import manifests
from penstock.targets.base import Manifest, Target, Unsupported
from penstock.targets.kubernetes.capabilities import CAPABILITIES
from penstock.targets.kubernetes.network_policy import network_policy_spec

ACCESS_FILE = "access.yaml"


def render_access(rule: AccessRule) -> Iterator[Manifest]:
    """Identity, disruption budget and, where access is declared, network policy of an endpoint's pods."""
    labels = manifests.labels(rule, name=rule.endpoint, component="serving")
    metadata = manifests.metadata(rule.endpoint, rule.namespace, labels)
    identity = manifests.identity_annotations(rule.identity)
    account = manifests.metadata(rule.endpoint, rule.namespace, labels, identity) if identity else metadata
    documents: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": account,
            # The server never asks the cluster for anything.
            "automountServiceAccountToken": False,
            # KServe gives its storage initializer the keys of the secrets that stand here.
            **({"secrets": [{"name": rule.storage_secret}]} if rule.storage_secret else {}),
        },
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": metadata,
            "spec": {
                # Nodes can be drained whatever the number of copies: `minAvailable: 1` of one copy would hold them.
                "maxUnavailable": 1,
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
                "selector": {"matchLabels": dict(rule.pods)},
            },
        },
    ]
    if rule.callers is not None:
        documents.append(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": metadata,
                "spec": network_policy_spec(rule, rule.callers),
            }
        )
    yield Manifest(
        file=ACCESS_FILE,
        documents=tuple(documents),
        applied=True,
        comment=f"Service account and network policies of {rule.endpoint} in {rule.environment}.",
    )


_NOT_PLAIN = Unsupported("never", "plain Kubernetes has no kind for this")

TARGET = Target(
    name="kubernetes",
    renders={AccessRule: render_access},
    unsupported={
        AlertRoutes: _NOT_PLAIN,
        Delivery: _NOT_PLAIN,
        Bundle: _NOT_PLAIN,
        Workflow: _NOT_PLAIN,
        Schedule: _NOT_PLAIN,
        Endpoint: Unsupported("notimpl", "a plain Deployment cannot shift traffic in steps; use argo-rollouts"),
        RuleFile: _NOT_PLAIN,
        Dashboard: _NOT_PLAIN,
    },
    capabilities=CAPABILITIES,
)

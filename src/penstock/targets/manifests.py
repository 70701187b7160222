"""Shapes that every Kubernetes manifest shares: names, labels, metadata, security contexts.

Documents share these values with each other; nothing changes them in place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Protocol

import orjson

from penstock.ir.serving import PodIdentity

MANAGED_BY = "penstock"
OWNER_LABEL = "penstock/owner"
ENVIRONMENT_LABEL = "penstock/environment"

POD_SECURITY: dict[str, Any] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
"""Security context of a pod, as the restricted Pod Security Standard asks."""

CONTAINER_SECURITY: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
"""Security context of a container, as the restricted Pod Security Standard asks, with nothing to write to."""

STORAGE_KEYS = ((("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), False), (("AWS_ENDPOINT_URL", "AWS_REGION"), True))
"""The keys of a Secret for an object store, which are also the variables that clients of S3 read; and whether a Secret
may do without them."""

DRAINING: dict[str, Any] = {"preStop": {"exec": {"command": ["sleep", "10"]}}}
"""Lifecycle of a server's container: requests go on arriving until every proxy has heard that the pod is leaving."""

_HASH_LENGTH = 10
_LIVENESS_PERIOD_SECONDS = 10
# https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html,
# https://docs.cloud.google.com/kubernetes-engine/docs/how-to/workload-identity and
# https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html.
_IDENTITY_ANNOTATIONS = {
    "aws": "eks.amazonaws.com/role-arn",
    "gcp": "iam.gke.io/gcp-service-account",
    "azure": "azure.workload.identity/client-id",
}


def liveness_probe(check: dict[str, Any], timeout_seconds: int) -> dict[str, Any]:
    """A probe that restarts a server which answers nothing for longer than the longest request may take.

    A server that computes in the loop which answers, as MLServer does without workers, is silent meanwhile; whoever
    took that for death would end each request that takes longer than half a minute, and with it all that wait.
    """
    failures = 2 + -(-timeout_seconds // _LIVENESS_PERIOD_SECONDS)
    return {**check, "periodSeconds": _LIVENESS_PERIOD_SECONDS, "timeoutSeconds": 2, "failureThreshold": failures}


class Owned(Protocol):
    """What every plan says of whose it is."""

    @property
    def model(self) -> str:
        """The model that the system is about; empty where it is about all of them."""

    @property
    def owner(self) -> str:
        """The owning team; empty where nobody is named."""

    @property
    def environment(self) -> str:
        """The environment; empty where it is none's."""

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Labels of the user's own."""


def labels(plan: Owned, *, name: str, component: str, selected_by: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """The recommended labels of Kubernetes, the owning team, then labels of the user's own.

    `name` is the application that runs (a pipeline, an endpoint), `component` its part in the system (``training``).
    By the labels `selected_by` another program finds the object. No label of the user's ever replaces one of ours.
    """
    ours = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": plan.model or MANAGED_BY,
        "app.kubernetes.io/managed-by": MANAGED_BY,
    }
    if plan.owner:
        ours[OWNER_LABEL] = plan.owner
    if plan.environment:
        ours[ENVIRONMENT_LABEL] = plan.environment
    for key, value in (*selected_by, *plan.labels):
        ours.setdefault(key, value)
    return ours


def metadata(
    name: str, namespace: str, labels: dict[str, str], annotations: dict[str, str] | None = None
) -> dict[str, Any]:
    """The ``metadata`` of a namespaced object."""
    found: dict[str, Any] = {"name": name, "namespace": namespace, "labels": labels}
    if annotations:
        found["annotations"] = annotations
    return found


def identity_annotations(identity: PodIdentity | None) -> dict[str, str]:
    """What a ServiceAccount says to the cloud that its pods are to have an identity of."""
    return {} if identity is None else {_IDENTITY_ANNOTATIONS[identity.cloud]: identity.name}


def identity_labels(identity: PodIdentity | None) -> dict[str, str]:
    """What pods say besides; Azure's webhook passes those by that do not."""
    return {"azure.workload.identity/use": "true"} if identity is not None and identity.cloud == "azure" else {}


def mesh_annotations(uncaptured: Iterable[int]) -> dict[str, str]:
    """What pods say to Istio's sidecar: at which ports to let everybody in, without a certificate of the mesh."""
    ports = ",".join(str(port) for port in uncaptured)
    return {"traffic.sidecar.istio.io/excludeInboundPorts": ports} if ports else {}


def storage_variables(secret: str) -> list[dict[str, Any]]:
    """Environment variables of a container with the keys of an object store, as every client of S3 reads them."""
    return [
        {
            "name": name,
            "valueFrom": {"secretKeyRef": {"name": secret, "key": name} | ({"optional": True} if optional else {})},
        }
        for names, optional in STORAGE_KEYS
        for name in names
    ]


def resources(cpu: str, memory: str, gpu: int = 0) -> dict[str, Any]:
    """Resources of a container: requests, and limits for what cannot be taken back, memory and accelerators."""
    requests, limits = {"cpu": cpu, "memory": memory}, {"memory": memory}
    if gpu:
        requests["nvidia.com/gpu"] = limits["nvidia.com/gpu"] = str(gpu)
    return {"requests": requests, "limits": limits}


def short_name(name: str, limit: int) -> str:
    """`name` where it has at most `limit` characters; else its beginning, and a hash of the whole."""
    if len(name) <= limit:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{name[: limit - len(mark) - 1].rstrip('-')}-{mark}"


def content_hash(*values: Any) -> str:
    """Ten hexadecimal digits that stand for plain data, whatever the order of its keys."""
    digest = hashlib.sha256()
    for value in values:
        digest.update(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
        digest.update(b"\0")
    return digest.hexdigest()[:_HASH_LENGTH]

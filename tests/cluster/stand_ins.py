"""What no process here does: pods that come up, a gateway that takes a route, garbage that is collected."""

from __future__ import annotations

import datetime

from cluster.api_server import Cluster, Document, RefusedError


def deployments_come_up(cluster: Cluster, namespace: str) -> None:
    """Each Deployment has the pods that it asks for, as its controller would say."""
    for deployment in cluster.all("deployment", namespace):
        conditions = [_condition("Available"), _condition("Progressing", "NewReplicaSetAvailable")]
        _says(cluster, "deployment", name(deployment), namespace, _counts(deployment) | {"conditions": conditions})


def replica_sets_come_up(cluster: Cluster, namespace: str) -> None:
    """Each ReplicaSet has the pods that it asks for, as its controller would say."""
    for replica_set in cluster.all("replicaset", namespace):
        counts = _counts(replica_set)
        del counts["updatedReplicas"]
        _says(cluster, "replicaset", name(replica_set), namespace, counts)


def routes_are_accepted(cluster: Cluster, namespace: str) -> None:
    """Each HTTPRoute is taken by the gateways that it names."""
    for route in cluster.all("httproute", namespace):
        generation = {"observedGeneration": route["metadata"]["generation"]}
        conditions = [_condition(what) | generation for what in ("Accepted", "ResolvedRefs")]
        parents = [
            {"parentRef": parent, "controllerName": "example.com/gateway", "conditions": conditions}
            for parent in route["spec"]["parentRefs"]
        ]
        _says(cluster, "httproute", name(route), namespace, {"parents": parents})


def garbage_is_collected(cluster: Cluster, kind: str, namespace: str) -> None:
    """What is deleted before its dependents are goes once it has none, which is for Kubernetes' controllers to see."""
    for found in cluster.all(kind, namespace):
        if "deletionTimestamp" in found["metadata"]:
            words = ("--type=merge", "-p", '{"metadata": {"finalizers": null}}')
            cluster.run("patch", kind, name(found), "-n", namespace, *words)


def name(document: Document) -> str:
    return str(document["metadata"]["name"])


def _says(cluster: Cluster, kind: str, of: str, namespace: str, status: Document) -> None:
    try:
        cluster.says(kind, of, namespace, status)
    except RefusedError as refusal:
        # A controller may have removed it since it was listed.
        if "(NotFound)" not in str(refusal):
            raise


def _counts(document: Document) -> Document:
    pods = document["spec"]["replicas"]
    names = ("replicas", "readyReplicas", "availableReplicas", "updatedReplicas")
    return {"observedGeneration": document["metadata"]["generation"], **dict.fromkeys(names, pods)}


def _condition(what: str, reason: str | None = None) -> Document:
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"type": what, "status": "True", "reason": reason or what, "message": "", "lastTransitionTime": now}


def serve(cluster: Cluster, namespace: str, service: str) -> Document | None:
    """Let pods and routes of a namespace do their part, and find an InferenceService once it is ready."""
    deployments_come_up(cluster, namespace)
    routes_are_accepted(cluster, namespace)
    found = cluster.get("inferenceservice", service, namespace)
    return found if is_true(found, "Ready") else None


def is_true(document: Document, condition: str) -> bool:
    """Whether a condition holds. KServe does not always say of which generation of the object that is."""
    conditions = document.get("status", {}).get("conditions", [])
    return any(one["type"] == condition and one["status"] == "True" for one in conditions)

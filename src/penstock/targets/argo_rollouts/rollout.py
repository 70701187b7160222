"""The Rollout: pods like a Deployment's, and the steps in which a new version takes their traffic."""

from __future__ import annotations

from typing import Any

from penstock.ir.serving import Endpoint, TrafficPlan
from penstock.targets import manifests
from penstock.targets.argo_rollouts.names import (
    CANARY_HASH,
    STEP_WINDOW,
    analysis_template,
    canary_service,
    duration,
    labels,
    selector,
    stable_service,
    step_template,
)
from penstock.targets.argo_rollouts.pod import pod_spec

VERSION_LABEL = "app.kubernetes.io/version"
_HASH_OF_CANARY = {"name": CANARY_HASH, "valueFrom": {"podTemplateHashValue": "Latest"}}


def rollout(endpoint: Endpoint) -> dict[str, Any]:
    """The Rollout of an endpoint. Where something scales it, it says no number of copies of its own."""
    spec: dict[str, Any] = {}
    if endpoint.scaling.min == endpoint.scaling.max:
        spec["replicas"] = endpoint.scaling.min
    version = endpoint.files.digest.removeprefix("sha256:")[:12]
    annotations = {"kubernetes.io/description": endpoint.description} if endpoint.description else None
    mesh = manifests.mesh_annotations(endpoint.uncaptured)
    # The owner is said below: in the template, another team would be a new version that goes through a canary.
    pods = {key: value for key, value in labels(endpoint).items() if key != manifests.OWNER_LABEL}
    spec |= {
        "revisionHistoryLimit": 3,
        "progressDeadlineSeconds": 900,
        "progressDeadlineAbort": True,
        "selector": {"matchLabels": selector(endpoint)},
        "template": {
            "metadata": {
                "labels": pods | {VERSION_LABEL: version} | manifests.identity_labels(endpoint.identity),
                **({"annotations": mesh} if mesh else {}),
            },
            "spec": pod_spec(endpoint),
        },
        "strategy": {"canary": _canary(endpoint)},
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": manifests.metadata(endpoint.name, endpoint.namespace, labels(endpoint), annotations),
        "spec": spec,
    }


def _canary(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = {
        "stableService": stable_service(endpoint),
        "canaryService": canary_service(endpoint),
        "maxSurge": "25%",
        "maxUnavailable": 0,
        # Without `dynamicStableScale` the old version keeps all its copies until the new one has the traffic, so that
        # going back needs no start. The controller drops a `false`, which would be there to apply for ever.
        "abortScaleDownDelaySeconds": 300,
        "trafficRouting": {
            "plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": endpoint.name, "namespace": endpoint.namespace}}
        },
    }
    if endpoint.owner:
        # What the controller writes to the pods that run, too.
        owner = {"labels": {manifests.OWNER_LABEL: endpoint.owner}}
        found |= {"canaryMetadata": owner, "stableMetadata": owner}
    traffic = endpoint.traffic
    if traffic is None:
        # One step: the controller gives a version its traffic only when all its copies are there.
        return found | {"steps": [{"setWeight": 100}]}
    if traffic.abort_on:
        found["analysis"] = {
            "startingStep": 1,
            "templates": [{"templateName": analysis_template(endpoint)}],
            "args": [_HASH_OF_CANARY],
        }
    found["steps"] = _steps(endpoint, traffic)
    return found


def _steps(endpoint: Endpoint, traffic: TrafficPlan) -> list[dict[str, Any]]:
    """A weight, a pause, and a judgement for each step.

    Without a duration the pause lasts until somebody ends it, who is then the judge.
    """
    steps: list[dict[str, Any]] = []
    last = len(traffic.steps) - 1
    for position, step in enumerate(traffic.steps):
        steps.append({"setWeight": int(step.percent)})
        if step.hold_seconds is not None:
            held = duration(step.hold_seconds)
            steps.append({"pause": {"duration": held}})
            if traffic.abort_on:
                args = [_HASH_OF_CANARY, {"name": STEP_WINDOW, "value": held}]
                steps.append({"analysis": {"templates": [{"templateName": step_template(endpoint)}], "args": args}})
        elif position < last or step.percent < 100:
            steps.append({"pause": {}})
    return steps

"""The Rollout: pods like a Deployment's, and the steps in which a new version takes their traffic."""

from __future__ import annotations

from typing import Any

from penstock.ir.serving import Endpoint, TrafficPlan, TrafficStep
from penstock.targets import manifests
from penstock.targets.argo_rollouts.names import (
    CANARY_HASH,
    COMPARED_WINDOW,
    STABLE_HASH,
    STEP_WINDOW,
    analysis_template,
    canary_service,
    compared_template,
    duration,
    labels,
    selector,
    stable_service,
    step_template,
)
from penstock.targets.argo_rollouts.pod import pod_spec

VERSION_LABEL = "app.kubernetes.io/version"
_HASH_OF_CANARY = {"name": CANARY_HASH, "valueFrom": {"podTemplateHashValue": "Latest"}}
_HASH_OF_STABLE = {"name": STABLE_HASH, "valueFrom": {"podTemplateHashValue": "Stable"}}


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
            steps.append({"pause": {"duration": duration(step.hold_seconds)}})
            templates, args = _judged_by(endpoint, traffic, step, step.hold_seconds)
            if templates:
                steps.append({"analysis": {"templates": [{"templateName": name} for name in templates], "args": args}})
        elif position < last or step.percent < 100:
            steps.append({"pause": {}})
    return steps


def _judged_by(
    endpoint: Endpoint, traffic: TrafficPlan, step: TrafficStep, held: int
) -> tuple[list[str], list[dict[str, Any]]]:
    """The templates that are measured at the end of a step which was held for some seconds, and their arguments."""
    templates = [step_template(endpoint)] if traffic.abort_on else []
    args: list[dict[str, Any]] = [_HASH_OF_CANARY, {"name": STEP_WINDOW, "value": duration(held)}]
    if step.compared_seconds is not None:
        templates.append(compared_template(endpoint))
        args += [_HASH_OF_STABLE, {"name": COMPARED_WINDOW, "value": duration(step.compared_seconds)}]
    return templates, args

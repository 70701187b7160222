"""An endpoint as an InferenceService, in the canonical ``model`` form, so that what is applied is what is stored.

Field by field after KServe's API (`pkg/apis/serving/v1beta1`; 0.20, and its main branch on the way to 0.21), its
admission webhook (`inference_service_validation.go`) and what its controllers make of each mode.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any

from penstock.ir.serving import Endpoint, ModelFiles, canary_copies, predictor_name
from penstock.targets import manifests
from penstock.targets.kserve.runtimes import Runtime, bundled_runtime, live_path

POD_LABEL = "serving.kserve.io/inferenceservice"
VERSION_LABEL = "app.kubernetes.io/version"
_SCRATCH = {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}
_SCRATCH_MOUNT = {"name": "scratch", "mountPath": "/tmp"}
_STRATEGY = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}}
_UNLISTED = Runtime("", "/v2/health/ready")
_GRACE_SECONDS = 30
_LEAST_CPU_LIMIT = 1000
"""Thousandths of a processor."""


def inference_service(endpoint: Endpoint) -> dict[str, Any]:
    """The InferenceService of an endpoint.

    A canary that is under way stands beside the version that it is to replace; in Standard mode as an entry of
    ``spec.canary``, in Knative mode as a percentage of the newest revision. A release that has reached its end, or
    never was a canary, has all the traffic.
    """
    reached = endpoint.traffic.reached if endpoint.traffic is not None else None
    share = endpoint.traffic.steps[reached].percent if endpoint.traffic is not None and reached is not None else None
    if endpoint.mode == "Knative":
        spec: dict[str, Any] = {"predictor": _knative_predictor(endpoint, share)}
    elif share is not None and endpoint.previous is not None:
        spec = {
            "predictor": _standard_predictor(endpoint, endpoint.previous),
            "canary": [_canary(endpoint, share)],
        }
    else:
        spec = {"predictor": _standard_predictor(endpoint, endpoint.files)}
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": manifests.metadata(endpoint.name, endpoint.namespace, _labels(endpoint), _annotations(endpoint)),
        "spec": spec,
    }


def _labels(endpoint: Endpoint) -> dict[str, str]:
    return manifests.labels(endpoint, name=endpoint.name, component="serving")


def _annotations(endpoint: Endpoint) -> dict[str, str]:
    found: dict[str, str] = {"serving.kserve.io/deploymentMode": endpoint.mode}
    if endpoint.mode == "Standard":
        found["serving.kserve.io/autoscalerClass"] = _autoscaler(endpoint)
    elif endpoint.scaling.min != endpoint.scaling.max:
        found["autoscaling.knative.dev/target-utilization-percentage"] = "100"
    if endpoint.description:
        found["kubernetes.io/description"] = endpoint.description
    return found


def _autoscaler(endpoint: Endpoint) -> str:
    if endpoint.scaling.min == endpoint.scaling.max:
        return "none"
    return "hpa" if endpoint.scaling.metric in ("cpu", "memory") else "keda"


def _standard_predictor(endpoint: Endpoint, files: ModelFiles) -> dict[str, Any]:
    predictor: dict[str, Any] = {}
    if endpoint.traffic is not None:
        # Without a canary all versions share one Deployment, which is updated pod by pod; a change of name would
        # delete the old pods before the new ones are ready.
        predictor["name"] = predictor_name(files.digest)
    predictor |= _identity(endpoint, files)
    predictor |= _scaling(endpoint)
    predictor |= {
        "timeout": endpoint.timeout_seconds,
        "terminationGracePeriodSeconds": endpoint.timeout_seconds + _GRACE_SECONDS,
        "deploymentStrategy": _STRATEGY,
        "topologySpreadConstraints": [
            _spread(endpoint, "topology.kubernetes.io/zone"),
            _spread(endpoint, "kubernetes.io/hostname"),
        ],
        "securityContext": manifests.POD_SECURITY,
        "volumes": [_SCRATCH],
        "model": _model(endpoint, files),
    }
    return predictor


def _knative_predictor(endpoint: Endpoint, share: Decimal | None) -> dict[str, Any]:
    """What Knative takes; its webhook refuses grace periods, spread and pod security unless a cluster allows them."""
    predictor: dict[str, Any] = {}
    if share is not None:
        predictor["canaryTrafficPercent"] = int(share)
    predictor |= _identity(endpoint, endpoint.files)
    predictor |= _scaling(endpoint)
    predictor |= {
        "timeout": endpoint.timeout_seconds,
        "volumes": [_SCRATCH],
        "model": _model(endpoint, endpoint.files),
    }
    return predictor


def _canary(endpoint: Endpoint, share: Decimal) -> dict[str, Any]:
    """The new version beside the stable one; all that it does not say it takes from the stable predictor."""
    return {
        "trafficPercent": int(share),
        "predictor": {
            "name": predictor_name(endpoint.files.digest),
            "minReplicas": canary_copies(endpoint.scaling.min, share / 100),
            "labels": _pod_labels(endpoint, endpoint.files),
            # A canary's container has to be named, and the stable one's must not be.
            "model": {"name": "kserve-container", **_what(endpoint, endpoint.files)},
        },
    }


def _identity(endpoint: Endpoint, files: ModelFiles) -> dict[str, Any]:
    mesh = manifests.mesh_annotations(endpoint.uncaptured)
    return {
        "labels": _pod_labels(endpoint, files),
        **({"annotations": mesh} if mesh else {}),
        "serviceAccountName": endpoint.name,
        "automountServiceAccountToken": False,
    }


def _pod_labels(endpoint: Endpoint, files: ModelFiles) -> dict[str, str]:
    return {VERSION_LABEL: _short_digest(files), **manifests.identity_labels(endpoint.identity)}


def _short_digest(files: ModelFiles) -> str:
    return files.digest.removeprefix("sha256:")[:12]


def _scaling(endpoint: Endpoint) -> dict[str, Any]:
    scaling = endpoint.scaling
    found: dict[str, Any] = {"minReplicas": scaling.min, "maxReplicas": scaling.max}
    if scaling.min == scaling.max:
        return found
    if endpoint.mode == "Standard" and scaling.metric not in ("cpu", "memory"):
        # The webhook asks for `value` and KEDA shares it among the copies: it is the target of each one.
        found["autoScaling"] = {
            "metrics": [
                {
                    "type": "External",
                    "external": {
                        "metric": {
                            "backend": "prometheus",
                            "serverAddress": endpoint.prometheus,
                            "query": scaling.query,
                        },
                        "target": {"type": "Value", "value": str(scaling.target)},
                    },
                }
            ]
        }
        return found
    return found | {"scaleMetric": scaling.metric, "scaleTarget": scaling.target}


def _spread(endpoint: Endpoint, topology: str) -> dict[str, Any]:
    return {
        "maxSkew": 1,
        "topologyKey": topology,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {POD_LABEL: endpoint.name}},
    }


def _what(endpoint: Endpoint, files: ModelFiles) -> dict[str, Any]:
    runtime = bundled_runtime(endpoint)
    found: dict[str, Any] = {"modelFormat": {"name": endpoint.format}, "protocolVersion": endpoint.protocol}
    if (name := endpoint.runtime or (runtime.name if runtime is not None else "")) != "":
        found["runtime"] = name
    found["storageUri"] = files.uri
    return found


def _resources(endpoint: Endpoint) -> dict[str, Any]:
    """Requests and limits, with one for processors too.

    KServe merges these with the runtime's, whose limit is one processor where it is one of its own: left out, it would
    stay, and a pod that asks for more is refused. Twice what is asked for leaves the autoscaler something to see.
    """
    compute = endpoint.compute
    found = manifests.resources(compute.cpu, compute.memory, compute.gpu)
    asked = Decimal(compute.cpu.removesuffix("m")) * (1 if compute.cpu.endswith("m") else 1000)
    thousandths = max(_LEAST_CPU_LIMIT, 2 * int(asked.to_integral_value(ROUND_CEILING)))
    whole, rest = divmod(thousandths, 1000)
    limit = f"{thousandths}m" if rest else str(whole)
    return found | {"limits": {"cpu": limit, **found["limits"]}}


def _container_security(endpoint: Endpoint) -> dict[str, Any]:
    """In Knative mode the pod has no security context, so its container states what the pod would."""
    if endpoint.mode == "Knative":
        return manifests.CONTAINER_SECURITY | manifests.POD_SECURITY
    return manifests.CONTAINER_SECURITY


def _model(endpoint: Endpoint, files: ModelFiles) -> dict[str, Any]:
    runtime = (bundled_runtime(endpoint) if endpoint.runtime is None else None) or _UNLISTED
    model = _what(endpoint, files)
    if endpoint.image is not None:
        # KServe merges this over the container of its runtime, whose own image has other libraries.
        model["image"] = endpoint.image
    model["resources"] = _resources(endpoint)
    if runtime.env:
        model["env"] = [{"name": name, "value": value} for name, value in runtime.env]
    if endpoint.ports:
        model["ports"] = [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in endpoint.ports]
    ready = runtime.ready.format(model=endpoint.name)
    live = live_path(endpoint)
    model |= {
        "startupProbe": {"httpGet": {"path": live, "port": 8080}, "periodSeconds": 5, "failureThreshold": 60},
        "readinessProbe": {"httpGet": {"path": ready, "port": 8080}, "periodSeconds": 5, "timeoutSeconds": 2},
        "livenessProbe": manifests.liveness_probe({"httpGet": {"path": live, "port": 8080}}, endpoint.timeout_seconds),
        # In Knative mode its queue proxy drains a pod, and containers have no hooks.
        **({"lifecycle": manifests.DRAINING} if endpoint.mode == "Standard" else {}),
        "securityContext": _container_security(endpoint),
        "volumeMounts": [_SCRATCH_MOUNT],
    }
    return model

"""The pod that serves: MLServer over a model that an init container has fetched and whose digest it has checked.

KServe's storage initializer is put into pods by KServe's webhook, and only into its own; without KServe the runtime
image does the same with ``penstock-step fetch``.
"""

from __future__ import annotations

from typing import Any

from penstock.ir.serving import Endpoint
from penstock.targets import manifests
from penstock.targets.argo_rollouts.names import HTTP_PORT

MODEL_VOLUME = "/mnt/models"
MODEL_FOLDER = f"{MODEL_VOLUME}/model"
"""Where the model is once it is whole: files appear beside it first, so it is no mount itself."""
IMPLEMENTATIONS = {
    "mlflow": "mlserver_mlflow.MLflowRuntime",
    "sklearn": "mlserver_sklearn.SKLearnModel",
    "xgboost": "mlserver_xgboost.XGBoostModel",
    "lightgbm": "mlserver_lightgbm.LightGBMModel",
}
"""MLServer's runtime for each format that it loads."""

_GRACE_SECONDS = 30
_SCRATCH_MOUNT = {"name": "scratch", "mountPath": "/tmp"}
_FETCH_RESOURCES = manifests.resources("100m", "512Mi")


def pod_spec(endpoint: Endpoint) -> dict[str, Any]:
    """The spec of the pod template."""
    return {
        "serviceAccountName": endpoint.name,
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": endpoint.timeout_seconds + _GRACE_SECONDS,
        "securityContext": manifests.POD_SECURITY,
        "topologySpreadConstraints": [
            _spread(endpoint, "topology.kubernetes.io/zone"),
            _spread(endpoint, "kubernetes.io/hostname"),
        ],
        "initContainers": [_fetch(endpoint)],
        "containers": [_server(endpoint)],
        "volumes": [
            {"name": "model", "emptyDir": _size_of_model(endpoint)},
            {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}},
        ],
    }


def _size_of_model(endpoint: Endpoint) -> dict[str, Any]:
    """A model that does not fit into the memory is not served either, so it need not fill the node's disk.

    What a GPU holds may be more than the memory has, and then nothing is known.
    """
    return {} if endpoint.compute.gpu else {"sizeLimit": endpoint.compute.memory}


def _fetch(endpoint: Endpoint) -> dict[str, Any]:
    keys = manifests.storage_variables(endpoint.storage_secret) if endpoint.storage_secret else []
    return {
        "name": "fetch-model",
        "image": endpoint.fetch_image,
        "command": ["penstock-step", "fetch"],
        "args": [
            *("--model", endpoint.model),
            *("--model-store", endpoint.model_store),
            *("--digest", endpoint.files.digest),
            *("--target", MODEL_FOLDER),
        ],
        "env": [{"name": "HOME", "value": "/tmp"}, *keys],
        "resources": _FETCH_RESOURCES,
        "securityContext": manifests.CONTAINER_SECURITY,
        "volumeMounts": [{"name": "model", "mountPath": MODEL_VOLUME}, _SCRATCH_MOUNT],
    }


def _server(endpoint: Endpoint) -> dict[str, Any]:
    live = {"path": "/v2/health/live", "port": "http"}
    return {
        "name": "server",
        "image": endpoint.image or "",
        "ports": [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in endpoint.ports],
        "env": [{"name": name, "value": value} for name, value in _environment(endpoint)],
        "resources": manifests.resources(endpoint.compute.cpu, endpoint.compute.memory, endpoint.compute.gpu),
        "startupProbe": {"httpGet": live, "periodSeconds": 5, "failureThreshold": 60},
        "readinessProbe": {
            "httpGet": {"path": f"/v2/models/{endpoint.name}/ready", "port": "http"},
            "periodSeconds": 5,
            "timeoutSeconds": 2,
        },
        "livenessProbe": manifests.liveness_probe({"httpGet": live}, endpoint.timeout_seconds),
        "lifecycle": manifests.DRAINING,
        "securityContext": manifests.CONTAINER_SECURITY,
        "volumeMounts": [{"name": "model", "mountPath": MODEL_VOLUME, "readOnly": True}, _SCRATCH_MOUNT],
    }


def _environment(endpoint: Endpoint) -> tuple[tuple[str, str], ...]:
    ports = dict(endpoint.ports)
    return (
        ("MLSERVER_MODEL_NAME", endpoint.name),
        ("MLSERVER_MODEL_URI", MODEL_FOLDER),
        ("MLSERVER_MODEL_IMPLEMENTATION", IMPLEMENTATIONS.get(endpoint.format, "")),
        ("MLSERVER_HTTP_PORT", str(HTTP_PORT)),
        ("MLSERVER_METRICS_PORT", str(ports.get("metrics", 8082))),
        # One process serves: MLServer's worker pool does not start with current event loops, and it would write
        # metric files to a file system that is read-only here. More throughput comes from more pods.
        ("MLSERVER_PARALLEL_WORKERS", "0"),
        ("MLFLOW_DISABLE_TELEMETRY", "true"),
        ("HOME", "/tmp"),
    )


def _spread(endpoint: Endpoint, topology: str) -> dict[str, Any]:
    return {
        "maxSkew": 1,
        "topologyKey": topology,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app.kubernetes.io/name": endpoint.name}},
    }

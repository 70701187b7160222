"""Which of KServe's bundled runtimes serves a format over a protocol, and how the server says that it is ready.

From `config/runtimes/*.yaml` of KServe 0.20: what each ClusterServingRuntime lists under ``supportedModelFormats`` and
``protocolVersions``. The format's version is left to the runtime: stating one that it does not list is refused.
"""

from __future__ import annotations

from typing import NamedTuple

from penstock.ir.serving import Endpoint


class Runtime(NamedTuple):
    """A bundled runtime."""

    name: str
    ready: str
    """Path that answers 200 once the model is loaded; ``{model}`` is the InferenceService's name."""
    env: tuple[tuple[str, str], ...] = ()


_LIVE = "/v2/health/live"
_MLSERVER = Runtime(
    "kserve-mlserver",
    "/v2/models/{model}/ready",
    (
        # One process serves: MLServer's worker pool does not start with current event loops, and it would write
        # metric files to a file system that is read-only here. More throughput comes from more pods.
        ("MLSERVER_PARALLEL_WORKERS", "0"),
        ("MLFLOW_DISABLE_TELEMETRY", "true"),
        # Libraries that want to write caches or settings find a place to do so.
        ("HOME", "/tmp"),
    ),
)
_V1_READY = "/v1/models/{model}"
_RUNTIMES = {
    ("mlflow", "v2"): _MLSERVER,
    ("sklearn", "v2"): _MLSERVER,
    ("xgboost", "v2"): _MLSERVER,
    ("lightgbm", "v2"): _MLSERVER,
    ("sklearn", "v1"): Runtime("kserve-sklearnserver", _V1_READY, (("HOME", "/tmp"),)),
    ("xgboost", "v1"): Runtime("kserve-xgbserver", _V1_READY, (("HOME", "/tmp"),)),
    ("lightgbm", "v1"): Runtime("kserve-lgbserver", _V1_READY, (("HOME", "/tmp"),)),
    # Triton names models by their folders, so only the server as a whole can be asked.
    ("onnx", "v2"): Runtime("kserve-tritonserver", "/v2/health/ready"),
}


def bundled_runtime(endpoint: Endpoint) -> Runtime | None:
    """The bundled runtime for the endpoint's format and protocol; None where KServe brings none."""
    return _RUNTIMES.get((endpoint.format, endpoint.protocol))


def live_path(endpoint: Endpoint) -> str:
    """Path that answers 200 while the server runs."""
    return "/" if endpoint.protocol == "v1" else _LIVE

"""The metrics of the model servers that rules read: at which port they stand, and under which names.

Sources are named in `penstock.lowering.endpoints.request_series`.
"""

from __future__ import annotations

from typing import NamedTuple

from penstock.specs.rollout import Serve

HTTP_PORT = 8080
"""Where every server takes requests."""


class ServerMetrics(NamedTuple):
    """The metrics of one server."""

    server: str
    port: int
    """Port that ``/metrics`` is read from."""
    counter: str = ""
    """Counts requests; empty where nothing does that rules could read."""
    histogram: str = ""
    """Times requests, without the suffix ``_bucket``."""
    labels: tuple[str, ...] = ()
    """Labels of both that rules read."""


MLSERVER = ServerMetrics(
    "MLServer",
    8082,
    "rest_server_requests_total",
    "rest_server_request_duration_seconds",
    ("path", "status_code"),
)
KSERVE_PYTHON = ServerMetrics(
    "KServe's Python servers", HTTP_PORT, "request_predict_seconds_count", "request_predict_seconds"
)
TRITON = ServerMetrics("Triton", 8002)


def server_metrics(serve: Serve) -> ServerMetrics:
    """The metrics of the server that answers by default; a runtime of the user's own is taken to have the same."""
    if serve.target == "argo-rollouts":
        # It refuses other servers, which is one error; that these measure less would be more.
        return MLSERVER
    if serve.protocol == "v1":
        return KSERVE_PYTHON
    return TRITON if serve.format == "onnx" else MLSERVER

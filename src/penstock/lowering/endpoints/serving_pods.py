"""What the pods of an endpoint look like from outside: their labels and their ports."""

from __future__ import annotations

from typing import Literal, NamedTuple

from penstock.ir.monitoring import Labels
from penstock.specs.server_metrics import HTTP_PORT, ServerMetrics

_KSERVES_VERSION = "app.kubernetes.io/version"
"""Label that an InferenceService gives the pods of each version of a model: the beginning of its digest."""


class ServingPods(NamedTuple):
    """The pods of one endpoint."""

    labels: Labels
    """Labels that pick them and no other."""
    ports: tuple[tuple[str, int], ...]
    """Ports that the server's container declares, the one for requests first."""
    reached_at: tuple[int, ...]
    """Ports at which requests arrive."""
    metrics: tuple[str, int]
    """Name and number of the port that metrics are read from."""
    revision: str
    """Label of the pods that tells versions apart."""


def serving_pods(
    *, target: Literal["kserve", "argo-rollouts"], mode: str, metrics: ServerMetrics, rollout: str
) -> ServingPods:
    """The pods that serve a rollout; `metrics` are those of its server.

    MLServer 1.7 serves metrics at a port of its own (`mlserver/settings.py`; KServe's runtime still announces 8080),
    Triton as well, KServe's Python servers at the port for requests. In Knative mode the queue proxy takes requests
    and serves metrics (`knative.dev/serving/pkg/networking/constants.go`).
    """
    http = ("http", HTTP_PORT)
    if target == "kserve" and mode == "Knative":
        return ServingPods(
            (("serving.kserve.io/inferenceservice", rollout),),
            (),
            (8012, 8013, 8112, 9090),
            ("http-usermetric", 9091),
            _KSERVES_VERSION,
        )
    scraped = http if metrics.port == HTTP_PORT else ("metrics", metrics.port)
    ports = (http,) if scraped == http else (http, scraped)
    if target == "argo-rollouts":
        own = (("app.kubernetes.io/name", rollout), ("app.kubernetes.io/component", "serving"))
        return ServingPods(own, ports, (HTTP_PORT,), scraped, "rollouts-pod-template-hash")
    labels = (("serving.kserve.io/inferenceservice", rollout),)
    return ServingPods(labels, ports, (HTTP_PORT,), scraped, _KSERVES_VERSION)

"""Canaries before the controller of Argo Rollouts and what it is told by a stand-in for Prometheus.

What Prometheus would answer to the queries is tested with promtool. Here they arrive with the hashes of both versions,
and the controller draws its conclusions from the answers. There is no plugin that moves weights, as in the whole room.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from cluster.api_server import Cluster, Document
from cluster.stand_ins import replica_sets_come_up
from loopback import Request, json_api
from lowering.rollouts import COMPARING_TOO, ENVIRONMENT, ONLINE, RELEASE, changed, view
from penstock.ir.serving import Endpoint
from penstock.lowering.endpoints.endpoint import endpoint
from penstock.targets.argo_rollouts.target import TARGET

NAMESPACE = "ml-prod"
WITHIN, BEYOND, UNKNOWN = "0.3", "2.6", None
"""Standard errors that the canary is worse by."""


class Prometheus:
    """Answers a comparison as it was told to, and whatever has a bound of its own by what is within that."""

    def __init__(self) -> None:
        self.answer: str | None = WITHIN
        self.asked: list[str] = []

    def __call__(self, request: Request) -> tuple[int, Any]:
        query = request.body["query"]
        self.asked.append(query)
        answer = "0.05" if "histogram_quantile" in query else "0.9" if "doubt" in query else self.answer
        found = [] if answer is None else [{"metric": {}, "value": [0, answer]}]
        return 200, {"status": "success", "data": {"resultType": "vector", "result": found}}


class Canary:
    """A Rollout that the controller looks after."""

    def __init__(self, cluster: Cluster, prometheus: str) -> None:
        environment = changed(ENVIRONMENT, ("  prometheus:\n", f"  prometheus:\n    url: {prometheus}\n"))
        (manifest,) = TARGET.renders[Endpoint](endpoint(view(COMPARING_TOO, environment, RELEASE), ONLINE))
        self._cluster = cluster
        self._documents = [
            one for one in manifest.documents if one["kind"] in ("AnalysisTemplate", "Rollout", "Service")
        ]
        (self._rollout,) = [one for one in self._documents if one["kind"] == "Rollout"]
        del self._rollout["spec"]["strategy"]["canary"]["trafficRouting"]

    def apply(self) -> None:
        self._cluster.namespace(NAMESPACE)
        self._cluster.apply(self._documents)
        self.until("the first version", lambda found: found.get("phase") == "Healthy")

    def release(self, version: str) -> None:
        """Apply another version, and see it to the end of its first pause."""
        self._rollout["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/version"] = version
        self._cluster.apply([self._rollout])
        self.until(
            f"the pause of {version}",
            lambda found: (
                found.get("pauseConditions") is not None
                and found["currentPodHash"] != found["stableRS"]
                and found["currentStepIndex"] == 1
            ),
        )
        # As `kubectl argo rollouts promote` ends a pause.
        self._cluster.says("rollout", ONLINE, NAMESPACE, {"pauseConditions": None})

    def until(self, what: str, holds: Any) -> Document:
        """The Rollout's status, once it is as expected."""

        def look() -> Document | None:
            replica_sets_come_up(self._cluster, NAMESPACE)
            status: Document = self._cluster.get("rollout", ONLINE, NAMESPACE).get("status", {})
            return status if status and holds(status) else None

        return self._cluster.until(what, look)


@pytest.fixture(scope="module")
def prometheus() -> Prometheus:
    return Prometheus()


@pytest.fixture(scope="module")
def canary(cluster: Cluster, rollouts_metrics: str, prometheus: Prometheus) -> Iterator[Canary]:
    assert rollouts_metrics
    with json_api(prometheus) as address:
        found = Canary(cluster, address)
        found.apply()
        yield found


def test_a_canary_that_is_no_worse_goes_on_and_both_versions_were_asked_for(
    canary: Canary, prometheus: Prometheus
) -> None:
    canary.release("second")
    status = canary.until("the next step", lambda found: found["currentStepIndex"] == 4)
    canary_hash, stable_hash = status["currentPodHash"], status["stableRS"]
    hashes = [set(re.findall(r'revision="(\w+)"', query)) for query in prometheus.asked]
    # Two by bounds and one by comparison, of two templates whose arguments are put together.
    assert sorted(hashes, key=len) == [{canary_hash}, {canary_hash}, {canary_hash, stable_hash}]
    assert not [query for query in prometheus.asked if "{{" in query]
    assert "[30m]" in "".join(prometheus.asked)


def test_one_that_is_worse_loses_its_traffic(canary: Canary, prometheus: Prometheus) -> None:
    prometheus.answer = BEYOND
    canary.release("third")
    status = canary.until("the abort", lambda found: found.get("abort"))
    assert 'Metric "errors" assessed Failed due to failed (1) > failureLimit (0)' in status["message"]


def test_one_that_nothing_is_known_of_waits_for_a_person(canary: Canary, prometheus: Prometheus) -> None:
    prometheus.answer = UNKNOWN
    canary.release("fourth")
    waits = {"InconclusiveAnalysisRun"}
    canary.until("the wait", lambda found: {one["reason"] for one in found.get("pauseConditions") or ()} == waits)

"""A canary that pull requests advance, before KServe: its pods come, and are kept when it is promoted."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from cluster.api_server import Cluster, Document
from cluster.stand_ins import is_true, name, serve
from lowering.rollouts import BY_HAND, DIGEST, ENVIRONMENT, ONLINE, PREVIOUS, changed, release, view
from penstock.ir.serving import Endpoint
from penstock.lowering.endpoints.endpoint import endpoint
from penstock.targets.base import version
from penstock.targets.kserve.capabilities import STANDARD_CANARY_SINCE
from penstock.targets.kserve.target import TARGET

NAMESPACE = "ml-prod"
STABLE, CANARY = (f"{ONLINE}-v{digest.removeprefix('sha256:')[:8]}-predictor" for digest in (PREVIOUS, DIGEST))
SECOND_STEP = 25


def service(released: str) -> Document:
    """The InferenceService of the rollout as of a release."""
    plan = endpoint(view(BY_HAND, ENVIRONMENT, released), ONLINE)
    assert plan is not None
    (manifest,) = TARGET.renders[Endpoint](plan)
    (document,) = manifest.documents
    return document


@pytest.fixture(scope="module")
def under_way(kserve_cluster: Cluster) -> Cluster:
    """A version that serves, and the next at the second step of its canary, both with their pods."""
    cluster = kserve_cluster
    cluster.namespace(NAMESPACE)
    before = changed(release(previous=None), (f'version: {{digest: "{DIGEST}"}}', f'version: {{digest: "{PREVIOUS}"}}'))
    cluster.apply([service(before)])
    cluster.until("the version before to be ready", lambda: serve(cluster, NAMESPACE, ONLINE))
    assert names(cluster, "deployment") == {STABLE}
    cluster.apply([service(release(step=1))])
    cluster.until("the canary's pods to be ready", lambda: canary_is_ready(cluster))
    return cluster


def canary_is_ready(cluster: Cluster) -> bool:
    found = serve(cluster, NAMESPACE, ONLINE)
    return found is not None and is_true(found, "CanaryPredictorReady")


def names(cluster: Cluster, kind: str) -> set[str]:
    """Objects of a kind that run a predictor."""
    return {name(one) for one in cluster.all(kind, NAMESPACE)} & {STABLE, CANARY}


def weights(cluster: Cluster) -> dict[str, int]:
    """The share of the requests by Service."""
    (rule,) = cluster.get("httproute", ONLINE, NAMESPACE)["spec"]["rules"]
    return {backend["name"]: backend["weight"] for backend in rule["backendRefs"]}


def test_both_versions_have_pods_and_a_service(under_way: Cluster) -> None:
    assert names(under_way, "deployment") == {STABLE, CANARY}
    assert names(under_way, "service") == {STABLE, CANARY}
    notes = {name(one): one["spec"]["template"]["metadata"]["annotations"] for one in deployments(under_way)}
    source = "internal.serving.kserve.io/storage-initializer-sourceuri"
    assert PREVIOUS.removeprefix("sha256:") in notes[STABLE][source]
    assert DIGEST.removeprefix("sha256:") in notes[CANARY][source]


def deployments(cluster: Cluster) -> list[Document]:
    return cluster.all("deployment", NAMESPACE)


def test_requests_are_divided_since_the_version_that_is_said_to_do_it(under_way: Cluster, root: Path) -> None:
    """The version that `make cluster` builds decides: with 0.20 all requests go to the stable predictor."""
    module = (root / "tools" / "cluster" / "go.mod").read_text(encoding="utf-8")
    (built,) = re.findall(r"github\.com/kserve/kserve v([\d.]+)", module)
    if version(built) >= STANDARD_CANARY_SINCE:
        under_way.until("a share for the canary", lambda: weights(under_way).get(CANARY) == SECOND_STEP)
        return
    # The pods of both are ready since the last test; the controller gets its time to change its mind.
    time.sleep(2)
    serve(under_way, NAMESPACE, ONLINE)
    assert set(weights(under_way)) == {STABLE}


def test_promotion_keeps_the_canarys_pods(under_way: Cluster) -> None:
    (canary,) = [one for one in deployments(under_way) if name(one) == CANARY]
    under_way.apply([service(release())])
    under_way.until("all requests for the version that was the canary", lambda: promoted(under_way))
    (kept,) = deployments(under_way)
    assert kept["metadata"]["uid"] == canary["metadata"]["uid"]
    assert kept["spec"]["template"] == canary["spec"]["template"]


def promoted(cluster: Cluster) -> bool:
    serve(cluster, NAMESPACE, ONLINE)
    return names(cluster, "deployment") == {CANARY} and set(weights(cluster)) == {CANARY}


def test_a_release_that_is_reverted_after_its_canary_deletes_the_pods_before_others_are_there(
    under_way: Cluster,
) -> None:
    """What a plan warns of as `predictor-gap`; with a controller that waits, the warning has to go."""
    assert names(under_way, "deployment") == {CANARY}
    before = changed(release(previous=None), (f'version: {{digest: "{DIGEST}"}}', f'version: {{digest: "{PREVIOUS}"}}'))
    under_way.apply([service(before)])
    under_way.until("the other predictor", lambda: STABLE in names(under_way, "deployment"))
    (other,) = deployments(under_way)
    assert name(other) == STABLE
    assert not other.get("status", {}).get("availableReplicas")

"""InferenceServices before KServe's webhooks and controller: what it makes of them is what stands beside them."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from cluster.api_server import Cluster, Document, RefusedError
from cluster.controllers import RESTRICTED
from cluster.generated import ENVIRONMENTS, built, is_of_pipelines, namespace_of, pod_of, served
from cluster.stand_ins import name, serve
from lowering.rollouts import ENVIRONMENT, ONLINE, PLAIN, RELEASE, changed, view
from penstock.ir.serving import Endpoint
from penstock.lowering.endpoints.endpoint import endpoint
from penstock.targets.kserve.target import TARGET

SERVICES = served("InferenceService")
MONITORING = "monitoring"


class Applied(NamedTuple):
    """The environments in a cluster that has KServe."""

    cluster: Cluster
    documents: dict[str, list[Document]]
    """What was applied, by environment."""

    def one(self, environment: str, kind: str, of: str) -> Document:
        """What was applied for a rollout, of a kind."""
        (found,) = [d for d in self.documents[environment] if d["kind"] == kind and name(d) == of]
        return found

    def namespace(self, environment: str) -> str:
        return namespace_of(self.documents[environment])


@pytest.fixture(scope="module")
def applied(kserve_cluster: Cluster) -> Applied:
    documents = {}
    for environment in ENVIRONMENTS:
        found = [one for one in built(kserve_cluster, environment) if not is_of_pipelines(one)]
        kserve_cluster.namespace(namespace_of(found))
        kserve_cluster.apply(found)
        documents[environment] = found
    return Applied(kserve_cluster, documents)


def deployment(cluster: Cluster, namespace: str, service: str) -> Document:
    """The one Deployment that KServe makes of an InferenceService."""
    selector = f"serving.kserve.io/inferenceservice={service}"

    def look() -> list[Document]:
        return [one for one in cluster.all("deployment", namespace) if selects(selector, one["spec"]["template"])]

    (found,) = cluster.until(f"a Deployment of {service}", look)
    return found


def selects(selector: str | Mapping[str, str], template: Document) -> bool:
    """Whether labels, as `key=value` or as a mapping, are among those of a pod."""
    wanted = dict([selector.split("=")]) if isinstance(selector, str) else selector
    return wanted.items() <= template["metadata"]["labels"].items()


def container(template: Document) -> dict[str, Any]:
    (found,) = template["spec"]["containers"]
    assert found["name"] == "kserve-container"
    return dict(found)


def lets_in(policy: Document, namespace: str) -> set[int]:
    """The ports that pods of a namespace may reach."""
    return {port for peer, port in _ways_in(policy) if peer == namespace}


def lets_callers_in(policy: Document) -> set[int]:
    """The ports that others than Prometheus may reach."""
    return {port for peer, port in _ways_in(policy) if peer != MONITORING}


def _ways_in(policy: Document) -> Iterator[tuple[str, int]]:
    for rule in policy["spec"]["ingress"]:
        for peer, port in itertools.product(rule["from"], rule["ports"]):
            yield peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"], port["port"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_webhooks_change_nothing_that_would_be_applied_again(applied: Applied, environment: str) -> None:
    assert applied.cluster.differences(applied.documents[environment]) == ""


@pytest.mark.parametrize(("environment", "service"), SERVICES)
def test_what_stands_beside_it_selects_its_pods(applied: Applied, environment: str, service: str) -> None:
    template = deployment(applied.cluster, applied.namespace(environment), service)["spec"]["template"]
    policy = applied.one(environment, "NetworkPolicy", service)
    budget = applied.one(environment, "PodDisruptionBudget", service)["spec"]
    monitor = applied.one(environment, "PodMonitor", service)["spec"]
    assert selects(policy["spec"]["podSelector"]["matchLabels"], template)
    assert selects(budget["selector"]["matchLabels"], template)
    assert selects(monitor["selector"]["matchLabels"], template)
    assert template["spec"]["serviceAccountName"] == name(applied.one(environment, "ServiceAccount", service))

    ports = {port["name"]: port["containerPort"] for port in container(template)["ports"]}
    (scraped,) = [endpoint["port"] for endpoint in monitor["podMetricsEndpoints"]]
    assert scraped == "metrics"
    assert ports[scraped] in lets_in(policy, MONITORING)


@pytest.mark.parametrize(("environment", "service"), SERVICES)
def test_a_request_reaches_the_model_that_the_probes_ask_for(applied: Applied, environment: str, service: str) -> None:
    cluster, namespace = applied.cluster, applied.namespace(environment)
    server = container(deployment(cluster, namespace, service)["spec"]["template"])
    variables = {one["name"]: one.get("value") for one in server["env"]}
    model = variables["MLSERVER_MODEL_NAME"]
    assert server["readinessProbe"]["httpGet"]["path"] == f"/v2/models/{model}/ready"
    assert model == service

    cluster.until(f"{service} to be ready", lambda: serve(cluster, namespace, service))
    (rule,) = cluster.get("httproute", service, namespace)["spec"]["rules"]
    (match,) = rule["matches"]
    assert match["path"]["type"] == "RegularExpression"
    assert re.fullmatch(match["path"]["value"], f"/v2/models/{model}/infer")
    (backend,) = rule["backendRefs"]
    reached = cluster.get("service", backend["name"], namespace)["spec"]
    (port,) = [one for one in reached["ports"] if one["port"] == backend["port"]]
    template = deployment(cluster, namespace, service)["spec"]["template"]
    assert selects(reached["selector"], template)
    assert port["targetPort"] == server["readinessProbe"]["httpGet"]["port"]
    policy = applied.one(environment, "NetworkPolicy", service)
    assert port["targetPort"] in lets_callers_in(policy)


@pytest.mark.parametrize(("environment", "service"), SERVICES)
def test_a_pod_is_taken_and_fetches_the_model_that_it_serves(applied: Applied, environment: str, service: str) -> None:
    cluster, namespace = applied.cluster, applied.namespace(environment)
    template = deployment(cluster, namespace, service)["spec"]["template"]
    pod = cluster.create(pod_of(template, namespace), "--dry-run=server")
    (fetch,), (server,) = pod["spec"]["initContainers"], pod["spec"]["containers"]
    source, target = fetch["args"]
    assert source == applied.one(environment, "InferenceService", service)["spec"]["predictor"]["model"]["storageUri"]
    assert {one["name"]: one.get("value") for one in server["env"]}["MLSERVER_MODEL_URI"] == target
    assert target in {mount["mountPath"] for mount in server["volumeMounts"]}


def compiled(rollout: str) -> Document:
    """The InferenceService of a rollout in production."""
    plan = endpoint(view(rollout, ENVIRONMENT, RELEASE), ONLINE)
    assert plan is not None
    (manifest,) = TARGET.renders[Endpoint](plan)
    (document,) = manifest.documents
    return document


def alone(cluster: Cluster, document: Document, namespace: str) -> None:
    """Apply an InferenceService in a namespace of its own."""
    document["metadata"]["namespace"] = namespace
    account = {"name": document["spec"]["predictor"]["serviceAccountName"], "namespace": namespace}
    cluster.namespace(namespace)
    cluster.apply([{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account}, document])


TWO_PROCESSORS = changed(PLAIN, ('cpu: "1"', 'cpu: "2"'))


def test_who_asks_for_two_processors_is_not_held_to_the_runtimes_one(kserve_cluster: Cluster) -> None:
    alone(kserve_cluster, compiled(TWO_PROCESSORS), "two")
    template = deployment(kserve_cluster, "two", ONLINE)["spec"]["template"]
    (server,) = kserve_cluster.create(pod_of(template, "two"), "--dry-run=server")["spec"]["containers"]
    assert server["resources"]["requests"]["cpu"] == "2"


def test_without_a_limit_of_its_own_it_would_be_held_to_one(kserve_cluster: Cluster) -> None:
    without = compiled(TWO_PROCESSORS)
    del without["spec"]["predictor"]["model"]["resources"]["limits"]["cpu"]
    alone(kserve_cluster, without, "two-without-limit")
    complaint = "must be less than or equal to cpu limit of 1"
    kserve_cluster.until("a complaint", lambda: complaint in str(kserve_cluster.all("event", "two-without-limit")))
    assert kserve_cluster.all("deployment", "two-without-limit") == []


def test_where_pods_are_restricted_the_cluster_says_what_kserves_own_container_may_do(kserve_cluster: Cluster) -> None:
    """KServe's default says nothing of it."""
    alone(kserve_cluster, compiled(PLAIN), "restricted")
    pod = pod_of(deployment(kserve_cluster, "restricted", ONLINE)["spec"]["template"], "restricted")
    kserve_cluster.create(pod, "--dry-run=server")
    states_security(kserve_cluster, None)
    try:
        refusal = kserve_cluster.until("a refusal", lambda: refused(kserve_cluster, pod))
    finally:
        states_security(kserve_cluster, RESTRICTED)
    assert 'container "storage-initializer" must set' in refusal
    assert "kserve-container" not in refusal


def test_the_environments_image_stands_in_the_place_of_the_runtimes(kserve_cluster: Cluster) -> None:
    document = compiled(PLAIN)
    alone(kserve_cluster, document, "own-image")
    server = container(deployment(kserve_cluster, "own-image", ONLINE)["spec"]["template"])
    runtime = kserve_cluster.get("clusterservingruntime", "kserve-mlserver", "")
    assert server["image"] == document["spec"]["predictor"]["model"]["image"]
    assert server["image"] != runtime["spec"]["containers"][0]["image"]


def states_security(cluster: Cluster, security: Document | None) -> None:
    patch = json.dumps({"spec": {"container": {"securityContext": security}}})
    cluster.run("patch", "clusterstoragecontainer", "default", "--type=merge", "-p", patch)


def refused(cluster: Cluster, document: Document) -> str | None:
    """Why the API server would not create it; None where it would."""
    try:
        cluster.create(document, "--dry-run=server")
    except RefusedError as refusal:
        return str(refusal)
    return None

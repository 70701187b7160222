"""Endpoints as InferenceServices: accepted by KServe's CRD and webhook, and never two canaries at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lowering.rollouts import (
    BY_HAND,
    BY_REQUESTS,
    DIGEST,
    ENVIRONMENT,
    KNATIVE,
    ONLINE,
    PLAIN,
    PREVIOUS,
    RELEASE,
    ROLLOUT,
    changed,
    release,
    view,
)
from penstock.ir.serving import Endpoint
from penstock.lowering.endpoints.endpoint import endpoint
from penstock.targets.kserve.target import TARGET
from targets.crds import problems

FIXED = ("min: 3, max: 12", "min: 3, max: 3")


def plan(rollout: str = BY_HAND, environment: str = ENVIRONMENT, released: str = RELEASE) -> Endpoint:
    return endpoint(view(rollout, environment, released), ONLINE)


def service(rollout: str = BY_HAND, environment: str = ENVIRONMENT, released: str = RELEASE) -> dict[str, Any]:
    (manifest,) = TARGET.renders[Endpoint](plan(rollout, environment, released))
    (document,) = manifest.documents
    return document


def refused(endpoint: Endpoint) -> dict[str, str]:
    return {c.field: problem for c in TARGET.capabilities if (problem := c.problem(endpoint)) is not None}


VARIANTS = {
    "a release that is through": (BY_HAND, ENVIRONMENT, RELEASE),
    "a canary under way": (BY_HAND, ENVIRONMENT, release(step=1)),
    "a canary with all the traffic": (BY_HAND, ENVIRONMENT, release(step=2)),
    "no canary": (PLAIN, ENVIRONMENT, release()),
    "scaled by memory": (changed(PLAIN, ("metric: cpu", "metric: memory")), ENVIRONMENT, RELEASE),
    "scaled by requests": (changed(PLAIN, BY_REQUESTS), ENVIRONMENT, RELEASE),
    "not scaled": (changed(PLAIN, FIXED), ENVIRONMENT, RELEASE),
    "with a GPU": (changed(PLAIN, ("memory: 2Gi}", "memory: 2Gi, gpu: 1}")), ENVIRONMENT, RELEASE),
    "Knative": (changed(PLAIN, BY_REQUESTS), KNATIVE, RELEASE),
    "Knative, a canary under way": (changed(BY_HAND, BY_REQUESTS), KNATIVE, release(step=0)),
    "KServe's own server": (
        changed(PLAIN, ("target: kserve", "target: kserve\n    protocol: v1\n    format: sklearn")),
        ENVIRONMENT,
        RELEASE,
    ),
    "Triton": (changed(PLAIN, ("target: kserve", "target: kserve\n    format: onnx")), ENVIRONMENT, RELEASE),
    "a runtime of one's own": (
        changed(PLAIN, ("target: kserve", "target: kserve\n    runtime: ours")),
        ENVIRONMENT,
        RELEASE,
    ),
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_the_crd_takes_it(variant: tuple[str, str, str], shared_crds: Path) -> None:
    assert problems(service(*variant), shared_crds) == []


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_the_webhook_takes_it(variant: tuple[str, str, str]) -> None:
    assert webhook(service(*variant)) == []
    assert refused(plan(*variant)) == {}


def webhook(document: dict[str, Any]) -> list[str]:
    """The rules of KServe 0.20's admission webhook that its schema does not hold."""
    annotations, spec = document["metadata"]["annotations"], document["spec"]
    mode, scaler = annotations["serving.kserve.io/deploymentMode"], annotations.get("serving.kserve.io/autoscalerClass")
    stable = spec["predictor"]
    found = []
    if "name" in stable["model"]:
        found.append("the name of the stable model's container must not be set")
    if mode == "Standard" and "canaryTrafficPercent" in stable:
        found.append("canaryTrafficPercent is ignored in Standard mode")
    if mode == "Knative" and ({"canary", "deploymentStrategy"} & (set(spec) | set(stable))):
        found.append("canary and deploymentStrategy belong to Standard mode")
    if scaler == "keda" and "scaleMetric" in stable:
        found.append("scaleMetric is not supported for KEDA")
    metrics = stable.get("autoScaling", {}).get("metrics", ())
    if any(metric["external"]["target"].get("value") is None for metric in metrics):
        found.append("an external metric's target has a value")
    if mode == "Standard" and scaler == "hpa" and stable["scaleMetric"] not in ("cpu", "memory"):
        found.append("the HPA knows cpu and memory")
    names = {stable.get("name")}
    for canary in spec.get("canary", ()):
        predictor = canary["predictor"]
        if predictor["name"] in names:
            found.append("predictors have names of their own")
        names.add(predictor["name"])
        if predictor["model"]["name"] != "kserve-container":
            found.append("a canary's container is called kserve-container")
        if {"maxReplicas", "scaleTarget", "scaleMetric", "autoScaling", "workerSpec"} & set(predictor):
            found.append("a canary has a fixed number of copies")
        if predictor["minReplicas"] > stable["minReplicas"]:
            found.append("a canary has no more copies than the stable predictor")
    if sum(canary["trafficPercent"] for canary in spec.get("canary", ())) > 100:
        found.append("canaries take at most all of the traffic")
    return found


def test_a_canary_stands_beside_the_version_that_it_replaces() -> None:
    spec = service(released=release(step=1))["spec"]
    assert PREVIOUS.removeprefix("sha256:") in spec["predictor"]["model"]["storageUri"]
    (canary,) = spec["canary"]
    assert canary["trafficPercent"] == 25
    assert DIGEST.removeprefix("sha256:") in canary["predictor"]["model"]["storageUri"]
    assert canary["predictor"]["minReplicas"] == 1


def test_promotion_keeps_the_name_under_which_the_canarys_pods_run() -> None:
    before, after = service(released=release(step=2)), service(released=release())
    assert after["spec"]["predictor"]["name"] == before["spec"]["canary"][0]["predictor"]["name"]
    assert "canary" not in after["spec"]


def test_without_a_canary_one_deployment_is_updated_in_place() -> None:
    spec = service(PLAIN, released=release())["spec"]
    assert "name" not in spec["predictor"]
    assert spec["predictor"]["deploymentStrategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_knative_splits_by_revision_and_standard_by_predictor() -> None:
    knative = service(changed(BY_HAND, BY_REQUESTS), KNATIVE, release(step=0))["spec"]
    assert knative["predictor"]["canaryTrafficPercent"] == 5
    assert "canary" not in knative
    assert DIGEST.removeprefix("sha256:") in knative["predictor"]["model"]["storageUri"]


def test_knative_scales_by_the_target_that_is_written() -> None:
    """Its autoscaler aims at 70% of a target unless a revision says otherwise, so that 50 would have been 35."""
    wholly = "autoscaling.knative.dev/target-utilization-percentage"
    by_requests = changed(PLAIN, BY_REQUESTS)
    assert service(by_requests, KNATIVE)["metadata"]["annotations"][wholly] == "100"
    assert wholly not in service(by_requests)["metadata"]["annotations"]
    assert wholly not in service(changed(by_requests, FIXED), KNATIVE)["metadata"]["annotations"]


def test_a_model_is_pinned_to_its_digest() -> None:
    uri = service()["spec"]["predictor"]["model"]["storageUri"]
    assert uri == f"s3://models/production/flight-delay/{DIGEST.removeprefix('sha256:')}/model"


@pytest.mark.parametrize(
    ("choice", "runtime"),
    [
        ("format: mlflow", "kserve-mlserver"),
        ("format: sklearn", "kserve-mlserver"),
        ("format: xgboost\n    protocol: v1", "kserve-xgbserver"),
        ("format: lightgbm\n    protocol: v1", "kserve-lgbserver"),
        ("format: sklearn\n    protocol: v1", "kserve-sklearnserver"),
        ("format: onnx", "kserve-tritonserver"),
        ("format: mlflow\n    runtime: ours", "ours"),
    ],
)
def test_the_runtime_follows_from_format_and_protocol(choice: str, runtime: str) -> None:
    model = service(changed(PLAIN, ("target: kserve", f"target: kserve\n    {choice}")))["spec"]["predictor"]["model"]
    assert model["runtime"] == runtime


@pytest.mark.parametrize(
    ("asked", "request_", "limit"),
    [("2", "2", "4"), ("500m", "500m", "1"), ("750m", "750m", "1500m"), ("0.3", "300m", "1"), ("1.5", "1500m", "3")],
)
def test_no_runtime_limits_processors_below_what_is_asked_for(asked: str, request_: str, limit: str) -> None:
    """KServe merges limits, and its own runtimes limit processors to one."""
    rollout = changed(PLAIN, ('cpu: "1"', f'cpu: "{asked}"'))
    found = service(rollout)["spec"]["predictor"]["model"]["resources"]
    assert (found["requests"]["cpu"], found["limits"]["cpu"]) == (request_, limit)


def test_pods_run_as_the_restricted_standard_asks() -> None:
    predictor = service()["spec"]["predictor"]
    assert predictor["automountServiceAccountToken"] is False
    assert predictor["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert predictor["model"]["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert predictor["model"]["securityContext"]["readOnlyRootFilesystem"] is True


def test_in_knative_mode_the_container_states_what_the_pod_cannot() -> None:
    """Knative's webhook tries the pod out where a namespace is restricted, and the one of 1.21 said of these: must set
    securityContext.seccompProfile.type. A runtime of one's own need not say `runAsNonRoot` either."""
    predictor = service(changed(PLAIN, BY_REQUESTS), KNATIVE)["spec"]["predictor"]
    assert "securityContext" not in predictor
    assert predictor["model"]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


WITHOUT_KEDA = changed(ENVIRONMENT, ('  keda: {version: "2.20"}\n', ""))
OLD = changed(ENVIRONMENT, ('kserve: {version: "0.21"', 'kserve: {version: "0.20"'))
OLDER = changed(ENVIRONMENT, ('kserve: {version: "0.21"', 'kserve: {version: "0.19"'))
OLDEST = changed(ENVIRONMENT, ('kserve: {version: "0.21"', 'kserve: {version: "0.15"'))
ABORTING = "        - {weight: 100%}\n      abortOn: [{id: errors, errorRate: 1%}]\n"
MISTAKES = {
    "nothing waits for a hold": (ROLLOUT, ENVIRONMENT, RELEASE, "strategy.canary.steps.hold"),
    "nothing measures a canary": (
        changed(BY_HAND, ("        - {weight: 100%}\n", ABORTING)),
        ENVIRONMENT,
        RELEASE,
        "strategy.canary.abortOn",
    ),
    "0.20 divides no traffic in Standard mode": (BY_HAND, OLD, RELEASE, "strategy.canary"),
    "0.19 has no canary in Standard mode": (BY_HAND, OLDER, RELEASE, "strategy.canary"),
    "0.15 knows no mode of that name": (PLAIN, OLDEST, RELEASE, "environment.kserve.version"),
    "half a percent": (changed(BY_HAND, ("5%}", "0.5%}")), ENVIRONMENT, RELEASE, "strategy.canary.steps.weight"),
    "a step that there is not": (BY_HAND, ENVIRONMENT, release(step=3), "strategy.canary.steps"),
    "a canary of nothing": (BY_HAND, ENVIRONMENT, release(step=1, previous=None), "strategy.canary.steps"),
    "gRPC": (
        changed(PLAIN, ("target: kserve", "target: kserve\n    protocol: grpc-v2")),
        ENVIRONMENT,
        RELEASE,
        "serve.protocol",
    ),
    "no runtime for mlflow over v1": (
        changed(PLAIN, ("target: kserve", "target: kserve\n    protocol: v1")),
        ENVIRONMENT,
        RELEASE,
        "serve.protocol",
    ),
    "requests without KEDA": (changed(PLAIN, BY_REQUESTS), WITHOUT_KEDA, RELEASE, "serve.replicas.metric"),
    "concurrency in Standard mode": (
        changed(PLAIN, ("metric: cpu", "metric: concurrency")),
        ENVIRONMENT,
        RELEASE,
        "serve.replicas.metric",
    ),
    "a quarter of an hour in Knative mode": (
        changed(PLAIN, BY_REQUESTS, ("timeout: 5s", "timeout: 15m")),
        KNATIVE,
        RELEASE,
        "serve.timeout",
    ),
    "more seconds than a route may have": (
        changed(PLAIN, ("timeout: 5s", "timeout: 100000s")),
        ENVIRONMENT,
        RELEASE,
        "serve.timeout",
    ),
    "cpu in Knative mode": (PLAIN, KNATIVE, RELEASE, "serve.replicas.metric"),
    "more than the whole request": (
        changed(PLAIN, ("target: 70", "target: 140")),
        ENVIRONMENT,
        RELEASE,
        "serve.replicas.target",
    ),
    "more at least than at most": (changed(PLAIN, ("max: 12", "max: 2")), ENVIRONMENT, RELEASE, "serve.replicas"),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_what_kserve_would_ignore_or_refuse_is_a_problem(mistake: tuple[str, str, str, str]) -> None:
    *specs, field = mistake
    assert field in refused(plan(*specs))


@pytest.mark.parametrize("environment", [ENVIRONMENT, KNATIVE], ids=["Standard", "Knative"])
def test_the_server_has_the_libraries_that_models_are_saved_with(environment: str) -> None:
    """The MLServer that KServe brings loads no model of ours: its NumPy does not know what a newer one has pickled."""
    rollout = changed(PLAIN, BY_REQUESTS) if environment == KNATIVE else PLAIN
    model = service(rollout, environment)["spec"]["predictor"]["model"]
    assert (model["runtime"], model["image"]) == ("kserve-mlserver", f"registry.example/mlserver@{DIGEST}")


@pytest.mark.parametrize("timeout", ["5s", "30s", "15m"])
def test_a_server_that_answers_one_long_request_is_not_taken_for_dead(timeout: str) -> None:
    rollout = changed(PLAIN, ("timeout: 5s", f"timeout: {timeout}"))
    probe = service(rollout)["spec"]["predictor"]["model"]["livenessProbe"]
    assert (probe["failureThreshold"] - 1) * probe["periodSeconds"] > plan(rollout).timeout_seconds


def test_a_pod_that_leaves_answers_until_every_proxy_has_heard_of_it() -> None:
    predictor = service(BY_HAND)["spec"]["predictor"]
    waits = int(predictor["model"]["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert predictor["timeout"] + waits < predictor["terminationGracePeriodSeconds"]
    assert "lifecycle" not in service(changed(PLAIN, BY_REQUESTS), KNATIVE)["spec"]["predictor"]["model"], (
        "its proxy waits"
    )


def test_without_an_image_the_runtimes_own_serves() -> None:
    without = changed(ENVIRONMENT, (f"    server: registry.example/mlserver@{DIGEST}\n", ""))
    assert "image" not in service(PLAIN, without)["spec"]["predictor"]["model"]


def test_ten_minutes_are_not_too_long() -> None:
    """Knative's webhook: expected 0 <= 900 <= 600: spec.template.spec.timeoutSeconds (1.21)."""
    longest = changed(PLAIN, BY_REQUESTS, ("timeout: 5s", "timeout: 10m"))
    assert refused(plan(longest, KNATIVE)) == {}
    standard = changed(PLAIN, ("timeout: 5s", "timeout: 99999s"))
    assert refused(plan(standard)) == {}, "Standard mode has only the bound of the Gateway API"


@pytest.mark.parametrize(
    ("length", "rollout", "environment", "fits"),
    [
        (38, BY_HAND, ENVIRONMENT, True),
        (39, BY_HAND, ENVIRONMENT, False),
        (48, PLAIN, ENVIRONMENT, True),
        (49, PLAIN, ENVIRONMENT, False),
        (40, PLAIN, KNATIVE, False),
    ],
)
def test_a_name_leaves_room_for_what_kserve_adds(length: int, rollout: str, environment: str, fits: bool) -> None:
    name = "n" * length
    specs = view(changed(rollout, (ONLINE, name)), environment, changed(RELEASE, (ONLINE, name)))
    found = endpoint(specs, name)
    assert found is not None
    assert ("metadata.name" not in refused(found)) == fits


def test_a_sidecar_that_wants_certificates_lets_prometheus_read_metrics() -> None:
    """At its own port alone: where the server has no other than that for requests, certificates are asked for."""

    def uncaptured(rollout: str, environment: str) -> object:
        meshed = changed(environment, ("  prometheus:\n", "  istio: {mode: sidecar}\n  prometheus:\n"))
        annotations = service(rollout, meshed)["spec"]["predictor"].get("annotations", {})
        return annotations.get("traffic.sidecar.istio.io/excludeInboundPorts")

    assert uncaptured(BY_HAND, ENVIRONMENT) == "8082"
    assert uncaptured(changed(BY_HAND, BY_REQUESTS), KNATIVE) == "9091"
    own_server = changed(PLAIN, ("target: kserve", "target: kserve\n    protocol: v1\n    format: sklearn"))
    assert uncaptured(own_server, ENVIRONMENT) is None
    assert "annotations" not in service()["spec"]["predictor"]

"""Endpoints that release themselves: accepted by every CRD, with weights that one controller alone moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from promql_parser import parse

from lowering.rollouts import (
    BURNING,
    BY_ITSELF,
    BY_REQUESTS,
    DIGEST,
    ENVIRONMENT,
    ISTIO,
    ONLINE,
    PLAIN,
    RELEASE,
    changed,
    release,
    view,
)
from penstock.ir.serving import Endpoint
from penstock.lowering.endpoints.endpoint import endpoint
from penstock.runtime.artifacts import directory_digest
from penstock.runtime.main import main
from penstock.runtime.registry.store import ModelStore
from penstock.targets.argo_rollouts.target import TARGET
from targets.crds import problems

PLAIN_ARGO = changed(PLAIN, ("target: kserve", "target: argo-rollouts"))


def plan(rollout: str = BY_ITSELF, environment: str = ENVIRONMENT, released: str = RELEASE) -> Endpoint:
    return endpoint(view(rollout, environment, released), ONLINE)


def objects(rollout: str = BY_ITSELF, environment: str = ENVIRONMENT) -> dict[str, dict[str, Any]]:
    (manifest,) = TARGET.renders[Endpoint](plan(rollout, environment))
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in manifest.documents}


def refused(endpoint: Endpoint) -> dict[str, str]:
    return {c.field: problem for c in TARGET.capabilities if (problem := c.problem(endpoint)) is not None}


VARIANTS = {
    "a canary that is measured": (BY_ITSELF, ENVIRONMENT),
    "measured by Istio's series": (BY_ITSELF, ISTIO),
    "no canary": (PLAIN_ARGO, ENVIRONMENT),
    "scaled by requests": (changed(BY_ITSELF, BY_REQUESTS), ENVIRONMENT),
    "not scaled": (changed(BY_ITSELF, ("max: 12", "max: 3")), ENVIRONMENT),
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_every_object_is_taken_as_it_is(variant: tuple[str, str], shared_crds: Path) -> None:
    for name, document in objects(*variant).items():
        assert problems(document, shared_crds) == [], name
    assert refused(plan(*variant)) == {}


def test_traffic_is_routed_through_the_plugin_form() -> None:
    canary = objects()[f"Rollout/{ONLINE}"]["spec"]["strategy"]["canary"]
    assert list(canary["trafficRouting"]) == ["plugins"]
    assert canary["trafficRouting"]["plugins"]["argoproj-labs/gatewayAPI"] == {
        "httpRoute": ONLINE,
        "namespace": "ml-prod",
    }


def test_the_route_and_the_rollout_name_the_same_services() -> None:
    found = objects()
    canary = found[f"Rollout/{ONLINE}"]["spec"]["strategy"]["canary"]
    (rule,) = found[f"HTTPRoute/{ONLINE}"]["spec"]["rules"]
    assert [each["name"] for each in rule["backendRefs"]] == [canary["stableService"], canary["canaryService"]]
    assert [each["weight"] for each in rule["backendRefs"]] == [100, 0]
    assert canary["stableService"] != canary["canaryService"]
    assert {f"Service/{canary['stableService']}", f"Service/{canary['canaryService']}"} <= set(found)


def test_the_selector_picks_the_pods_of_the_template() -> None:
    spec = objects()[f"Rollout/{ONLINE}"]["spec"]
    assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()


def judged(held: str) -> dict[str, Any]:
    args = [
        {"name": "canary-hash", "valueFrom": {"podTemplateHashValue": "Latest"}},
        {"name": "window", "value": held},
    ]
    return {"analysis": {"templates": [{"templateName": f"{ONLINE}-canary-step"}], "args": args}}


def test_steps_set_a_weight_and_wait_and_are_judged_by_what_they_have_seen() -> None:
    steps = objects()[f"Rollout/{ONLINE}"]["spec"]["strategy"]["canary"]["steps"]
    assert steps == [
        {"setWeight": 5},
        {"pause": {"duration": "30m"}},
        judged("30m"),
        {"setWeight": 25},
        {"pause": {"duration": "2h"}},
        judged("2h"),
        {"setWeight": 100},
    ]


def test_a_step_without_a_time_waits_for_a_person_who_judges_it() -> None:
    waiting = objects(changed(BY_ITSELF, (", hold: 30m", "")))
    steps = waiting[f"Rollout/{ONLINE}"]["spec"]["strategy"]["canary"]["steps"]
    assert steps[:3] == [{"setWeight": 5}, {"pause": {}}, {"setWeight": 25}]
    by_hand = objects(changed(BY_ITSELF, (", hold: 30m", ""), (", hold: 2h", "")))
    assert f"AnalysisTemplate/{ONLINE}-canary" in by_hand
    assert f"AnalysisTemplate/{ONLINE}-canary-step" not in by_hand


def test_without_conditions_nothing_is_judged() -> None:
    begin, end = BY_ITSELF.index("      abortOn:"), BY_ITSELF.index("  slos:")
    canary = objects(changed(BY_ITSELF, (BY_ITSELF[begin:end], "")))[f"Rollout/{ONLINE}"]["spec"]["strategy"]["canary"]
    assert canary["steps"][:3] == [{"setWeight": 5}, {"pause": {"duration": "30m"}}, {"setWeight": 25}]
    assert "analysis" not in canary


def test_a_sidecar_that_wants_certificates_lets_prometheus_read_metrics() -> None:
    """Prometheus is not in the mesh; without its figures every step of a canary would wait for a person."""

    def annotations(istio: str) -> object:
        environment = changed(ENVIRONMENT, ("  prometheus:\n", f"  istio: {istio}\n  prometheus:\n"))
        return objects(BY_ITSELF, environment)[f"Rollout/{ONLINE}"]["spec"]["template"]["metadata"].get("annotations")

    assert annotations("{mode: sidecar}") == {"traffic.sidecar.istio.io/excludeInboundPorts": "8082"}
    assert annotations("{mode: ambient}") is None
    assert "annotations" not in objects()[f"Rollout/{ONLINE}"]["spec"]["template"]["metadata"]


def test_another_owner_is_no_other_version() -> None:
    """The controller starts a canary when the template differs; other labels it writes to the pods that run."""
    assert "owner: flight-ml" in BY_ITSELF
    ours = objects()[f"Rollout/{ONLINE}"]["spec"]
    theirs = objects(BY_ITSELF.replace("owner: flight-ml", "owner: flight-ops"))[f"Rollout/{ONLINE}"]["spec"]
    assert ours["template"] == theirs["template"]
    for spec, owner in ((ours, "flight-ml"), (theirs, "flight-ops")):
        for metadata in ("canaryMetadata", "stableMetadata"):
            assert spec["strategy"]["canary"][metadata] == {"labels": {"penstock/owner": owner}}


def test_going_back_skips_no_step() -> None:
    """A `rollbackWindow` holds for versions that were aborted too, whose steps would then be skipped; and it sends all
    requests to the first copy that is ready (argoproj/argo-rollouts#3941)."""
    for rollout in (BY_ITSELF, PLAIN_ARGO):
        assert "rollbackWindow" not in objects(rollout)[f"Rollout/{ONLINE}"]["spec"]


def test_no_number_of_copies_where_something_scales_them() -> None:
    assert "replicas" not in objects()[f"Rollout/{ONLINE}"]["spec"]
    fixed = objects(changed(BY_ITSELF, ("max: 12", "max: 3")))
    assert fixed[f"Rollout/{ONLINE}"]["spec"]["replicas"] == 3
    assert not any(name.startswith(("HorizontalPodAutoscaler", "ScaledObject")) for name in fixed)


def test_the_model_is_fetched_by_digest_before_the_server_starts() -> None:
    pod = objects()[f"Rollout/{ONLINE}"]["spec"]["template"]["spec"]
    (fetch,), (server,) = pod["initContainers"], pod["containers"]
    assert fetch["args"][fetch["args"].index("--digest") + 1] == DIGEST
    assert "@sha256:" in fetch["image"]
    assert "@sha256:" in server["image"]
    shared = {mount["name"] for mount in fetch["volumeMounts"]} & {mount["name"] for mount in server["volumeMounts"]}
    assert "model" in shared
    env = {each["name"]: each["value"] for each in server["env"]}
    assert env["MLSERVER_PARALLEL_WORKERS"] == "0"
    assert env["MLSERVER_MODEL_NAME"] == ONLINE


def test_the_command_that_fetches_puts_the_model_where_the_server_looks(tmp_path: Path) -> None:
    """The contract with the runtime, by running it: nothing but the mounts of the container can be written."""
    model, store, mount = tmp_path / "made", tmp_path / "store", tmp_path / "mount"
    for folder in (model, store, mount):
        folder.mkdir()
    (model / "MLmodel").write_text("flavors: {}\n", encoding="utf-8")
    digest = directory_digest(model)
    ModelStore.open(store.as_uri()).put("flight-delay", digest, {"model": model})
    environment = changed(ENVIRONMENT, ("s3://models/production", store.as_uri()))
    (manifest,) = TARGET.renders[Endpoint](plan(BY_ITSELF, environment, changed(RELEASE, (DIGEST, digest))))
    (rollout,) = [one for one in manifest.documents if one["kind"] == "Rollout"]
    pod = rollout["spec"]["template"]["spec"]
    (fetch,), (server,) = pod["initContainers"], pod["containers"]
    (writable,) = [one["mountPath"] for one in fetch["volumeMounts"] if one["name"] == "model"]
    target = fetch["args"][fetch["args"].index("--target") + 1]
    assert Path(target).parent == Path(writable), "files appear beside the target first, and a mount cannot be replaced"
    arguments = [argument.replace(writable, str(mount)) for argument in fetch["args"]]
    assert main([*fetch["command"][1:], *arguments]) == 0
    (uri,) = [each["value"] for each in server["env"] if each["name"] == "MLSERVER_MODEL_URI"]
    assert directory_digest(Path(uri.replace(writable, str(mount)))) == digest


@pytest.mark.parametrize(("timeout", "failures"), [("5s", 3), ("30s", 5), ("10m", 62)])
def test_a_server_that_answers_one_long_request_is_not_taken_for_dead(timeout: str, failures: int) -> None:
    """MLServer computes it in the loop that answers probes, so that none of them is answered meanwhile."""
    rollout = changed(BY_ITSELF, ("timeout: 5s", f"timeout: {timeout}"))
    (server,) = objects(rollout)[f"Rollout/{ONLINE}"]["spec"]["template"]["spec"]["containers"]
    probe = server["livenessProbe"]
    assert probe["failureThreshold"] == failures
    assert (failures - 1) * probe["periodSeconds"] > plan(rollout).timeout_seconds


@pytest.mark.parametrize(
    ("timeout", "written"),
    [("5s", "5s"), ("90s", "1m30s"), ("1h", "1h"), ("100000s", "27h46m40s"), ("99999h59m59s", "99999h59m59s")],
)
def test_a_route_has_its_timeout_in_units_that_the_gateway_api_takes(
    timeout: str, written: str, shared_crds: Path
) -> None:
    rollout = changed(BY_ITSELF, ("timeout: 5s", f"timeout: {timeout}"))
    route = objects(rollout)[f"HTTPRoute/{ONLINE}"]
    assert route["spec"]["rules"][0]["timeouts"]["request"] == written
    assert problems(route, shared_crds) == []
    assert refused(plan(rollout)) == {}


def test_a_model_may_fill_as_much_of_a_disk_as_it_may_of_memory() -> None:
    def limit(rollout: str) -> object:
        volumes = objects(rollout)[f"Rollout/{ONLINE}"]["spec"]["template"]["spec"]["volumes"]
        return {each["name"]: each["emptyDir"].get("sizeLimit") for each in volumes}["model"]

    assert limit(BY_ITSELF) == "2Gi"
    assert limit(changed(BY_ITSELF, ("memory: 2Gi", "memory: 8Gi"))) == "8Gi"
    assert limit(changed(BY_ITSELF, ("memory: 2Gi", "memory: 2Gi, gpu: 1"))) is None, "weights go to the GPU's memory"


def test_keda_gets_text_and_a_share_for_each_copy() -> None:
    (trigger,) = objects(changed(BY_ITSELF, BY_REQUESTS))[f"ScaledObject/{ONLINE}"]["spec"]["triggers"]
    assert all(isinstance(value, str) for value in trigger["metadata"].values())
    assert trigger["metricType"] == "AverageValue"
    assert trigger["metadata"]["threshold"] == "50"
    parse(trigger["metadata"]["query"])


def test_a_prometheus_that_has_lost_the_pods_does_not_take_their_copies_away() -> None:
    """To KEDA an empty answer is zero unless it is told otherwise; then it is an error, "target may be lost"."""
    (trigger,) = objects(changed(BY_ITSELF, BY_REQUESTS))[f"ScaledObject/{ONLINE}"]["spec"]["triggers"]
    assert trigger["metadata"]["ignoreNullValues"] == "false"


def test_keda_is_told_nothing_that_it_warns_of() -> None:
    """The webhook of KEDA 2.20 says of both, where a copy stays at least: configured but is not relevant."""
    spec = objects(changed(BY_ITSELF, BY_REQUESTS))[f"ScaledObject/{ONLINE}"]["spec"]
    assert spec["minReplicaCount"] > 0
    assert not {"pollingInterval", "cooldownPeriod"} & set(spec)


@pytest.mark.parametrize(
    ("version", "fallback"),
    [
        ("2.20", {"failureThreshold": 3, "replicas": 3, "behavior": "currentReplicasIfHigher"}),
        ("2.18", {"failureThreshold": 3, "replicas": 3, "behavior": "currentReplicasIfHigher"}),
        ("2.17", None),
        ("2.9", None),
    ],
)
def test_only_a_keda_that_can_is_told_how_to_do_without_prometheus(version: str, fallback: object) -> None:
    """`behavior` is new in 2.17 (kedacore/keda#6450), whose operator crashes over it for anything but a Deployment or a
    StatefulSet (kedacore/keda#6992)."""
    environment = changed(ENVIRONMENT, ('keda: {version: "2.20"}', f'keda: {{version: "{version}"}}'))
    spec = objects(changed(BY_ITSELF, BY_REQUESTS), environment)[f"ScaledObject/{ONLINE}"]["spec"]
    assert spec.get("fallback") == fallback


def test_without_a_canary_a_version_takes_over_when_all_its_copies_are_there() -> None:
    found = objects(PLAIN_ARGO)
    canary = found[f"Rollout/{ONLINE}"]["spec"]["strategy"]["canary"]
    assert canary["steps"] == [{"setWeight": 100}]
    assert "analysis" not in canary
    assert f"AnalysisTemplate/{ONLINE}-canary" not in found


SERVE = "target: argo-rollouts"
MISTAKES = {
    "no image": (BY_ITSELF, ENVIRONMENT.replace("    server:", "    #"), RELEASE, "serve.image"),
    "no traffic plugins": (
        BY_ITSELF,
        changed(ENVIRONMENT, ('version: "1.9"', 'version: "1.4"')),
        RELEASE,
        "environment.argoRollouts.version",
    ),
    "a runtime of KServe's": (
        changed(BY_ITSELF, (SERVE, f"{SERVE}\n    runtime: ours")),
        ENVIRONMENT,
        RELEASE,
        "serve.runtime",
    ),
    "a format that MLServer does not load": (
        changed(BY_ITSELF, (SERVE, f"{SERVE}\n    format: onnx")),
        ENVIRONMENT,
        RELEASE,
        "serve.format",
    ),
    "v1": (changed(BY_ITSELF, (SERVE, f"{SERVE}\n    protocol: v1")), ENVIRONMENT, RELEASE, "serve.protocol"),
    "concurrency": (
        changed(BY_ITSELF, ("metric: cpu", "metric: concurrency")),
        ENVIRONMENT,
        RELEASE,
        "serve.replicas.metric",
    ),
    "requests without KEDA": (
        changed(BY_ITSELF, BY_REQUESTS),
        changed(ENVIRONMENT, ('  keda: {version: "2.20"}\n', "")),
        RELEASE,
        "serve.replicas.metric",
    ),
    "more at least than at most": (changed(BY_ITSELF, ("max: 12", "max: 2")), ENVIRONMENT, RELEASE, "serve.replicas"),
    "a step in the Release": (BY_ITSELF, ENVIRONMENT, release(step=1), "strategy.canary.steps"),
    "half a percent": (
        changed(BY_ITSELF, ("weight: 5%", "weight: 0.5%")),
        ENVIRONMENT,
        RELEASE,
        "strategy.canary.steps.weight",
    ),
    "a percentile that is never reached": (
        changed(BY_ITSELF, ("above: 100ms}}", "above: 10s}}")),
        ENVIRONMENT,
        RELEASE,
        "strategy.canary.abortOn",
    ),
    "a burn rate of late answers that no bucket tells apart": (
        changed(
            BURNING,
            ("below: 100ms", "below: 120ms"),
            ("{id: budget, burnRate: {above: 14.4}}", "{id: e, errorRate: 1%}"),
        ),
        ENVIRONMENT,
        RELEASE,
        "strategy.canary.abortOn",
    ),
    "a timeout of more hours than a route may have": (
        changed(BY_ITSELF, ("timeout: 5s", "timeout: 100000h")),
        ENVIRONMENT,
        RELEASE,
        "serve.timeout",
    ),
    "a host name longer than any": (
        BY_ITSELF,
        changed(ENVIRONMENT, ("domain: models.example.com", f"domain: {'.'.join(['d' * 60] * 4)}")),
        RELEASE,
        "environment.argoRollouts.domain",
    ),
    "a bound for the stable version": (
        changed(BY_ITSELF, ('avg(doubt{revision="$canary"})', 'avg(doubt{revision=~"$canary|$stable"})')),
        ENVIRONMENT,
        RELEASE,
        "strategy.canary.abortOn",
    ),
    "a query over all pods": (
        changed(BY_ITSELF, ('revision="$canary"', "")),
        ENVIRONMENT,
        RELEASE,
        "strategy.canary.abortOn",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_what_argo_rollouts_would_ignore_or_cannot_do_is_a_problem(mistake: tuple[str, str, str, str]) -> None:
    *specs, field = mistake
    assert field in refused(plan(*specs))


def test_a_name_that_no_service_may_have_is_a_problem() -> None:
    assert "starts with a digit" in refused(plan()._replace(name="2nd-delay"))["metadata.name"]
    assert refused(plan()._replace(name="d" * 50)) == {}, "the longest name of a spec"

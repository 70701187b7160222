"""Identity, budget and network policy of an endpoint's pods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lowering.rollouts import (
    BY_HAND,
    BY_ITSELF,
    ENVIRONMENT,
    KNATIVE,
    ONLINE,
    PLAIN,
    ROLLOUT,
    changed,
    view,
    with_egress,
)
from penstock.capabilities import capability_problems
from penstock.catalog.model import SpecId
from penstock.diagnostics.model import Diagnostic
from penstock.ir.serving import AccessRule
from penstock.lowering.endpoints.access import access_rule
from penstock.targets.kubernetes.target import TARGET
from targets.crds import problems

CALLERS = ROLLOUT[ROLLOUT.index("    callers:") :]
NOBODY = changed(BY_HAND, (CALLERS, "    callers: []\n"))
OPEN = changed(BY_HAND, ("  access:\n" + CALLERS, ""))
LOCAL = changed(ENVIRONMENT, ("s3://models/production", "file:///models"))


def objects(rollout: str = BY_HAND, environment: str = ENVIRONMENT) -> dict[str, dict[str, Any]]:
    (manifest,) = TARGET.renders[AccessRule](access_rule(view(rollout, environment), ONLINE))
    return {document["kind"]: document for document in manifest.documents}


def policy(rollout: str = BY_HAND, environment: str = ENVIRONMENT) -> dict[str, Any]:
    spec: dict[str, Any] = objects(rollout, environment)["NetworkPolicy"]["spec"]
    return spec


def namespaces(peers: list[dict[str, Any]]) -> list[str]:
    return [peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in peers]


@pytest.mark.parametrize("rollout", [BY_HAND, BY_ITSELF, NOBODY, OPEN], ids=["kserve", "argo", "nobody", "open"])
@pytest.mark.parametrize(
    "environment",
    [
        ENVIRONMENT,
        KNATIVE,
        LOCAL,
        changed(ENVIRONMENT, ("  prometheus:\n", "  istio: {}\n  prometheus:\n")),
        changed(ENVIRONMENT, ("  prometheus:\n", "  istio: {mode: ambient}\n  prometheus:\n")),
        changed(ENVIRONMENT, ("  prometheus:\n", "  egress: {store: {namespace: minio}}\n  prometheus:\n")),
        changed(
            ENVIRONMENT,
            ("  prometheus:\n", "  egress: {store: {cidrs: [10.0.0.0/8, '::/0']}, credentials: gke}\n  prometheus:\n"),
        ),
        changed(ENVIRONMENT, ("  prometheus:\n", "  egress: {credentials: eks}\n  prometheus:\n")),
    ],
    ids=["standard", "knative", "local", "sidecars", "ambient", "minio", "gke", "eks"],
)
def test_kubernetes_takes_every_object_as_it_is(rollout: str, environment: str, shared_crds: Path) -> None:
    for kind, document in objects(rollout, environment).items():
        assert problems(document, shared_crds) == [], kind


def test_pods_have_an_account_that_cannot_talk_to_the_cluster() -> None:
    account = objects()["ServiceAccount"]
    assert account["metadata"]["name"] == ONLINE
    assert account["automountServiceAccountToken"] is False


def test_one_pod_at_a_time_may_be_evicted() -> None:
    budget = objects()["PodDisruptionBudget"]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == {"matchLabels": {"serving.kserve.io/inferenceservice": ONLINE}}


def test_callers_come_by_namespace_and_labels() -> None:
    requests = policy(PLAIN)["ingress"][0]
    assert namespaces(requests["from"]) == ["boarding", "desk"]
    assert requests["from"][0]["podSelector"] == {"matchLabels": {"app": "gate"}}
    assert "podSelector" not in requests["from"][1]
    assert requests["ports"] == [{"protocol": "TCP", "port": 8080}]


def mesh(mode: str) -> str:
    return changed(ENVIRONMENT, ("  prometheus:\n", f"  istio: {{mode: {mode}, namespace: mesh}}\n  prometheus:\n"))


def ports(rule: dict[str, Any]) -> list[int]:
    return [port["port"] for port in rule["ports"]]


def test_a_sidecar_reaches_its_control_plane_and_shows_merged_metrics() -> None:
    spec = policy(PLAIN, mesh("sidecar"))
    requests, metrics = spec["ingress"]
    assert (ports(requests), ports(metrics)) == ([8080, 15008], [8082, 15020])
    assert namespaces(spec["egress"][-1]["to"]) == ["mesh"]
    assert ports(spec["egress"][-1]) == [15012]
    assert spec["egress"][:-1] == policy(PLAIN)["egress"]


def test_an_ambient_mesh_comes_by_its_tunnel_and_is_probed_from_its_node() -> None:
    spec = policy(PLAIN, mesh("ambient"))
    requests, metrics, probes = spec["ingress"]
    assert (ports(requests), ports(metrics)) == ([8080, 15008], [8082])
    assert probes == {"from": [{"ipBlock": {"cidr": "169.254.7.127/32"}}]}
    assert spec["egress"] == policy(PLAIN)["egress"]


def test_metrics_are_open_to_monitoring_alone() -> None:
    assert policy()["ingress"][1] == {
        "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
        "ports": [{"protocol": "TCP", "port": 8082}],
    }


def test_no_caller_means_the_own_namespace_and_no_access_means_no_policy() -> None:
    assert namespaces(policy(changed(PLAIN, (CALLERS, "    callers: []\n")))["ingress"][0]["from"]) == ["ml-prod"]
    assert "NetworkPolicy" not in objects(OPEN)


def test_requests_may_come_through_the_gateway_and_through_knative() -> None:
    assert namespaces(policy(BY_ITSELF)["ingress"][0]["from"])[-1] == "gateways"
    knative = policy(BY_HAND, KNATIVE)["ingress"][0]
    assert namespaces(knative["from"])[-1] == "knative-serving"
    assert 8012 in [port["port"] for port in knative["ports"]]


def test_a_canary_of_kserve_is_reached_through_the_pods_of_its_gateway() -> None:
    assert namespaces(policy(BY_HAND)["ingress"][0]["from"]) == ["boarding", "desk", "proxies"]
    assert namespaces(policy(NOBODY)["ingress"][0]["from"]) == ["ml-prod", "proxies"]


def test_gateways_whose_pods_run_elsewhere_are_let_in_from_there() -> None:
    elsewhere = changed(
        ENVIRONMENT, ("gateway: gateways/public,", "gateway: gateways/public, gatewayNamespace: envoy,")
    )
    assert namespaces(policy(BY_ITSELF, elsewhere)["ingress"][0]["from"])[-1] == "envoy"


def asked(rollout: str, environment: str) -> list[Diagnostic]:
    """What plain Kubernetes says of the access rule."""
    over = view(rollout, environment)
    return list(capability_problems(over, SpecId("Rollout", ONLINE), access_rule(over, ONLINE)))


def test_a_canary_behind_a_gateway_of_unknown_pods_is_a_mistake() -> None:
    """KServe splits traffic in the gateway: shut out, it would take all requests away from the canary."""
    unknown = changed(ENVIRONMENT, (", gatewayNamespace: proxies", ""))
    (found,) = asked(BY_HAND, unknown)
    assert found.code == "ignored-field"
    assert "`access`" in found.headline
    assert found.help == ("use `kserve.gatewayNamespace` in the Environment",)
    for fine in (PLAIN, OPEN, BY_ITSELF):
        assert asked(fine, unknown) == []
    assert asked(BY_HAND, KNATIVE) == asked(BY_HAND, ENVIRONMENT) == []


# Of all clouds, of Alibaba, and over IPv6 of Amazon and Google: where a machine's own credentials are given out.
CREDENTIALS = ["169.254.169.254/32", "100.100.100.200/32"]
CREDENTIALS_V6 = ["fd00:ec2::254/128", "fd20:ce::254/128"]


def test_pods_reach_names_and_the_model_store_and_never_the_clouds_metadata() -> None:
    names, store = policy()["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert store["ports"] == [{"protocol": "TCP", "port": 443}]
    assert [block["ipBlock"]["except"] for block in store["to"]] == [CREDENTIALS, CREDENTIALS_V6]
    assert policy(BY_HAND, LOCAL)["egress"] == [names]


def test_a_store_in_the_cluster_is_reached_there_and_nothing_else_is() -> None:
    names, store = policy(BY_HAND, with_egress("{store: {namespace: minio, port: 9000}}"))["egress"]
    assert names == policy()["egress"][0]
    assert namespaces(store["to"]) == ["minio"]
    assert ports(store) == [9000]


def test_an_ambient_mesh_takes_requests_to_a_store_in_the_cluster_by_its_tunnel() -> None:
    environment = with_egress("{store: {namespace: minio, port: 9000}}", mesh("ambient"))
    assert ports(policy(PLAIN, environment)["egress"][1]) == [9000, 15008]


def test_a_store_elsewhere_is_reached_at_its_addresses() -> None:
    (_, store) = policy(BY_HAND, with_egress("{store: {cidrs: [10.20.0.0/16, 0.0.0.0/0], port: 8333}}"))["egress"]
    assert store["to"] == [
        {"ipBlock": {"cidr": "10.20.0.0/16"}},
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": CREDENTIALS}},
    ]
    assert ports(store) == [8333]


def test_a_port_alone_leaves_the_addresses_open_but_for_the_clouds_metadata() -> None:
    (_, store) = policy(BY_HAND, with_egress("{store: {port: 9000}}"))["egress"]
    assert store["to"] == policy()["egress"][1]["to"]
    assert ports(store) == [9000]


def opened(credentials: str) -> list[tuple[str, int]]:
    """The addresses and ports that credentials add to the policy."""
    added = policy(BY_HAND, with_egress(f"{{credentials: {credentials}}}"))["egress"]
    assert added[:2] == policy()["egress"]
    return [(peer["ipBlock"]["cidr"], port) for rule in added[2:] for peer in rule["to"] for port in ports(rule)]


def test_an_identity_of_a_cloud_opens_what_gives_it_out_and_no_more() -> None:
    assert opened("none") == []
    assert opened("gke") == [("169.254.169.254/32", 80), ("169.254.169.252/32", 988)]
    assert opened("eks") == [("169.254.170.23/32", 80), ("fd00:ec2::23/128", 80)]


def test_egress_to_a_store_on_a_disk_is_a_mistake() -> None:
    assert asked(PLAIN, with_egress("{}", LOCAL)) == []
    (found,) = asked(PLAIN, with_egress("{credentials: gke}", LOCAL))
    assert found.code == "ignored-field"
    assert "`environment.egress`" in found.headline

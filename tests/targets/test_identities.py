"""A cloud's identity of the pods that serve: where each cloud looks for it, what it opens and what would shut it."""

from __future__ import annotations

import re
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
    changed,
    release,
    view,
    with_egress,
)
from penstock.capabilities import capability_problems
from penstock.catalog.model import SpecId
from penstock.diagnostics.model import Diagnostic
from penstock.ir.serving import AccessRule, Endpoint
from penstock.lowering.endpoints.access import access_rule
from penstock.lowering.endpoints.endpoint import endpoint
from penstock.specs.kubernetes import AWS_ROLE_PATTERN, AZURE_CLIENT_PATTERN, GCP_ACCOUNT_PATTERN
from penstock.targets.argo_rollouts.target import TARGET as ARGO_ROLLOUTS
from penstock.targets.kserve.target import TARGET as KSERVE
from penstock.targets.kubernetes.target import TARGET as KUBERNETES
from targets.crds import problems

AWS = "arn:aws:iam::111122223333:role/models/flight-delay-reader"
GCP = "flight-delay-reader@example-project.iam.gserviceaccount.com"
AZURE = "11111111-2222-3333-4444-555555555555"
IDENTITIES = {"aws": AWS, "gcp": GCP, "azure": AZURE}
CALLERS = "  access:\n" + PLAIN[PLAIN.index("    callers:") :]
USE = {"azure.workload.identity/use": "true"}


def of(cloud: str, rollout: str = PLAIN) -> str:
    return changed(rollout, ("  serve:\n", f"  identity: {{{cloud}: '{IDENTITIES[cloud]}'}}\n  serve:\n"))


def objects(rollout: str, environment: str = ENVIRONMENT, released: str | None = None) -> dict[str, dict[str, Any]]:
    over = view(rollout, environment, released or release())
    plan = endpoint(over, ONLINE)
    serving = KSERVE if plan.target == "kserve" else ARGO_ROLLOUTS
    made = [*KUBERNETES.renders[AccessRule](access_rule(over, ONLINE)), *serving.renders[Endpoint](plan)]
    return {document["kind"]: document for manifest in made for document in manifest.documents}


def asked(rollout: str, environment: str = ENVIRONMENT) -> list[Diagnostic]:
    over = view(rollout, environment)
    return list(capability_problems(over, SpecId("Rollout", ONLINE), access_rule(over, ONLINE)))


@pytest.mark.parametrize("rollout", [PLAIN, BY_HAND, BY_ITSELF], ids=["kserve", "canary", "argo"])
@pytest.mark.parametrize("environment", [ENVIRONMENT, KNATIVE], ids=["standard", "knative"])
@pytest.mark.parametrize("cloud", IDENTITIES)
def test_every_object_is_taken_as_it_is(cloud: str, environment: str, rollout: str, shared_crds: Path) -> None:
    for kind, document in objects(of(cloud, rollout), environment).items():
        assert problems(document, shared_crds) == [], kind


@pytest.mark.parametrize(
    ("cloud", "annotation"),
    [
        ("aws", "eks.amazonaws.com/role-arn"),
        ("gcp", "iam.gke.io/gcp-service-account"),
        ("azure", "azure.workload.identity/client-id"),
    ],
)
def test_the_account_says_whom_its_pods_are_to_the_cloud(cloud: str, annotation: str) -> None:
    account = objects(of(cloud))["ServiceAccount"]
    assert account["metadata"]["annotations"] == {annotation: IDENTITIES[cloud]}
    assert account["automountServiceAccountToken"] is False


def test_nobody_is_anybody_to_a_cloud_without_being_named() -> None:
    found = objects(PLAIN)
    assert "annotations" not in found["ServiceAccount"]["metadata"]
    assert USE.items().isdisjoint(found["InferenceService"]["spec"]["predictor"]["labels"].items())


def test_azure_asks_for_a_label_of_the_pods_too_and_the_others_do_not() -> None:
    predictor = objects(of("azure"))["InferenceService"]["spec"]["predictor"]
    assert predictor["labels"].items() >= USE.items()
    template = objects(of("azure", BY_ITSELF))["Rollout"]["spec"]["template"]
    assert template["metadata"]["labels"].items() >= USE.items()
    for cloud in ("aws", "gcp"):
        assert "azure" not in str(objects(of(cloud))) + str(objects(of(cloud, BY_ITSELF)))


def test_a_canary_of_kserve_has_the_label_whatever_it_inherits() -> None:
    spec = objects(of("azure", BY_HAND), released=release(step=0))["InferenceService"]["spec"]
    for predictor in (spec["predictor"], spec["canary"][0]["predictor"]):
        assert predictor["labels"].items() >= USE.items()


def test_a_label_of_ones_own_does_not_take_the_identity_away() -> None:
    own = ('labels: {cost-centre: "4711"}', 'labels: {azure.workload.identity/use: "false"}')
    predictor = objects(changed(of("azure"), own))["InferenceService"]["spec"]["predictor"]
    assert predictor["labels"].items() >= USE.items()
    template = objects(changed(of("azure", BY_ITSELF), own))["Rollout"]["spec"]["template"]
    assert template["metadata"]["labels"].items() >= USE.items()


def egress(rollout: str, environment: str = ENVIRONMENT) -> list[Any]:
    found: list[Any] = objects(rollout, environment)["NetworkPolicy"]["spec"]["egress"]
    return found


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_where_the_store_may_be_anywhere_tokens_are_exchanged_without_more(cloud: str) -> None:
    assert asked(of(cloud)) == []
    assert egress(of(cloud)) == egress(PLAIN)


@pytest.mark.parametrize("cloud", ["aws", "azure"])
@pytest.mark.parametrize("store", ["{cidrs: [10.20.0.0/16]}", "{namespace: minio}", "{port: 9000}"])
def test_where_the_store_alone_is_open_the_place_of_the_exchange_has_to_be_named(cloud: str, store: str) -> None:
    (found,) = asked(of(cloud), with_egress(f"{{store: {store}}}"))
    assert found.code == "ignored-field"
    assert "`identity`" in found.headline
    assert "`egress.tokens`" in found.help[0]
    named = with_egress(f"{{store: {store}, tokens: [10.30.0.0/28]}}")
    assert asked(of(cloud), named) == []
    *before, added = egress(of(cloud), named)
    assert before == egress(PLAIN, with_egress(f"{{store: {store}}}"))
    assert added == {"to": [{"ipBlock": {"cidr": "10.30.0.0/28"}}], "ports": [{"protocol": "TCP", "port": 443}]}


def test_the_place_of_the_exchange_is_open_to_none_who_exchange_nothing() -> None:
    named = with_egress("{store: {cidrs: [10.20.0.0/16]}, tokens: [10.30.0.0/28], credentials: gke}")
    without = with_egress("{store: {cidrs: [10.20.0.0/16]}, credentials: gke}")
    for rollout in (PLAIN, of("gcp")):
        assert egress(rollout, named) == egress(PLAIN, without)


def test_gkes_metadata_server_is_for_the_environment_to_open_and_for_no_rollout() -> None:
    (found,) = asked(of("gcp"))
    assert "`identity`" in found.headline
    assert "`egress.credentials: gke`" in found.help[0]
    assert asked(of("gcp"), with_egress("{credentials: gke}")) == []
    assert egress(of("gcp")) == egress(PLAIN)


@pytest.mark.parametrize("cloud", IDENTITIES)
def test_no_network_policy_shuts_nothing(cloud: str) -> None:
    open_to_all = changed(of(cloud), (CALLERS, ""))
    assert asked(open_to_all, with_egress("{store: {namespace: minio}}")) == []


@pytest.mark.parametrize("cloud", IDENTITIES)
def test_an_identity_of_pods_that_reach_nothing_is_a_mistake(cloud: str) -> None:
    local = changed(ENVIRONMENT, ("s3://models/production", "file:///models"))
    (found,) = asked(of(cloud), local)
    assert "`identity`" in found.headline
    assert found.primary is not None
    assert "from a disk" in found.primary.message


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (AWS_ROLE_PATTERN, AWS),
        (AWS_ROLE_PATTERN, "arn:aws-us-gov:iam::111122223333:role/reader"),
        (AWS_ROLE_PATTERN, "arn:aws-iso-b:iam::111122223333:role/a/b/reader_1+=,.@-"),
        (GCP_ACCOUNT_PATTERN, GCP),
        (GCP_ACCOUNT_PATTERN, "reader@project-1.example.com.iam.gserviceaccount.com"),
        (AZURE_CLIENT_PATTERN, AZURE),
        (AZURE_CLIENT_PATTERN, "ABCDEF01-2222-3333-4444-55555555abcd"),
    ],
)
def test_what_a_cloud_gives_out_is_taken(pattern: str, text: str) -> None:
    assert re.search(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (AWS_ROLE_PATTERN, "reader"),
        (AWS_ROLE_PATTERN, "arn:aws:iam::1111-2222-3333:role/reader"),
        (AWS_ROLE_PATTERN, "arn:aws:iam::111122223333:role/"),
        (AWS_ROLE_PATTERN, "arn:aws:iam::111122223333:instance-profile/reader"),
        (AWS_ROLE_PATTERN, "arn:aws:sts::111122223333:assumed-role/reader/session"),
        (AWS_ROLE_PATTERN, "arn:aws:iam::111122223333:role/*"),
        (AWS_ROLE_PATTERN, "arn:aws:iam::111122223333:role/réader"),
        (GCP_ACCOUNT_PATTERN, "reader@example.com"),
        (GCP_ACCOUNT_PATTERN, "example-project@appspot.gserviceaccount.com"),
        (GCP_ACCOUNT_PATTERN, "serviceAccount:reader@example-project.iam.gserviceaccount.com"),
        (GCP_ACCOUNT_PATTERN, "reader@example-project.iam.gserviceaccount.com.example.com"),
        (AZURE_CLIENT_PATTERN, "{11111111-2222-3333-4444-555555555555}"),
        (AZURE_CLIENT_PATTERN, "11111111222233334444555555555555"),
    ],
)
def test_what_no_cloud_would_know_is_not(pattern: str, text: str) -> None:
    assert not re.search(pattern, text)

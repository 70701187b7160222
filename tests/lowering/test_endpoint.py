"""A rollout and its release as an endpoint."""

from __future__ import annotations

from decimal import Decimal

import pytest
from promql_parser import parse

from lowering.rollouts import (
    BY_HAND,
    BY_ITSELF,
    BY_REQUESTS,
    DIGEST,
    ENVIRONMENT,
    KNATIVE,
    ONLINE,
    PREVIOUS,
    RELEASE,
    changed,
    release,
    view,
)
from penstock.ir.serving import Endpoint
from penstock.lowering.endpoints.access import access_rule
from penstock.lowering.endpoints.endpoint import endpoint
from penstock.lowering.rules.rollout import rule_file


def plan(rollout: str = BY_HAND, environment: str = ENVIRONMENT, released: str | None = RELEASE) -> Endpoint:
    return endpoint(view(rollout, environment, released), ONLINE)


def test_an_endpoint_before_the_first_release_has_no_version_and_yet_access_and_rules() -> None:
    specs = view(BY_HAND, ENVIRONMENT, None)
    assert not endpoint(specs, ONLINE).released
    assert access_rule(specs, ONLINE).endpoint == ONLINE
    rules = rule_file(specs, ONLINE)
    assert rules is not None
    alerts = {getattr(rule, "alert", "") for group in rules.groups for rule in group.rules}
    assert "ModelDrift" in alerts
    assert not alerts & {"ModelUnreachable", "ModelMonitoringAbsent", "ModelMonitoringStale"}


def test_in_knative_mode_requests_come_by_the_activator_or_the_gateway() -> None:
    assert access_rule(view(BY_HAND, KNATIVE, RELEASE), ONLINE).relays == ("knative-serving",)
    with_gateway = changed(KNATIVE, ("mode: Knative}", "mode: Knative, gatewayNamespace: kourier-system}"))
    assert access_rule(view(BY_HAND, with_gateway, RELEASE), ONLINE).relays == ("knative-serving", "kourier-system")


def test_models_lie_in_the_store_under_their_digests() -> None:
    found = plan(released=release(step=1))
    assert found.files.uri == f"s3://models/production/flight-delay/{DIGEST.removeprefix('sha256:')}/model"
    assert found.previous is not None
    assert found.previous.digest == PREVIOUS
    assert found.previous.uri == f"s3://models/production/flight-delay/{PREVIOUS.removeprefix('sha256:')}/model"


def test_the_version_before_lies_under_the_model_that_the_rollout_served_then() -> None:
    of_another = changed(release(step=1), ("  previous: {digest", "  previous: {model: late-flights, digest"))
    found = plan(released=of_another)
    assert "/production/flight-delay/" in found.files.uri
    assert found.previous is not None
    assert found.previous.uri == f"s3://models/production/late-flights/{PREVIOUS.removeprefix('sha256:')}/model"


def test_a_canary_is_where_its_release_says() -> None:
    traffic = plan(released=release(step=1)).traffic
    assert traffic is not None
    assert traffic.reached == 1
    assert [step.percent for step in traffic.steps] == [Decimal(5), Decimal(25), Decimal(100)]
    through = plan(released=release()).traffic
    assert through is not None
    assert through.reached is None


def test_holds_are_seconds_and_bounds_are_exact() -> None:
    traffic = plan(BY_ITSELF).traffic
    assert traffic is not None
    assert [step.hold_seconds for step in traffic.steps] == [1800, 7200, None]
    assert [(c.name, c.bound, c.beyond) for c in traffic.abort_on] == [
        ("errors", Decimal("0.01"), "above"),
        ("slow", Decimal("0.1"), "above"),
        ("doubt", Decimal("0.25"), "below"),
    ]
    for condition in traffic.abort_on:
        parse(condition.watch.replace("$canary", "6d8f9"))
        parse(condition.judged.replace("$canary", "6d8f9").replace("$window", "30m"))


def test_scaling_by_requests_asks_for_all_of_them() -> None:
    scaling = plan(changed(BY_HAND, BY_REQUESTS)).scaling
    assert scaling.query.startswith("sum(rate(rest_server_requests_total{")
    assert f'rollout="{ONLINE}"' in scaling.query


def test_short_rates_grow_with_the_time_between_scrapes() -> None:
    slow = changed(ENVIRONMENT, ("  prometheus:\n", "  prometheus:\n    scrapeInterval: 2m\n"))
    assert "[8m]" in plan(changed(BY_HAND, BY_REQUESTS), slow).scaling.query


@pytest.mark.parametrize("rollout", [BY_ITSELF, BY_HAND], ids=["argo-rollouts", "kserve"])
def test_the_server_image_is_the_rollouts_own_or_the_environments(rollout: str) -> None:
    own = f"registry.example/own@{DIGEST}"
    assert plan(rollout).image == f"registry.example/mlserver@{DIGEST}"
    target = "argo-rollouts\n" if rollout == BY_ITSELF else "target: kserve\n"
    assert plan(changed(rollout, (target, f"{target}    image: {own}\n"))).image == own


@pytest.mark.parametrize(
    "other",
    ["format: sklearn\n    protocol: v1", "format: onnx", "runtime: of-ones-own"],
    ids=["KServe's own", "Triton", "a runtime by name"],
)
def test_the_environments_server_is_not_put_in_the_place_of_another_one(other: str) -> None:
    """It is MLServer; what another runtime starts is another program, with other words."""
    assert plan(changed(BY_HAND, ("target: kserve\n", f"target: kserve\n    {other}\n"))).image is None

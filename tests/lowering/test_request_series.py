"""Which series count an endpoint's requests, as expressions that parse."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families
from promql_parser import parse

from penstock.lowering.endpoints.request_series import (
    RequestSeries,
    istio,
    knative,
    kserve_python,
    mlserver,
    request_series,
)
from penstock.specs.rollout import Serve
from penstock.specs.server_metrics import server_metrics

ALL = {
    "mlserver": mlserver("ml", "flights"),
    "kserve": kserve_python("ml", "flights"),
    "knative": knative("ml", "flights"),
    "istio": istio("ml", "flights-(stable|canary)", "flights-canary", "flights-stable"),
}


@pytest.mark.parametrize("series", ALL.values(), ids=ALL)
def test_every_expression_parses(series: RequestSeries) -> None:
    expressions = [series.requests("5m"), series.answered("5m"), series.percentile("p99", "5m")]
    expressions += [
        within(series.le(int(float(b) * 1000 / series.per_second)), "5m")
        for b in series.buckets[1:4]
        for within in (series.answered_within, series.counted_within)
    ]
    if series.code is not None:
        expressions.append(series.failures("5m"))
    for expression in (*expressions, series.of_canary().requests("2m").replace("$canary", "6d8f9")):
        parse(expression)


def test_a_bound_is_given_in_the_histograms_own_unit() -> None:
    assert 'le="0.1"' in ALL["mlserver"].le(100)
    assert 'le=~"100([.]0)?"' in ALL["istio"].le(100)
    assert ALL["istio"].percentile("p95", "5m").endswith("/ 1000")
    assert not ALL["mlserver"].percentile("p95", "5m").endswith("/ 1000")


def test_a_whole_bound_is_found_however_the_client_writes_it() -> None:
    assert 'le=~"5([.]0)?"' in ALL["knative"].le(5000)


@pytest.mark.parametrize(
    ("series", "milliseconds", "nearest"),
    [("mlserver", 60, "`50ms` or `75ms`"), ("mlserver", 20_000, "are `10s`"), ("istio", 75, "`50ms` or `100ms`")],
)
def test_a_time_between_two_buckets_is_refused_with_the_nearest(series: str, milliseconds: int, nearest: str) -> None:
    with pytest.raises(ValueError, match=nearest):
        ALL[series].bucket(milliseconds)


BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1", "2.5", "5", "7.5", "10", "+Inf")
OF_A_FAILURE = 'http_response_status_code="500",otel_scope_name="knative.dev/serving/pkg/queue"'
QUEUE_PROXY = "\n".join(
    (
        "# TYPE kn_serving_invocation_duration_seconds histogram",
        *(f'kn_serving_invocation_duration_seconds_bucket{{{OF_A_FAILURE},le="{bound}"}} 2' for bound in BOUNDS),
        f"kn_serving_invocation_duration_seconds_sum{{{OF_A_FAILURE}}} 0.0018",
        f"kn_serving_invocation_duration_seconds_count{{{OF_A_FAILURE}}} 2\n",
    )
)
"""What the queue proxy of Knative 1.21 (`knative.dev/serving` 0.48.1) said at port 9091 of two requests that failed."""


def test_knatives_queue_proxy_counts_what_the_rules_ask_for() -> None:
    series = ALL["knative"]
    (family,) = text_string_to_metric_families(QUEUE_PROXY)
    assert family.name == series.histogram
    samples = {sample.name: sample for sample in family.samples}
    assert samples[series.counter].value == 2
    assert series.code is not None
    assert samples[series.counter].labels[series.code] == "500"
    bounds = [sample.labels["le"] for sample in family.samples if sample.name == f"{series.histogram}_bucket"]
    assert bounds == [*series.buckets, "+Inf"]


def choose(mode: str = "Standard", requests: str = "server", **serve: str) -> RequestSeries | str:
    choice = Serve.model_validate({"target": "kserve"} | serve)
    return request_series(
        target=choice.target,
        mode=mode,  # type: ignore[arg-type]
        requests=requests,  # type: ignore[arg-type]
        metrics=server_metrics(choice),
        namespace="ml",
        rollout="flights",
    )


def test_the_series_follow_from_target_mode_and_environment() -> None:
    assert choose() == mlserver("ml", "flights")
    assert choose(target="argo-rollouts") == mlserver("ml", "flights")
    assert choose(protocol="v1", format="sklearn") == kserve_python("ml", "flights")
    assert choose(mode="Knative") == knative("ml", "flights")
    found = choose(requests="istio", target="argo-rollouts")
    assert isinstance(found, RequestSeries)
    assert found.canary == 'destination_service_name="flights-canary"'


def test_where_nothing_counts_the_reason_is_given() -> None:
    assert "Triton" in str(choose(format="onnx"))
    assert "Istio" in str(choose(mode="Knative", requests="istio"))


def test_another_rollouts_name_is_not_matched() -> None:
    assert 'rollout="flights"' in mlserver("ml", "flights").matchers
    assert '=~"flights(-v[0-9a-f]{8})?-predictor"' in str(choose(requests="istio"))

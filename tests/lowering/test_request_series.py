"""Which series count an endpoint's requests, as expressions that parse."""

from __future__ import annotations

import pytest
from promql_parser import parse

from penstock.lowering.request_series import RequestSeries, istio, knative, kserve_python, mlserver, request_series

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
        series.answered_within(series.le(int(float(b) * 1000 / series.per_second)), "5m") for b in series.buckets[1:4]
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


def choose(**choice: str) -> RequestSeries | str:
    asked = {"target": "kserve", "mode": "Standard", "requests": "server", "model_format": "mlflow", "protocol": "v2"}
    return request_series(**(asked | choice), namespace="ml", rollout="flights")  # type: ignore[arg-type]


def test_the_series_follow_from_target_mode_and_environment() -> None:
    assert choose() == mlserver("ml", "flights")
    assert choose(target="argo-rollouts") == mlserver("ml", "flights")
    assert choose(protocol="v1", model_format="sklearn") == kserve_python("ml", "flights")
    assert choose(mode="Knative") == knative("ml", "flights")
    found = choose(requests="istio", target="argo-rollouts")
    assert isinstance(found, RequestSeries)
    assert found.canary == 'destination_service_name="flights-canary"'


def test_where_nothing_counts_the_reason_is_given() -> None:
    assert "Triton" in str(choose(model_format="onnx"))
    assert "Istio" in str(choose(mode="Knative", requests="istio"))


def test_another_rollouts_name_is_not_matched() -> None:
    assert 'rollout="flights"' in mlserver("ml", "flights").matchers
    assert '=~"flights(-v[0-9a-f]{8})?-predictor"' in str(choose(requests="istio"))

"""Canaries against the version that they would replace: what a real Prometheus says of loads of both."""

from __future__ import annotations

import re
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from promql_parser import parse
from scipy.stats import binom, norm, poisson

from lowering.rollouts import COMPARING, COMPARING_TOO, ENVIRONMENT, ISTIO, ONLINE, RELEASE, changed, view
from penstock.ir.serving import Endpoint
from penstock.lowering.endpoints.endpoint import endpoint
from penstock.specs.compared_windows import CRITICAL, FEWEST, compared_window, shortest_hold
from penstock.specs.units import Duration
from penstock.targets.argo_rollouts.target import TARGET
from targets.argo_rollouts.analyses import COMPARED, HASH, STABLE_HASH, STEP, expected, query, template, told

WINDOWS = 15
"""Windows of two minutes in a step of half an hour."""


def canary(rollout: str) -> dict[str, Any]:
    (manifest,) = TARGET.renders[Endpoint](endpoint(view(rollout, ENVIRONMENT, RELEASE), ONLINE))
    (found,) = [one for one in manifest.documents if one["kind"] == "Rollout"]
    return found["spec"]["strategy"]["canary"]


def judging(step: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """The templates of an analysis, and what its arguments are or come from."""
    analysis = step["analysis"]
    args = {arg["name"]: arg.get("value") or arg["valueFrom"]["podTemplateHashValue"] for arg in analysis["args"]}
    return [one["templateName"] for one in analysis["templates"]], args


def test_each_held_step_that_leaves_the_stable_version_traffic_is_compared_in_windows() -> None:
    held = changed(COMPARING_TOO, ("- {weight: 100%}", "- {weight: 100%, hold: 1h}"))
    first, second, last = (judging(step) for step in canary(held)["steps"] if "analysis" in step)
    hashes = {"canary-hash": "Latest", "stable-hash": "Stable"}
    assert first == ([STEP, COMPARED], hashes | {"window": "30m", "part": "2m"})
    assert second == ([STEP, COMPARED], hashes | {"window": "2h", "part": "6m"})
    assert last == ([STEP], {"canary-hash": "Latest", "window": "1h"})


def test_comparisons_alone_watch_nothing_between_the_ends_of_steps() -> None:
    found = canary(COMPARING)
    assert "analysis" not in found
    assert [judging(step)[0] for step in found["steps"] if "analysis" in step] == [[COMPARED], [COMPARED]]


@pytest.mark.parametrize("environment", [ENVIRONMENT, ISTIO], ids=["server", "istio"])
def test_each_comparison_is_of_both_versions_and_no_answer_is_no_verdict(environment: str) -> None:
    for metric in template(COMPARED, COMPARING, environment)["metrics"]:
        text = query(metric)
        parse(text)
        assert "$" not in text
        assert "{{" not in text
        by_hash = {HASH, STABLE_HASH} <= set(re.findall(r'revision="(\w+)"', text))
        assert by_hash or {f'="{ONLINE}-canary"', f'="{ONLINE}-stable"'} <= set(re.findall(r'="[\w-]+"', text))
        assert metric["successCondition"] == f"len(result) > 0 && result[0] <= {CRITICAL}"
        assert metric["failureCondition"] == f"len(result) > 0 && result[0] > {CRITICAL}"
        assert metric["inconclusiveLimit"] == metric["failureLimit"] == 0


@pytest.mark.parametrize(
    ("hold", "scrapes", "part"),
    [("16m", "2m", "2m"), ("30m", "2m", "2m"), ("41m", "2m", "2m3s"), ("2h", "2m", "6m"), ("2h", "8m", "8m")],
)
def test_a_step_has_at_most_twenty_windows_of_whole_seconds(hold: str, scrapes: str, part: str) -> None:
    assert str(compared_window(Duration.parse(hold), Duration.parse(scrapes))) == str(Duration.parse(part))
    assert int(shortest_hold(Duration.parse(scrapes))) == 8 * int(Duration.parse(scrapes))


def windows_needed(windows: int) -> int:
    """In how many windows the canary has to be worse, by the statistic that Prometheus computes."""
    return next(worse for worse in range(windows + 2) if (2 * worse - windows - 1) / sqrt(windows) > float(CRITICAL))


@pytest.mark.parametrize("windows", range(FEWEST, 41))
def test_versions_that_do_not_differ_are_told_apart_in_no_more_than_one_step_of_fifty(windows: int) -> None:
    needed = windows_needed(windows)
    assert needed <= windows, "or nothing could ever abort"
    assert binom.sf(needed - 1, windows, 0.5) <= 0.02
    assert binom.sf(needed - 3, windows, 0.5) > 0.02, "it asks for more than chance does"


def test_the_bound_is_that_of_two_percent_and_fewer_windows_could_not_be_beyond_it() -> None:
    assert float(CRITICAL) == pytest.approx(norm.ppf(0.98), abs=1e-4)
    assert windows_needed(FEWEST - 1) > FEWEST - 1


def test_the_windows_in_which_the_canary_is_worse_are_counted(promtool: Path, tmp_path: Path) -> None:
    (doubt,) = [metric for metric in template(COMPARED, COMPARING)["metrics"] if metric["name"] == "doubt"]
    for worse in (0, 11, 12, WINDOWS):
        # The stable version is at one half, and may be missed by a twentieth of that.
        values = "_ " + " ".join("0.46x3" if window < worse else "0.6x3" for window in range(WINDOWS))
        series = {gauge(HASH): values, gauge(STABLE_HASH): "0.5x60"}
        verdict = "aborts" if binom.sf(worse - 1, WINDOWS, 0.5) <= 0.02 else "passes"
        assert told(promtool, tmp_path, dict(series), [expected(doubt, verdict)]) == "", worse


def gauge(revision: str) -> str:
    return f'doubt{{revision="{revision}"}}'


@pytest.mark.parametrize(
    ("of_canary", "of_stable", "verdict"),
    [
        ("0.476x60", "0.5x60", "passes"),
        ("0.474x60", "0.5x60", "aborts"),
        ("-0.524x60", "-0.5x60", "passes"),
        ("-0.526x60", "-0.5x60", "aborts"),
        ("0.5x60", "0x60", "passes"),
        ("_x45 0.1x14", "0.5x60", "tells nothing"),
        ("0.1x60", "_x60", "tells nothing"),
    ],
    ids=[
        *("within the tolerance", "below it", "negative, within it", "negative, below it", "nothing to be worse than"),
        *("a canary of few windows", "no stable version"),
    ],
)
def test_a_metric_is_compared_relative_to_its_size(
    of_canary: str, of_stable: str, verdict: str, promtool: Path, tmp_path: Path
) -> None:
    metric = template(COMPARED, COMPARING)["metrics"][2]
    series: dict[str, str | None] = {gauge(HASH): of_canary, gauge(STABLE_HASH): of_stable}
    assert told(promtool, tmp_path, series, [expected(metric, verdict)]) == ""


@pytest.mark.parametrize(("higher", "verdict"), [(0.104, "passes"), (0.106, "aborts")])
def test_of_a_metric_that_must_not_rise_the_highest_series_of_either_counts(
    higher: float, verdict: str, promtool: Path, tmp_path: Path
) -> None:
    rising = changed(
        COMPARING, ("'avg(doubt{revision=\"$canary\"})', belowStable", "'doubt{revision=\"$canary\"}', aboveStable")
    )
    pods = {(HASH, "a"): higher, (HASH, "b"): 0.01, (STABLE_HASH, "c"): 0.1, (STABLE_HASH, "d"): 0.02}
    series: dict[str, str | None] = {
        f'doubt{{revision="{revision}",pod="{pod}"}}': f"{value}x60" for (revision, pod), value in pods.items()
    }
    metric = template(COMPARED, rising)["metrics"][2]
    assert told(promtool, tmp_path, series, [expected(metric, verdict)]) == ""


class Versions(NamedTuple):
    """Good and bad requests of both versions, a sample each 30 seconds, and what is made of them."""

    canary: tuple[str | None, str | None]
    stable: tuple[str | None, str | None]
    verdict: str


FAILURES = {
    "the same share": Versions(("0+99x60", "0+1x60"), ("0+990x60", "0+10x60"), "passes"),
    "more, within the bound": Versions(("0+490x60", "0+7x60"), ("0+990x60", "0+10x60"), "passes"),
    "far more": Versions(("0+97x60", "0+3x60"), ("0+990x60", "0+10x60"), "aborts"),
    "far more of few": Versions(("0+1x60", "0+1x60"), ("0+990x60", "0+10x60"), "aborts"),
    "an outage of both": Versions(("0+50x60", "0+50x60"), ("0+500x60", "0+500x60"), "passes"),
    "an outage of the stable version": Versions(("0+99x60", "0+1x60"), ("0+500x60", "0+500x60"), "passes"),
    "none at all": Versions(("0+50x60", None), ("0+500x60", None), "passes"),
    "none, of few requests": Versions(("0+5x60", None), ("0+500x60", None), "tells nothing"),
    "three, of few requests": Versions(("0+1x60", "0x56 3x4"), ("0+500x60", None), "tells nothing"),
    "a stable version with few requests": Versions(("0+50x60", "0+50x60"), ("0+1x60", None), "tells nothing"),
    "no canary": Versions((None, None), ("0+500x60", "0+5x60"), "tells nothing"),
}
LATENCIES = {
    "the same": Versions(("0+50x60", "0x60"), ("0+500x60", "0x60"), "passes"),
    "slower, within the tolerance": Versions(("0+99x60", "0+1x60"), ("0+500x60", "0x60"), "passes"),
    "far slower": Versions(("0+45x60", "0+5x60"), ("0+500x60", "0x60"), "aborts"),
    "both far slower": Versions(("0+45x60", "0+5x60"), ("0+450x60", "0+50x60"), "passes"),
    "faster": Versions(("0+50x60", "0x60"), ("0+450x60", "0+50x60"), "passes"),
    "slower for six minutes": Versions(("0+50x60", "0x48 0+50x12"), ("0+500x60", "0x60"), "passes"),
    "slower from the sixth minute on": Versions(("0+50x60", "0x10 0+50x50"), ("0+500x60", "0x60"), "aborts"),
    "few requests": Versions(("0+1x60", "0+1x60"), ("0+500x60", "0x60"), "tells nothing"),
    "a stable version with few requests": Versions(("0+50x60", "0+50x60"), ("0+1x60", "0x60"), "tells nothing"),
}
REQUESTS = f'namespace="ml-prod",rollout="{ONLINE}",path="/v2/models/{{m}}/infer"'


def counters(versions: Versions) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for revision, (good, bad) in ((HASH, versions.canary), (STABLE_HASH, versions.stable)):
        for code, values in (("200", good), ("503", bad)):
            found[f'rest_server_requests_total{{{REQUESTS},revision="{revision}",status_code="{code}"}}'] = values
    return found


def histogram(versions: Versions) -> dict[str, str | None]:
    """Good requests take up to a tenth of a second, bad ones up to a quarter."""
    name = "rest_server_request_duration_seconds"
    found: dict[str, str | None] = {}
    for revision, (good, bad) in ((HASH, versions.canary), (STABLE_HASH, versions.stable)):
        for code, values in (("200", good), ("201", bad)):
            labels = f'{REQUESTS},revision="{revision}",status_code="{code}"'
            for le in ("0.1", "0.25", "+Inf"):
                found[f'{name}_bucket{{{labels},le="{le}"}}'] = "0x60" if (le, code) == ("0.1", "201") else values
            found[f"{name}_count{{{labels}}}"] = values
    return found


@pytest.mark.parametrize("versions", FAILURES.values(), ids=FAILURES)
def test_failures(versions: Versions, promtool: Path, tmp_path: Path) -> None:
    metric = template(COMPARED, COMPARING)["metrics"][0]
    assert told(promtool, tmp_path, counters(versions), [expected(metric, versions.verdict)]) == ""


@pytest.mark.parametrize("versions", LATENCIES.values(), ids=LATENCIES)
def test_latencies(versions: Versions, promtool: Path, tmp_path: Path) -> None:
    metric = template(COMPARED, COMPARING)["metrics"][1]
    assert told(promtool, tmp_path, histogram(versions), [expected(metric, versions.verdict)]) == ""


def test_the_excess_is_told_in_its_standard_errors(promtool: Path, tmp_path: Path) -> None:
    metric = template(COMPARED, COMPARING)["metrics"][0]
    failed, counted, failed_stable, counted_stable = 180, 6_000, 600, 60_000
    error = sqrt((failed + 1) / counted**2 + failed_stable / counted_stable**2)
    told_of = (failed / counted - failed_stable / counted_stable - 0.005) / error
    exact = {"expr": f"round({query(metric)}, 0.001)", "eval_time": "30m"}
    right = exact | {"exp_samples": [{"labels": "{}", "value": round(told_of, 3)}]}
    assert told(promtool, tmp_path, counters(FAILURES["far more"]), [right]) == ""


@pytest.mark.parametrize("counted", [800, 3_000, 20_000])
@pytest.mark.parametrize("stable", [0.0, 0.001, 0.02])
def test_a_canary_at_the_bound_is_aborted_in_no_more_than_one_step_of_fifty(counted: int, stable: float) -> None:
    """Exact, over all counts of the canary's failures, against a stable version with many requests."""
    excess, counted_stable = 0.005, 200_000
    aborted = 0.0
    for failed in range(int(counted * (stable + excess) * 4) + 60):
        error = sqrt((failed + 1) / counted**2 + stable / counted_stable)
        if (failed / counted - stable - excess) / error > float(CRITICAL):
            aborted += poisson.pmf(failed, counted * (stable + excess))
    assert aborted <= 0.02

"""Canaries under loads of many kinds: what Prometheus answers to the generated queries, and what Argo makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from promql_parser import parse

from lowering.rollouts import BURNING, BY_ITSELF, ENVIRONMENT, ISTIO, ONLINE, changed
from targets.argo_rollouts.analyses import HASH, STEP, WATCH, expected, query, template, told


@pytest.mark.parametrize("environment", [ENVIRONMENT, ISTIO], ids=["server", "istio"])
@pytest.mark.parametrize("name", [WATCH, STEP])
def test_each_condition_is_one_metric_of_the_canary_alone(name: str, environment: str) -> None:
    found = template(name, environment=environment)
    assert [metric["name"] for metric in found["metrics"]] == ["errors", "slow", "doubt"]
    for metric in found["metrics"]:
        assert list(metric["provider"]) == ["prometheus"]
        text = query(metric)
        assert HASH in text or f'"{ONLINE}-canary"' in text
        assert "$" not in text
        assert "{{" not in text
        parse(text)


def test_a_step_meets_its_bounds_or_breaks_them_and_no_answer_is_neither() -> None:
    errors, slow, doubt = template(STEP)["metrics"]
    assert errors["successCondition"] == "len(result) > 0 && result[0] <= 0.01"
    assert errors["failureCondition"] == "len(result) > 0 && result[0] > 0.01"
    assert slow["failureCondition"] == "len(result) > 0 && result[0] > 0.1"
    assert doubt["successCondition"] == "len(result) > 0 && result[0] >= 0.25"
    assert doubt["failureCondition"] == "len(result) > 0 && result[0] < 0.25"
    for metric in (errors, slow, doubt):
        assert metric["inconclusiveLimit"] == 0
        assert "interval" not in metric


def test_what_is_watched_all_the_time_counts_nothing_over_the_life_of_a_canary() -> None:
    """The controller's counts of failures and of measurements without a verdict never go back within a run."""
    for metric in template(WATCH)["metrics"]:
        assert metric["failureLimit"] == 0
        assert "successCondition" not in metric, "then a measurement without a number is no verdict, and is counted"
        assert metric["interval"] == "2m"
        assert query(metric).endswith("[4m:2m])")


def test_windows_grow_with_the_time_between_scrapes() -> None:
    slow = changed(ENVIRONMENT, ("  prometheus:\n", "  prometheus:\n    scrapeInterval: 1m\n"))
    for metric in template(WATCH, environment=slow)["metrics"]:
        assert (metric["initialDelay"], metric["interval"]) == ("8m", "4m")
        assert query(metric).endswith("[8m:4m])")


class Load(NamedTuple):
    """Requests of a canary's half an hour, a sample each 30 seconds, and what is made of them at its end."""

    good: str | None
    bad: str | None
    watched: str
    judged: str


ERRORS = {
    "all is well": Load("0+50x60", None, "passes", "passes"),
    "half of it fails": Load("0+25x60", "0+25x60", "aborts", "aborts"),
    "nothing but failures, and few requests": Load(None, "0+2x60", "aborts", "aborts"),
    "two failures among few requests": Load("0+1x60", "0x20 1x20 2x20", "passes", "tells nothing"),
    "two failures at once among few requests": Load("0+1x60", "0x56 2x4", "passes", "tells nothing"),
    "three failures among few requests": Load("0+1x60", "0x56 3x4", "passes", "tells nothing"),
    "few requests, and none fails": Load("0+1x60", "0x60", "passes", "tells nothing"),
    "enough requests, and one fails": Load("0+10x60", "0x50 1x10", "passes", "passes"),
    "one bad window among good ones": Load("0+100x60", "0x52 0+50x4 200x4", "passes", "aborts"),
    "the same, within the bound of the step": Load("0+1000x60", "0x52 0+50x4 200x4", "passes", "passes"),
    "a step that has become bad for two windows": Load("0+1000x60", "0x48 0+100x12", "aborts", "aborts"),
    "the same, within the bound of the step and still going on": Load("0+5000x60", "0x48 0+100x12", "aborts", "passes"),
    "no request at all": Load("0x60", "0x60", "passes", "tells nothing"),
    "no series": Load(None, None, "passes", "tells nothing"),
}
ZERO = {
    "the first failure": Load("0+50x60", "0x40 1x20", "passes", "aborts"),
    "failures again and again": Load("0+50x60", "0+1x60", "aborts", "aborts"),
    "none, and few requests": Load("0+1x60", None, "passes", "passes"),
}
SLOW = {
    "all is fast": Load("0+50x60", "0x60", "passes", "passes"),
    "a tenth is slow": Load("0+45x60", "0+5x60", "aborts", "aborts"),
    "a hundredth is slow": Load("0+99x60", "0+1x60", "passes", "passes"),
    "few requests, one of them slow": Load("0x10 1x10 2x10 3x30", "0x20 1x40", "passes", "tells nothing"),
    "no request at all": Load("0x60", "0x60", "passes", "tells nothing"),
    "no series": Load(None, None, "passes", "tells nothing"),
}
LATE = {
    "all is fast": Load("0+50x60", "0x60", "passes", "passes"),
    "a fifth is late": Load("0+40x60", "0+10x60", "aborts", "aborts"),
    "a tenth is late, which is ten times the budget": Load("0+45x60", "0+5x60", "passes", "passes"),
    "nothing but late answers, and few requests": Load("0x60", "0+2x60", "aborts", "aborts"),
    "few requests, three of them late": Load("0+1x20 20x40", "0x20 1x20 2x10 3x10", "passes", "tells nothing"),
    "few requests, and none is late": Load("0+1x20 20x40", "0x60", "passes", "tells nothing"),
    "enough requests, and two are late": Load("0+1x60", "0x50 2x10", "passes", "passes"),
    "no request at all": Load("0x60", "0x60", "passes", "tells nothing"),
    "no series": Load(None, None, "passes", "tells nothing"),
}
LABELS = f'namespace="ml-prod",rollout="{ONLINE}",path="/v2/models/{{m}}/infer",revision="{HASH}"'


def counters(load: Load) -> dict[str, str | None]:
    return {
        f'rest_server_requests_total{{{LABELS},status_code="200"}}': load.good,
        f'rest_server_requests_total{{{LABELS},status_code="503"}}': load.bad,
        f'rest_server_requests_total{{{LABELS.replace(HASH, "stable")},status_code="503"}}': "0+1000x60",
    }


def histogram(load: Load) -> dict[str, str | None]:
    name, fast, slow = "rest_server_request_duration_seconds", 'status_code="200"', 'status_code="201"'
    found: dict[str, str | None] = {}
    for le in ("0.1", "0.25", "+Inf"):
        found[f'{name}_bucket{{{LABELS},{fast},le="{le}"}}'] = load.good
        found[f'{name}_bucket{{{LABELS},{slow},le="{le}"}}'] = load.bad if le != "0.1" else "0x60"
    return found | {f"{name}_count{{{LABELS},{fast}}}": load.good, f"{name}_count{{{LABELS},{slow}}}": load.bad}


@pytest.mark.parametrize("rollout", [BY_ITSELF, BURNING], ids=["share", "burn rate"])
@pytest.mark.parametrize("load", ERRORS.values(), ids=ERRORS)
def test_failures(load: Load, rollout: str, promtool: Path, tmp_path: Path) -> None:
    watch, step = template(WATCH, rollout)["metrics"][0], template(STEP, rollout)["metrics"][0]
    expectations = [expected(watch, load.watched), expected(step, load.judged)]
    assert told(promtool, tmp_path, counters(load), expectations) == ""


@pytest.mark.parametrize("load", ZERO.values(), ids=ZERO)
def test_failures_of_which_none_is_taken(load: Load, promtool: Path, tmp_path: Path) -> None:
    none = changed(BY_ITSELF, ("errorRate: 1%", "errorRate: 0"))
    watch, step = template(WATCH, none)["metrics"][0], template(STEP, none)["metrics"][0]
    expectations = [expected(watch, load.watched), expected(step, load.judged)]
    assert told(promtool, tmp_path, counters(load), expectations) == ""


@pytest.mark.parametrize("load", SLOW.values(), ids=SLOW)
def test_slowness(load: Load, promtool: Path, tmp_path: Path) -> None:
    watch, step = template(WATCH)["metrics"][1], template(STEP)["metrics"][1]
    expectations = [expected(watch, load.watched), expected(step, load.judged)]
    assert told(promtool, tmp_path, histogram(load), expectations) == ""


@pytest.mark.parametrize("load", LATE.values(), ids=LATE)
def test_late_answers_use_up_the_budget(load: Load, promtool: Path, tmp_path: Path) -> None:
    watch, step = template(WATCH, BURNING)["metrics"][1], template(STEP, BURNING)["metrics"][1]
    expectations = [expected(watch, load.watched), expected(step, load.judged)]
    assert told(promtool, tmp_path, histogram(load), expectations) == ""


@pytest.mark.parametrize("environment", [ENVIRONMENT, ISTIO], ids=["server", "istio"])
def test_the_answer_is_the_burn_rate_itself(environment: str) -> None:
    """A thousandth may fail and a hundredth be late, so that a person sees how many times that it is."""
    budget, late, _ = template(STEP, BURNING, environment)["metrics"]
    assert budget["failureCondition"] == late["failureCondition"] == "len(result) > 0 && result[0] > 14.4"
    assert "\n/ 0.001\nand (" in query(budget)
    assert "\n/ 0.01\nand (" in query(late)
    for metric in (budget, late):
        assert HASH in query(metric) or f'"{ONLINE}-canary"' in query(metric)
        parse(query(metric))


def test_a_figure_of_ones_own_aborts_when_it_stays_beyond_its_bound(promtool: Path, tmp_path: Path) -> None:
    watch, step = template(WATCH)["metrics"][2], template(STEP)["metrics"][2]
    doubt = f'doubt{{revision="{HASH}"}}'
    for values, watched, judged in (("0.1x60", "aborts", "aborts"), ("0.5x56 0.1x4", "passes", "aborts")):
        expectations = [expected(watch, watched), expected(step, judged)]
        assert told(promtool, tmp_path, {doubt: values}, expectations) == ""


@pytest.mark.parametrize(("bound", "values"), [("below", ("0.1", "0.5")), ("above", ("0.5", "0.1"))])
def test_of_a_figure_for_each_pod_the_worst_one_decides(
    bound: str, values: tuple[str, str], promtool: Path, tmp_path: Path
) -> None:
    """Argo's condition looks at the first value of an answer, whichever pod that is."""
    of_pods = changed(
        BY_ITSELF, ("'avg(doubt{revision=\"$canary\"})', below", f"'doubt{{revision=\"$canary\"}}', {bound}")
    )
    metrics = [template(name, of_pods)["metrics"][2] for name in (WATCH, STEP)]
    series = {f'doubt{{revision="{HASH}",pod="{pod}"}}': f"{value}x60" for pod, value in zip("ab", values, strict=True)}
    one_value = [{**expected(metric, "aborts"), "expr": f"count({query(metric)})"} for metric in metrics]
    assert told(promtool, tmp_path, dict(series), [*one_value, *(expected(m, "aborts") for m in metrics)]) == ""


@pytest.mark.parametrize(
    ("load", "name", "what", "old", "new"),
    [
        ("three failures among few requests", STEP, "chance that decides", "> 4)", "> 1)"),
        ("few requests, and none fails", STEP, "few requests that prove something", ">= 400", ">= 4"),
        ("one bad window among good ones", WATCH, "the worse of two windows", "min_over_time", "max_over_time"),
        ("one bad window among good ones", WATCH, "windows that overlap", "[4m:2m]", "[1m:30s]"),
        ("all is well", STEP, "other pods' failures", f',revision="{HASH}"', ""),
    ],
)
def test_the_loads_notice(load: str, name: str, what: str, old: str, new: str, promtool: Path, tmp_path: Path) -> None:
    metric = template(name)["metrics"][0]
    verdict = ERRORS[load].watched if name == WATCH else ERRORS[load].judged
    right = expected(metric, verdict)
    assert told(promtool, tmp_path, counters(ERRORS[load]), [right]) == ""
    wrong = right | {"expr": changed(right["expr"], (old, new))}
    assert told(promtool, tmp_path, counters(ERRORS[load]), [wrong]) != "", what


@pytest.mark.parametrize(("version", "timeout"), [("1.9", 20), ("1.6", 20), ("1.5", None)])
def test_only_a_version_that_knows_the_timeout_of_a_query_is_told_of_one(version: str, timeout: int | None) -> None:
    """The CRD of 1.5 has no such field, so that the API server refuses the whole template."""
    older = changed(ENVIRONMENT, ('argoRollouts: {version: "1.9"', f'argoRollouts: {{version: "{version}"'))
    for name in (WATCH, STEP):
        for metric in template(name, environment=older)["metrics"]:
            assert metric["provider"]["prometheus"].get("timeout") == timeout

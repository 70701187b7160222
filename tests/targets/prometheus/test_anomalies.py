"""Anomaly bands: promtool passes their tests, these notice mistakes, and real traffic is where the definition says."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowering.rollouts import BY_HAND, BY_ITSELF, ENVIRONMENT, ISTIO, KNATIVE, RELEASE, changed
from lowering.traffic import bike_hires
from penstock.ir.monitoring import Alert, RuleFile, RuleTest
from penstock.lowering.rules.anomalies.band import ANOMALY, UNMEASURED, outside
from penstock.lowering.rules.testing import Fires, filled, fires, series, silent
from penstock.targets.prometheus import lint
from penstock.targets.prometheus.target import HOURLY_TESTS_FILE, LONG_TESTS_FILE, PLAIN_FILE, TARGET
from targets.prometheus_rules import SERVE, nothing_asked, plan, run, write_all, write_parts

TRAFFIC = "{id: traffic, metric: request_rate, then: [page, ticket]}"
SLOW = "{id: slow, metric: p95_latency, beyond: above}"
USUAL = "{id: usual, metric: p50_latency, bands: 2.5, minWidth: 50%, hold: 0s}"
QUEUE = "{id: queue, promql: 'boarding_queue{gate=\"9\"} # of one gate', beyond: above, hold: 36h}"


def anomalies(*monitors: str, rollout: str = BY_HAND) -> str:
    """Nothing is monitored but anomalies."""
    listed = "".join(f"      - {monitor}\n" for monitor in monitors)
    return changed(nothing_asked(rollout), ("  access:\n", f"  monitor:\n    anomalies:\n{listed}  access:\n"))


def daily(*monitors: str) -> tuple[str, ...]:
    """The same monitors with a season of a day."""
    return tuple(changed(monitor, ("}", ", season: 1d}")) if "gate" not in monitor else monitor for monitor in monitors)


VARIANTS: dict[str, tuple[str, str, str | None]] = {
    "weeks": (anomalies(TRAFFIC, SLOW, USUAL, QUEUE), ENVIRONMENT, RELEASE),
    "days": (anomalies(*daily(TRAFFIC, SLOW)), ENVIRONMENT, RELEASE),
    "Argo Rollouts behind Istio": (anomalies(TRAFFIC, SLOW, rollout=BY_ITSELF), ISTIO, RELEASE),
    "Knative": (anomalies(TRAFFIC, SLOW), KNATIVE, RELEASE),
    "KServe's own server": (
        changed(anomalies(TRAFFIC, SLOW), (SERVE, f"{SERVE}\n    protocol: v1\n    format: sklearn")),
        ENVIRONMENT,
        RELEASE,
    ),
    "nothing released": (anomalies(TRAFFIC, QUEUE), ENVIRONMENT, None),
    "two seasons of one metric": (anomalies(TRAFFIC, SLOW, *daily(USUAL)), ENVIRONMENT, RELEASE),
    "a sum of what another monitor sees": (
        anomalies(TRAFFIC, "{id: all, promql: sum(rest_server_requests_total)}", QUEUE),
        ENVIRONMENT,
        RELEASE,
    ),
    "a value where there is no series": (anomalies(TRAFFIC, "{id: one, promql: vector(1)}"), ENVIRONMENT, RELEASE),
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_promtool_takes_the_rules_and_their_tests_pass(
    variant: tuple[str, str, str | None], promtool: Path, tmp_path: Path
) -> None:
    rules = plan(*variant)
    write_all(rules, tmp_path)
    checked = run(promtool, "check", "rules", "--lint-fatal", PLAIN_FILE, at=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = run(promtool, "test", "rules", *write_parts(rules, tmp_path), at=tmp_path)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert list(lint.problems(rules)) == []
    assert [c.field for c in TARGET.capabilities if c.problem(rules) is not None] == []


def firing(rules: RuleFile, alert: str) -> set[tuple[str, str, bool]]:
    """Which monitors' alerts are expected to fire, by test file and side."""
    return {
        (test.evaluated, dict(labels)["monitor"], "beyond" in dict(labels) and dict(labels)["beyond"] == "above")
        for test in rules.tests
        for expected in test.expect
        if expected.alert == alert
        for labels, _ in expected.firing
    }


def test_each_side_of_each_band_is_tested_to_fire() -> None:
    weeks = plan(*VARIANTS["weeks"])
    both = {("1d", name, above) for name in ("traffic", "usual") for above in (True, False)}
    assert firing(weeks, ANOMALY) == both | {("1d", "slow", True), ("1d", "queue", True)}
    assert {name for _, name, _ in firing(weeks, UNMEASURED)} == {"traffic", "slow", "usual", "queue"}
    assert {test.evaluated for test in plan(*VARIANTS["days"]).tests} == {"15m", "1h", "1d"}


def test_where_nothing_is_released_no_band_is_missed() -> None:
    alerts = [rule for group in plan(*VARIANTS["nothing released"]).groups for rule in group.rules]
    assert {rule.alert for rule in alerts if isinstance(rule, Alert)} == {ANOMALY}


def test_requests_that_nobody_counts_are_a_problem() -> None:
    rules = plan(changed(anomalies(TRAFFIC), (SERVE, f"{SERVE}\n    format: onnx")))
    assert [c.field for c in TARGET.capabilities if c.problem(rules) is not None] == ["monitor.anomalies"]


TYPICAL = "quantile_over_time(0.5, anomaly:residual:"
MUTANTS = [
    ("was high two seasons ago", "another week", "[1h] offset 6d23h30m", "[1h] offset 4d23h30m"),
    ("was low a season ago", "the week before", "[1h] offset 13d23h30m", "[1h] offset 11d23h30m"),
    ("was low a season ago", "weeks that are too long ago", "[1h] offset 20d23h30m", "[1h] offset 18d23h30m"),
    (
        "was high two seasons ago",
        "the highest week",
        "quantile(0.5, anomaly:metric:past",
        "quantile(1, anomaly:metric:past",
    ),
    ("was low a season ago", "the lowest week", "quantile(0.5, anomaly:metric:past", "quantile(0, anomaly:metric:past"),
    ("falls before there is a band", "no week of deviations", "[7d] offset 7d)", "[7d])"),
    ("falls below its band", "the highest difference", f"{TYPICAL}absolute", f"{TYPICAL}absolute".replace("0.5", "1")),
    ("rises above its band", "the highest ratio", f"{TYPICAL}relative", f"{TYPICAL}relative".replace("0.5", "1")),
    ("falls below its band", "a band that everything is in", "label_replace(0.2 *", "label_replace(20 *"),
    ("falls below its band", "the wrong side", "< anomaly:metric:lower", "> anomaly:metric:lower"),
    ("repeats its pattern", "an edge on the wrong side", "+ on () max(", "- on () max("),
    ("others rise", "requests of another rollout", ',rollout="flight-delay-online",path', ",path"),
    ("is not asked any more", "pods that are not asked any more", "or 0 * max(up", "or 0 * max(down"),
    ("is not asked any more", "pods that do not answer", '"} == 1)', '"} == 0)'),
    ("falls below its band", "an anomaly that never lasts long enough", "for: 30m", "for: 13d"),
    ("has begun", "a band that is never missed", "absent(anomaly:metric:upper", "absent(anomaly:metric:value"),
    ("nothing is measured", "a band that is missed at once", "for: 28d", "for: 7d"),
]
"""The test that notices, and what is wrong in the rules."""


@pytest.fixture(scope="module")
def sound(promtool: Path, tmp_path_factory: pytest.TempPathFactory) -> RuleFile:
    """The rules of requests alone, whose tests pass."""
    rules, folder = plan(anomalies(TRAFFIC)), tmp_path_factory.mktemp("sound")
    write_all(rules, folder)
    tested = run(promtool, "test", "rules", LONG_TESTS_FILE, at=folder)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    return rules


@pytest.mark.parametrize(("test", "what", "old", "new"), MUTANTS)
def test_the_tests_notice(
    test: str, what: str, old: str, new: str, sound: RuleFile, promtool: Path, tmp_path: Path
) -> None:
    (noticing,) = [each for each in sound.tests if each.name.endswith(f": {test}")]
    write_all(sound._replace(tests=(noticing,)), tmp_path)
    file = tmp_path / PLAIN_FILE
    file.write_text(changed(file.read_text(encoding="utf-8"), (old, new)), encoding="utf-8")
    assert run(promtool, "test", "rules", LONG_TESTS_FILE, at=tmp_path).returncode == 1, what


OLDER = changed(ENVIRONMENT, ("  prometheus:\n", '  prometheus:\n    version: "2.41"\n'))
WEEK = 168
_FIRST, _LAST = 5 * WEEK, 7 * WEEK


def test_on_real_traffic_promtool_finds_what_the_definition_says(promtool: Path, tmp_path: Path) -> None:
    """Two weeks of bike hires by the hour, after five that the band is learned from; on one day there are none."""
    hires = bike_hires()[: _LAST + 1]
    gone = range(_FIRST + 2 * 24, _FIRST + 3 * 24)
    hires = [0 if hour in gone else hired for hour, hired in enumerate(hires)]
    # An older Prometheus knows no alert that goes on for a while after its condition has ended.
    rules = plan(anomalies("{id: hires, promql: hires, hold: 0s}"), OLDER)
    alerts = {dict(rule.labels)["beyond"]: rule for rule in _alerts(rules)}
    expect, noticed = [], []
    for hour in range(_FIRST, _LAST):
        side = outside(tuple(hires), hour, WEEK, 3, 0.2)
        noticed.append(hour if side is not None else None)
        at = f"{hour}h"
        shown = filled(hires[hour])
        expect.append(fires(at, Fires(alerts[side], fill=shown)) if side is not None else silent(at, ANOMALY))
    given = (series("hires", (), " ".join(map(str, hires))),)
    test = RuleTest("hires", "1h", given, tuple(expect), "1h")
    groups = tuple(group for group in rules.groups if "anomaly" in group.name)
    write_all(rules._replace(groups=groups, tests=(test,)), tmp_path)
    tested = run(promtool, "test", "rules", HOURLY_TESTS_FILE, at=tmp_path)
    assert tested.returncode == 0, tested.stdout[:3000]
    assert sum(hour in gone for hour in noticed) >= 12, "the day without hires"
    assert sum(hour is not None and hour not in gone for hour in noticed) <= 6, "hours of two weeks that are as usual"


def _alerts(rules: RuleFile) -> list[Alert]:
    found = [rule for group in rules.groups for rule in group.rules if isinstance(rule, Alert)]
    return [rule for rule in found if rule.alert == ANOMALY]

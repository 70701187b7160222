"""What is wrong with an expression or an alert is a problem with words that help."""

from __future__ import annotations

from typing import Any

import pytest

from lowering.rollouts import (
    BY_HAND,
    ENVIRONMENT,
    KNATIVE,
    changed,
)
from penstock.ir.monitoring import Alert, RuleGroup
from penstock.targets.prometheus import lint
from penstock.targets.prometheus.target import TARGET
from targets.prometheus_rules import SERVE, plan, slos

MISTAKES = {
    "a time at which no bucket ends": (
        slos("", "    latency: {objective: 99%, below: 60ms}\n"),
        ENVIRONMENT,
        "slos.latency.below",
    ),
    "no budget": (slos("    availability: {objective: 100%}\n", ""), ENVIRONMENT, "slos.availability.objective"),
    "failures that KServe's server does not count": (
        changed(BY_HAND, (SERVE, f"{SERVE}\n    protocol: v1\n    format: sklearn")),
        ENVIRONMENT,
        "slos.availability",
    ),
    "response times that Triton does not tell": (
        changed(BY_HAND, (SERVE, f"{SERVE}\n    format: onnx")),
        ENVIRONMENT,
        "slos.latency",
    ),
    "Istio before Knative": (
        BY_HAND,
        changed(KNATIVE, ("  prometheus:\n", "  prometheus:\n    requests: istio\n")),
        "slos.availability",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_what_no_series_tells_is_a_problem(mistake: tuple[str, str, str]) -> None:
    rollout, environment, field = mistake
    rules = plan(rollout, environment)
    assert field in [c.field for c in TARGET.capabilities if c.problem(rules) is not None]


def test_the_nearest_buckets_are_named() -> None:
    rules = plan(slos("", "    latency: {objective: 99%, below: 60ms}\n"))
    (unobserved,) = rules.unobserved
    assert "`50ms` or `75ms`" in unobserved.reason


def alert(expr: str, **changes: Any) -> Alert:
    labels = (("severity", "page"), ("team", "flight-ml"))
    texts = (("summary", "it is so"), ("description", "look at it"))
    return Alert("Tried", expr, "5m", None, labels, texts)._replace(**changes)


def found(tried: Alert) -> list[str]:
    return list(lint.problems(plan()._replace(groups=(RuleGroup("tried", "30s", (tried,)),))))


@pytest.mark.parametrize(
    "expr",
    [
        "up == 0",
        "absent(up)",
        "(a > 1 and b > 2) or c > 3",
        "a > 1 unless b",
        "sum by (x) (rate(a[2m])) / sum by (x) (rate(b[2m])) > 0.5",
        'rate(a{code=~"[45].."}[2m]) > 1',
        "rate(a[2m]) > 1 # not [30s]",
        "max_over_time(a[2m:30s]) > 1",
        "max_over_time(a[30s:10s]) > 1",
    ],
)
def test_a_sound_alert_is_left_alone(expr: str) -> None:
    assert found(alert(expr)) == []


@pytest.mark.parametrize(
    ("tried", "words"),
    [
        (alert("sum(rate(a[5m])"), "is not valid PromQL"),
        (alert("rate(a[5m])"), "no comparison"),
        (alert("a > 1 or b"), "no comparison"),
        (alert("a > bool 1"), "no comparison"),
        (alert("rate(a[45s]) > 1"), "[45s] is shorter than two scrape intervals"),
        (alert("rate(a[500ms]) > 1"), "[0.5s] is shorter than two scrape intervals"),
        (alert("rate(a[0m30s]) > 1"), "[30s] is shorter than two scrape intervals"),
        (alert("topk(3, max_over_time((-sum(rate(a[30s] offset 5m)))[1h:1m])) > 1"), "[30s] is shorter"),
        (alert("b > 1 and on (x) rate(a[30s]) > 1"), "[30s] is shorter"),
        (
            alert("sum by (x) (a) > 1", annotations=(("summary", "{{ $labels.pod }}"), ("description", "it"))),
            "`$labels.pod`",
        ),
        (alert("a > 1", labels=(("severity", "critical"), ("team", "flight-ml"))), "severity"),
        (alert("a > 1", labels=(("severity", "page"),)), "team"),
        (alert("a > 1", annotations=(("summary", "it"),)), "description"),
    ],
)
def test_each_mistake_in_an_alert_is_found(tried: Alert, words: str) -> None:
    assert any(words in problem for problem in found(tried))

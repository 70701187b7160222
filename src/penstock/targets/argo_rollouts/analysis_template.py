"""What is measured of a canary while it has traffic, and what takes the traffic back.

Several templates, since a controller's counts of failures go over a whole run and never back, and a run in the
background lasts as long as the canary:

- One is watched in the background. It fails at the first measurement beyond a bound, and PromQL says what that takes:
  both of the newest windows. No number is no failure.
- One judges a step when its time is over, by all that the step has seen. A measurement is within the bound (the next
  step begins), beyond it (all traffic goes back), or no number at all, since the canary had too few requests or nothing
  was scraped. The last is inconclusive: the rollout stops and waits for a person, instead of going on blind.
- One compares the canary with the stable version, likewise at the end of a step, if both had traffic in it.
"""

from __future__ import annotations

from typing import Any

from penstock.ir.serving import AbortCondition, Endpoint, StableComparison, TrafficPlan
from penstock.targets import manifests
from penstock.targets.argo_rollouts.names import (
    CANARY_HASH,
    COMPARED_WINDOW,
    STABLE_HASH,
    STEP_WINDOW,
    analysis_template,
    compared_template,
    duration,
    labels,
    step_template,
)
from penstock.targets.base import version

PLACEHOLDER = "$canary"
STABLE = "$stable"
_ARGUMENTS = {PLACEHOLDER: CANARY_HASH, STABLE: STABLE_HASH, "$window": STEP_WINDOW, "$part": COMPARED_WINDOW}
_KEPT_MEASUREMENTS = 20
_TIMEOUT_SECONDS = 20
TIMEOUT_SINCE = (1, 6)
"""First version that knows the timeout of a query; before, the field is refused, and thirty seconds hold."""
# Prometheus is asked again after ten seconds: it may start anew in five minutes before a canary is given up.
_TOLERATED_ERRORS = 30


def canary_analysis(endpoint: Endpoint, traffic: TrafficPlan) -> dict[str, Any]:
    """The AnalysisTemplate that is measured for as long as the canary lasts."""
    window = traffic.window_seconds
    return _template(
        endpoint,
        analysis_template(endpoint),
        args=(CANARY_HASH,),
        metrics=[
            {
                "name": condition.name,
                "initialDelay": duration(2 * window),
                "interval": duration(window),
                "failureLimit": 0,
                "consecutiveErrorLimit": _TOLERATED_ERRORS,
                "failureCondition": failure_condition(condition),
                "provider": _prometheus(endpoint, condition.watch),
            }
            for condition in traffic.abort_on
        ],
        kept=_KEPT_MEASUREMENTS,
    )


def step_analysis(endpoint: Endpoint, traffic: TrafficPlan) -> dict[str, Any]:
    """The AnalysisTemplate that is measured once, at the end of each step that is held for a time."""
    return _template(
        endpoint,
        step_template(endpoint),
        args=(CANARY_HASH, STEP_WINDOW),
        metrics=[_judgement(endpoint, condition) for condition in traffic.abort_on],
    )


def compared_analysis(endpoint: Endpoint, traffic: TrafficPlan) -> dict[str, Any]:
    """The AnalysisTemplate that compares the versions once, at the end of each step that both have had traffic in."""
    return _template(
        endpoint,
        compared_template(endpoint),
        args=(CANARY_HASH, STABLE_HASH, STEP_WINDOW, COMPARED_WINDOW),
        metrics=[_judgement(endpoint, comparison) for comparison in traffic.compared],
    )


def _judgement(endpoint: Endpoint, judged: AbortCondition | StableComparison) -> dict[str, Any]:
    """A measurement that decides."""
    return {
        "name": judged.name,
        "failureLimit": 0,
        "inconclusiveLimit": 0,
        "consecutiveErrorLimit": _TOLERATED_ERRORS,
        "successCondition": success_condition(judged),
        "failureCondition": failure_condition(judged),
        "provider": _prometheus(endpoint, judged.judged),
    }


def success_condition(condition: AbortCondition | StableComparison) -> str:
    """When a measurement is within its bound. An empty answer and NaN satisfy neither this nor its opposite."""
    return f"len(result) > 0 && result[0] {'<=' if condition.beyond == 'above' else '>='} {condition.bound:f}"


def failure_condition(condition: AbortCondition | StableComparison) -> str:
    """When a measurement is beyond its bound."""
    return f"len(result) > 0 && result[0] {'>' if condition.beyond == 'above' else '<'} {condition.bound:f}"


def _template(
    endpoint: Endpoint, name: str, *, args: tuple[str, ...], metrics: list[dict[str, Any]], kept: int | None = None
) -> dict[str, Any]:
    spec: dict[str, Any] = {"args": [{"name": arg} for arg in args]}
    if kept is not None:
        spec["measurementRetention"] = [{"metricName": metric["name"], "limit": kept} for metric in metrics]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": manifests.metadata(name, endpoint.namespace, labels(endpoint)),
        "spec": spec | {"metrics": metrics},
    }


def _prometheus(endpoint: Endpoint, query: str) -> dict[str, Any]:
    for placeholder, arg in _ARGUMENTS.items():
        query = query.replace(placeholder, f"{{{{args.{arg}}}}}")
    timeout = {"timeout": _TIMEOUT_SECONDS} if version(endpoint.version) >= TIMEOUT_SINCE else {}
    return {"prometheus": {"address": endpoint.prometheus, **timeout, "query": query}}

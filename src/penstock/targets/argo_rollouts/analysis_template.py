"""What is measured of a canary while it has traffic, and what takes the traffic back.

A measurement is one of three: within the bound (successful), beyond it (failed), or no number at all, since the canary
had no requests or nothing was scraped. The last is neither good nor bad: it counts as inconclusive, and when it lasts
the rollout stops and waits for a person, instead of going on blind or giving up.
"""

from __future__ import annotations

from typing import Any

from penstock.ir.serving import AbortCondition, Endpoint
from penstock.targets import manifests
from penstock.targets.argo_rollouts.names import CANARY_HASH, analysis_template, labels

PLACEHOLDER = "$canary"
_KEPT_MEASUREMENTS = 20
_TIMEOUT_SECONDS = 20


def canary_analysis(endpoint: Endpoint, conditions: tuple[AbortCondition, ...]) -> dict[str, Any]:
    """The AnalysisTemplate: it measures each minute for as long as the canary lasts."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": manifests.metadata(analysis_template(endpoint), endpoint.namespace, labels(endpoint)),
        "spec": {
            "args": [{"name": CANARY_HASH}],
            "measurementRetention": [
                {"metricName": condition.name, "limit": _KEPT_MEASUREMENTS} for condition in conditions
            ],
            "metrics": [_metric(endpoint, condition) for condition in conditions],
        },
    }


_FIRST_AFTER_MINUTES, _EVERY_MINUTES, _TOLERATED = 2, 1, 2
EARLIEST_ABORT_MINUTES = _FIRST_AFTER_MINUTES + _TOLERATED * _EVERY_MINUTES
"""After how long the measurement comes that can abort a canary which is bad from the start."""


def success_condition(condition: AbortCondition) -> str:
    """When a measurement is within its bound. An empty answer and NaN satisfy neither this nor its opposite."""
    return f"len(result) > 0 && result[0] {'<=' if condition.beyond == 'above' else '>='} {condition.bound:f}"


def failure_condition(condition: AbortCondition) -> str:
    """When a measurement is beyond its bound."""
    return f"len(result) > 0 && result[0] {'>' if condition.beyond == 'above' else '<'} {condition.bound:f}"


def _metric(endpoint: Endpoint, condition: AbortCondition) -> dict[str, Any]:
    return {
        "name": condition.name,
        "initialDelay": f"{_FIRST_AFTER_MINUTES}m",
        "interval": f"{_EVERY_MINUTES}m",
        # Two bad minutes are a hiccup; the third aborts.
        "failureLimit": _TOLERATED,
        "inconclusiveLimit": 10,
        "consecutiveErrorLimit": 4,
        "successCondition": success_condition(condition),
        "failureCondition": failure_condition(condition),
        "provider": {
            "prometheus": {
                "address": endpoint.prometheus,
                "timeout": _TIMEOUT_SECONDS,
                "query": condition.query.replace(PLACEHOLDER, f"{{{{args.{CANARY_HASH}}}}}"),
            }
        },
    }

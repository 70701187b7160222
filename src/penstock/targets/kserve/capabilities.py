"""What KServe silently ignores, rejects at admission or does not have, with alternatives."""

from __future__ import annotations

from penstock.ir.serving import Endpoint
from penstock.targets.base import Capability, version
from penstock.targets.kserve.runtimes import bundled_runtime

STANDARD_CANARY_SINCE = (0, 21)
"""First version whose HTTPRoutes divide the traffic (kserve#5912). 0.20 starts the pods of ``spec.canary`` and sends
them no request; before, Standard mode knows no canary and drops the field."""
_CANARY_PODS_SINCE = (0, 20)
STANDARD_NAME_SINCE = (0, 16)
"""First version that calls the mode ``Standard``; before, it is ``RawDeployment``."""
# `app: isvc.NAME-v1a2b3c4d-predictor` is the longest label value, of 63 characters at most.
LONGEST_NAME = 48
LONGEST_NAME_WITH_CANARY = 38
# Knative's private services are called NAME-predictor-00001-private.
LONGEST_NAME_IN_KNATIVE = 39

LONGEST_IN_KNATIVE_SECONDS = 600
"""Knative's ``max-revision-timeout-seconds``, where a cluster does not set another in `config-defaults`."""
LONGEST_IN_STANDARD_SECONDS = 99_999
"""KServe writes the timeout into its HTTPRoutes in seconds (`toGatewayAPIDuration`), and the Gateway API takes no more
than five digits before a unit."""


def _hold(endpoint: Endpoint) -> str | None:
    if endpoint.traffic and any(s.hold_seconds is not None for s in endpoint.traffic.steps):
        return "KServe does not advance a canary by itself, so `hold` would have no effect"
    return None


def _abort_on(endpoint: Endpoint) -> str | None:
    if endpoint.traffic is None:
        return None
    if endpoint.traffic.abort_on or endpoint.traffic.compared or endpoint.unobserved:
        return "KServe has no metric analysis"
    return None


def _standard_canary(endpoint: Endpoint) -> str | None:
    if endpoint.traffic is None or endpoint.mode == "Knative":
        return None
    if version(endpoint.version) >= STANDARD_CANARY_SINCE:
        return None
    if version(endpoint.version) >= _CANARY_PODS_SINCE:
        return f"KServe {endpoint.version} starts a canary's pods in Standard mode, but sends them no requests"
    return f"KServe {endpoint.version} ignores a canary in Standard mode: all traffic would move at once"


def _whole_percents(endpoint: Endpoint) -> str | None:
    if endpoint.traffic is None:
        return None
    broken = next((s.percent for s in endpoint.traffic.steps if s.percent != int(s.percent)), None)
    return None if broken is None else f"KServe needs whole percentages, not {broken.normalize():f}%"


def _step_exists(endpoint: Endpoint) -> str | None:
    if endpoint.traffic is None or endpoint.traffic.reached is None:
        return None
    if endpoint.traffic.reached >= len(endpoint.traffic.steps):
        return (
            f"the Release is at step {endpoint.traffic.reached}, but the canary has only {len(endpoint.traffic.steps)}"
        )
    if endpoint.previous is None:
        return "the Release is at a step of the canary, but has no `previous` version for the other traffic"
    return None


def _protocol(endpoint: Endpoint) -> str | None:
    if endpoint.protocol == "grpc-v2":
        return "probes, rules and metrics use HTTP and would not work with gRPC"
    if endpoint.runtime is None and bundled_runtime(endpoint) is None:
        return f"none of KServe's own runtimes serves {endpoint.format} over {endpoint.protocol}"
    return None


def _metric(endpoint: Endpoint) -> str | None:
    if endpoint.scaling.min == endpoint.scaling.max:
        return None
    metric = endpoint.scaling.metric
    if endpoint.mode == "Knative":
        if metric in ("cpu", "memory"):
            return f"Knative's autoscaler does not support {metric}; KServe rejects it"
        return None
    if metric == "concurrency":
        return "in Standard mode there is no metric of concurrent requests"
    if metric == "rps" and endpoint.keda is None:
        return "in Standard mode scaling by requests needs KEDA, which the Environment does not declare"
    if metric == "rps" and not endpoint.scaling.query:
        return "there is no request metric of this endpoint for KEDA to query"
    return None


def _target(endpoint: Endpoint) -> str | None:
    if endpoint.scaling.metric not in ("cpu", "memory"):
        return None
    if endpoint.scaling.target > 100:
        return f"KServe rejects a target of {endpoint.scaling.target}% of the request"
    return None


def _replicas(endpoint: Endpoint) -> str | None:
    if endpoint.scaling.min > endpoint.scaling.max:
        return f"KServe would raise `max` from {endpoint.scaling.max} replicas to the `min` of {endpoint.scaling.min}"
    return None


def _first_letter(endpoint: Endpoint) -> str | None:
    return None if endpoint.name[0].isalpha() else "KServe rejects a name that starts with a digit"


def _long_name(endpoint: Endpoint) -> str | None:
    longest = LONGEST_NAME
    if endpoint.mode == "Knative":
        longest = LONGEST_NAME_IN_KNATIVE
    elif endpoint.traffic is not None:
        longest = LONGEST_NAME_WITH_CANARY
    if len(endpoint.name) <= longest:
        return None
    return f"labels that KServe derives from it would exceed 63 characters; it has {len(endpoint.name)}"


def _timeout_in_knative(endpoint: Endpoint) -> str | None:
    if endpoint.mode == "Standard" or endpoint.timeout_seconds <= LONGEST_IN_KNATIVE_SECONDS:
        return None
    return f"Knative rejects a timeout of {endpoint.timeout_seconds} seconds, so KServe would create no pods"


def _timeout_of_routes(endpoint: Endpoint) -> str | None:
    if endpoint.mode == "Knative" or endpoint.timeout_seconds <= LONGEST_IN_STANDARD_SECONDS:
        return None
    return f"the Gateway API rejects `{endpoint.timeout_seconds}s`, which KServe would write into its routes"


def _mode_name(endpoint: Endpoint) -> str | None:
    if version(endpoint.version) >= STANDARD_NAME_SINCE:
        return None
    return f"KServe {endpoint.version} has other names for its modes and would use the cluster's default"


CAPABILITIES = (
    Capability(
        "strategy.canary.steps.hold",
        _hold,
        "pull requests that advance the Release (`penstock promote --advance`), or `target: argo-rollouts`",
    ),
    Capability("strategy.canary.abortOn", _abort_on, "`target: argo-rollouts`, which measures and aborts"),
    Capability(
        "strategy.canary",
        _standard_canary,
        "KServe 0.21 or newer, `mode: Knative`, or `target: argo-rollouts`",
    ),
    Capability("strategy.canary.steps.weight", _whole_percents, "a whole percentage"),
    Capability("strategy.canary.steps", _step_exists, "a step of the strategy, and the `previous` version"),
    Capability("serve.protocol", _protocol, "`protocol: v2`, or for gRPC a custom InferenceService"),
    Capability("serve.replicas.metric", _metric, "`cpu` in Standard mode, `rps` with KEDA or in Knative mode"),
    Capability("serve.replicas.target", _target, "a target of at most 100"),
    Capability("serve.replicas", _replicas, "a `max` of at least `min`"),
    Capability(
        "serve.timeout",
        _timeout_in_knative,
        "at most `10m`; if `max-revision-timeout-seconds` is longer, a patch of `spec.predictor.timeout`",
    ),
    Capability("serve.timeout", _timeout_of_routes, f"at most `{LONGEST_IN_STANDARD_SECONDS}s`, which is 27 hours"),
    Capability("metadata.name", _first_letter, "a name that starts with a letter"),
    Capability("metadata.name", _long_name, "a name of at most 38 characters (48 without a canary in Standard mode)"),
    Capability("environment.kserve.version", _mode_name, "KServe 0.16 or newer"),
)

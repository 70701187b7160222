"""What KServe ignores in silence, refuses at admission or does not have, and what would do."""

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


def _hold(endpoint: Endpoint) -> str | None:
    if endpoint.traffic and any(s.hold_seconds is not None for s in endpoint.traffic.steps):
        return "KServe moves no traffic by itself, so nothing would wait for `hold`"
    return None


def _abort_on(endpoint: Endpoint) -> str | None:
    if endpoint.traffic is None:
        return None
    if endpoint.traffic.abort_on or any(u.field.startswith("strategy.canary.abortOn") for u in endpoint.unobserved):
        return "KServe aborts no canary: it looks at no metric"
    return None


def _standard_canary(endpoint: Endpoint) -> str | None:
    if endpoint.traffic is None or endpoint.mode == "Knative":
        return None
    if version(endpoint.version) >= STANDARD_CANARY_SINCE:
        return None
    if version(endpoint.version) >= _CANARY_PODS_SINCE:
        return f"KServe {endpoint.version} starts a canary's pods in Standard mode, and sends them no request"
    return f"KServe {endpoint.version} ignores a canary in Standard mode: all traffic would move at once"


def _whole_percents(endpoint: Endpoint) -> str | None:
    if endpoint.traffic is None:
        return None
    broken = next((s.percent for s in endpoint.traffic.steps if s.percent != int(s.percent)), None)
    return None if broken is None else f"KServe takes whole percents, and {broken.normalize():f}% is none"


def _step_exists(endpoint: Endpoint) -> str | None:
    if endpoint.traffic is None or endpoint.traffic.reached is None:
        return None
    if endpoint.traffic.reached >= len(endpoint.traffic.steps):
        return f"the Release has reached step {endpoint.traffic.reached}; there are {len(endpoint.traffic.steps)}"
    if endpoint.previous is None:
        return "the Release is at a step of the canary and names no `previous` version to keep the other traffic"
    return None


def _protocol(endpoint: Endpoint) -> str | None:
    if endpoint.protocol == "grpc-v2":
        return "probes, rules and metrics of a rollout are those of HTTP; over gRPC none of them would see anything"
    if endpoint.runtime is None and bundled_runtime(endpoint) is None:
        return f"none of KServe's own runtimes serves {endpoint.format} over {endpoint.protocol}"
    return None


def _metric(endpoint: Endpoint) -> str | None:
    if endpoint.scaling.min == endpoint.scaling.max:
        return None
    metric = endpoint.scaling.metric
    if endpoint.mode == "Knative":
        if metric in ("cpu", "memory"):
            return f"Knative's own autoscaler does not know {metric}; KServe refuses it"
        return None
    if metric == "concurrency":
        return "in Standard mode nothing counts requests under way"
    if metric == "rps" and endpoint.keda is None:
        return "in Standard mode KServe scales by requests through KEDA, and the Environment has none"
    if metric == "rps" and not endpoint.scaling.query:
        return "no series counts this endpoint's requests, so KEDA has nothing to ask for"
    return None


def _target(endpoint: Endpoint) -> str | None:
    if endpoint.scaling.metric not in ("cpu", "memory"):
        return None
    if endpoint.scaling.target > 100:
        return f"KServe refuses a target of {endpoint.scaling.target}% of the request"
    return None


def _replicas(endpoint: Endpoint) -> str | None:
    if endpoint.scaling.min > endpoint.scaling.max:
        return f"KServe would raise the {endpoint.scaling.max} copies at most to the {endpoint.scaling.min} at least"
    return None


def _name(endpoint: Endpoint) -> str | None:
    if not endpoint.name[0].isalpha():
        return "KServe refuses a name that begins with a digit"
    longest = LONGEST_NAME
    if endpoint.mode == "Knative":
        longest = LONGEST_NAME_IN_KNATIVE
    elif endpoint.traffic is not None:
        longest = LONGEST_NAME_WITH_CANARY
    if len(endpoint.name) <= longest:
        return None
    return f"the labels that KServe makes of it would be longer than 63 characters; it has {len(endpoint.name)}"


def _timeout(endpoint: Endpoint) -> str | None:
    if endpoint.mode == "Standard" or endpoint.timeout_seconds <= LONGEST_IN_KNATIVE_SECONDS:
        return None
    return f"Knative refuses a timeout of {endpoint.timeout_seconds} seconds, and KServe makes no pods"


def _mode_name(endpoint: Endpoint) -> str | None:
    if version(endpoint.version) >= STANDARD_NAME_SINCE:
        return None
    return f"KServe {endpoint.version} calls its modes by other names and would take the cluster's default"


CAPABILITIES = (
    Capability(
        "strategy.canary.steps.hold",
        _hold,
        "pull requests that advance the Release (`penstock promote --advance`), or target argo-rollouts",
    ),
    Capability("strategy.canary.abortOn", _abort_on, "`target: argo-rollouts`, which measures and aborts"),
    Capability(
        "strategy.canary",
        _standard_canary,
        "KServe 0.21 or newer, `mode: Knative`, or `target: argo-rollouts`",
    ),
    Capability("strategy.canary.steps.weight", _whole_percents, "a whole percentage"),
    Capability("strategy.canary.steps", _step_exists, "a step of the strategy, and the `previous` version beside it"),
    Capability("serve.protocol", _protocol, "`protocol: v2`, or for gRPC an InferenceService of one's own"),
    Capability("serve.replicas.metric", _metric, "`cpu` in Standard mode, `rps` with KEDA or in Knative mode"),
    Capability("serve.replicas.target", _target, "a target of at most 100"),
    Capability("serve.replicas", _replicas, "`max` of at least `min`"),
    Capability(
        "serve.timeout",
        _timeout,
        "at most `10m`; where `max-revision-timeout-seconds` is longer, a patch of `spec.predictor.timeout`",
    ),
    Capability("metadata.name", _name, "a name of at most 38 characters (48 without a canary in Standard mode)"),
    Capability("environment.kserve.version", _mode_name, "KServe 0.16 or newer"),
)

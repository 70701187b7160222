"""What Argo Rollouts ignores, rounds or cannot do, with alternatives."""

from __future__ import annotations

from penstock.ir.serving import Endpoint
from penstock.targets.argo_rollouts.analysis_template import PLACEHOLDER, STABLE
from penstock.targets.argo_rollouts.names import canary_service
from penstock.targets.argo_rollouts.pod import IMPLEMENTATIONS
from penstock.targets.base import Capability, version

PLUGINS_SINCE = (1, 5)
"""First version with traffic router plugins; before, all pods share the traffic by their number."""
LONGEST_HOST = 253
"""Of a host name in an HTTPRoute."""
LONGEST_TIMEOUT_HOURS = 99_999
"""Of a timeout in an HTTPRoute, which has five digits before its largest unit."""


def _plugins(endpoint: Endpoint) -> str | None:
    if version(endpoint.version) >= PLUGINS_SINCE:
        return None
    return f"Argo Rollouts {endpoint.version} has no traffic plugins, so weights would be approximated by pod counts"


def _gateway(endpoint: Endpoint) -> str | None:
    if endpoint.gateway is None or endpoint.host is None:
        return "the Environment declares no gateway for requests"
    return None


def _image(endpoint: Endpoint) -> str | None:
    return None if endpoint.image else "neither the Rollout nor the Environment has a server image"


def _runtime(endpoint: Endpoint) -> str | None:
    return None if endpoint.runtime is None else "ServingRuntimes exist only in KServe"


def _format(endpoint: Endpoint) -> str | None:
    return None if endpoint.format in IMPLEMENTATIONS else f"MLServer cannot load {endpoint.format} models"


def _protocol(endpoint: Endpoint) -> str | None:
    return (
        None
        if endpoint.protocol == "v2"
        else f"routes, probes and metrics need the protocol v2, not {endpoint.protocol}"
    )


def _metric(endpoint: Endpoint) -> str | None:
    scaling = endpoint.scaling
    if scaling.min == scaling.max or scaling.metric in ("cpu", "memory"):
        return None
    if scaling.metric == "concurrency":
        return "there is no metric of concurrent requests"
    if endpoint.keda is None:
        return "scaling by requests needs KEDA, which the Environment does not declare"
    return None if scaling.query else "there is no request metric of this endpoint for KEDA to query"


def _replicas(endpoint: Endpoint) -> str | None:
    if endpoint.scaling.min > endpoint.scaling.max:
        return f"`min` of {endpoint.scaling.min} replicas is above `max` of {endpoint.scaling.max}"
    return None


def _step(endpoint: Endpoint) -> str | None:
    if endpoint.traffic is None or endpoint.traffic.reached is None:
        return None
    return "the Release has a step, but Argo Rollouts advances through all steps by itself"


def _whole_percents(endpoint: Endpoint) -> str | None:
    steps = endpoint.traffic.steps if endpoint.traffic is not None else ()
    broken = next((step.percent for step in steps if step.percent != int(step.percent)), None)
    return None if broken is None else f"weights must be whole percentages, not {broken.normalize():f}%"


def _unobserved(endpoint: Endpoint) -> str | None:
    return next((found.reason for found in endpoint.unobserved), None)


def _observed_instead(endpoint: Endpoint) -> str:
    return next((found.instead for found in endpoint.unobserved), "")


def _not_of_the_canary(endpoint: Endpoint) -> str | None:
    traffic = endpoint.traffic
    if traffic is None:
        return None
    queries = {one.name: one.judged for one in traffic.abort_on} | {one.name: one.judged for one in traffic.compared}
    # Istio tells the canary apart by its service.
    marks = (PLACEHOLDER, f'destination_service_name="{canary_service(endpoint)}"')
    blind = next((name for name, query in queries.items() if not any(mark in query for mark in marks)), None)
    return (
        None
        if blind is None
        else f"`{blind}` measures all pods, not only the canary: its expression does not contain `{PLACEHOLDER}`"
    )


def _stable_in_a_bound(endpoint: Endpoint) -> str | None:
    conditions = endpoint.traffic.abort_on if endpoint.traffic is not None else ()
    found = next((one.name for one in conditions if STABLE in one.judged), None)
    return None if found is None else f"`{found}` names `{STABLE}`, but a bound is for the canary alone"


def _name(endpoint: Endpoint) -> str | None:
    if endpoint.name[0].isalpha():
        return None
    return "Kubernetes rejects the Services of the endpoint, because their name starts with a digit"


def _domain(endpoint: Endpoint) -> str | None:
    if endpoint.host is None or len(endpoint.host) <= LONGEST_HOST:
        return None
    return (
        f"the host name of the endpoint would be longer than {LONGEST_HOST} characters, and the Gateway API rejects it"
    )


def _timeout(endpoint: Endpoint) -> str | None:
    if endpoint.timeout_seconds < (LONGEST_TIMEOUT_HOURS + 1) * 3600:
        return None
    return f"the Gateway API rejects a timeout of more than {LONGEST_TIMEOUT_HOURS} hours"


CAPABILITIES = (
    Capability("environment.argoRollouts.version", _plugins, "Argo Rollouts 1.5 or newer with the Gateway API plugin"),
    Capability("environment.argoRollouts", _gateway, "`gateway` and `domain` in `argoRollouts`"),
    Capability("serve.image", _image, "`serve.image`, or `images.server` in the Environment"),
    Capability("serve.runtime", _runtime, "`serve.image`"),
    Capability("serve.format", _format, "`mlflow`, or `target: kserve` with its Triton"),
    Capability("serve.protocol", _protocol, "`protocol: v2`"),
    Capability("serve.timeout", _timeout, f"at most `{LONGEST_TIMEOUT_HOURS}h`"),
    Capability("serve.replicas.metric", _metric, "`cpu`, or `rps` with KEDA"),
    Capability("serve.replicas", _replicas, "a `max` of at least `min`"),
    Capability("strategy.canary.steps", _step, "a Release without `step`"),
    Capability("strategy.canary.steps.weight", _whole_percents, "a whole percentage"),
    Capability("strategy.canary.abortOn", _unobserved, _observed_instead),
    Capability(
        "strategy.canary.abortOn",
        _not_of_the_canary,
        'a selector `revision="$canary"` over series of the endpoint\'s pods',
    ),
    Capability(
        "strategy.canary.abortOn",
        _stable_in_a_bound,
        "`aboveStable` or `belowStable`, which compare the two",
    ),
    Capability("metadata.name", _name, "a name that starts with a letter"),
    Capability("environment.argoRollouts.domain", _domain, f"a shorter domain: {LONGEST_HOST} characters in all"),
)

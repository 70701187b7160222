"""A rollout and its release as an endpoint: what is served, how much of it, how traffic moves to a new version."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlsplit

from penstock.catalog.model import View
from penstock.ir.monitoring import Unobserved
from penstock.ir.serving import (
    UNRELEASED,
    AbortCondition,
    Endpoint,
    ModelFiles,
    Scaling,
    StableComparison,
    TrafficPlan,
    TrafficStep,
)
from penstock.ir.workflow import Compute
from penstock.lowering.endpoints.canary_figures import abort_condition
from penstock.lowering.endpoints.request_series import RequestSeries, Unmeasured
from penstock.lowering.endpoints.serving import free_labels, identity_of, mode_of, pods_of, requests_of
from penstock.lowering.endpoints.serving_pods import ServingPods
from penstock.lowering.endpoints.stable_comparison import comparison
from penstock.lowering.environments import environment_of
from penstock.specs.canary import CanaryStep
from penstock.specs.compared_windows import compared_window
from penstock.specs.environment import EnvironmentSpec
from penstock.specs.release import Release, Version
from penstock.specs.rollout import Rollout, RolloutSpec
from penstock.specs.units import Duration


def endpoint(view: View, name: str) -> Endpoint:
    """The endpoint of the rollout `name` in the view's environment; before its first release without a version."""
    release = view.release_of(name)
    rollout = view.rollout(name)
    environment = environment_of(view).spec
    serve = rollout.spec.serve
    requests = requests_of(rollout, environment)
    window = environment.prometheus.short_window
    traffic, unobserved = _traffic(rollout.spec, release, requests, window)
    platform, pods = _platform(rollout, environment), pods_of(rollout, environment)
    return Endpoint(
        name=rollout.name,
        namespace=environment.namespace,
        environment=environment_of(view).name,
        model=rollout.spec.model,
        owner=rollout.metadata.owner,
        description=rollout.metadata.description,
        target=serve.target,
        format=serve.format,
        protocol=serve.protocol,
        runtime=serve.runtime,
        image=serve.image or (environment.server_image if serve.is_by_mlserver else None),
        fetch_image=environment.runtime_image,
        files=_files(environment, rollout.spec.model, release.spec.version) if release else UNRELEASED,
        model_store=environment.model_store,
        storage_secret=storage_secret(environment),
        previous=_previous(environment, rollout, release),
        scaling=Scaling(
            min=serve.replicas.min,
            max=serve.replicas.max,
            metric=serve.replicas.metric,
            target=serve.replicas.target,
            query=requests.requests(str(window)) if isinstance(requests, RequestSeries) else "",
        ),
        compute=Compute(serve.resources.cpu.shortest, serve.resources.memory.shortest, serve.resources.gpu),
        timeout_seconds=-(-int(serve.timeout) // 1000),
        traffic=traffic,
        ports=pods.ports,
        version=platform.version,
        keda=environment.keda.version if environment.keda is not None else None,
        mode="Knative" if mode_of(environment) == "Knative" else "Standard",
        identity=identity_of(rollout),
        gateway=platform.gateway,
        host=platform.host,
        prometheus=environment.prometheus.url,
        labels=free_labels(rollout),
        uncaptured=_uncaptured(pods, environment),
        unobserved=unobserved,
    )


def _uncaptured(pods: ServingPods, environment: EnvironmentSpec) -> tuple[int, ...]:
    """The port for metrics, where no request comes to it and a sidecar might want certificates of who does."""
    port = pods.metrics[1]
    by_sidecar = environment.istio is not None and environment.istio.mode == "sidecar"
    return (port,) if by_sidecar and port not in pods.reached_at else ()


def model_uri(store: str, model: str, digest: str) -> str:
    """Where a registered model's files lie in a content-addressed store."""
    return f"{store}/{model}/{digest.removeprefix('sha256:')}/model"


def is_remote(store: str) -> bool:
    """Whether pods load models from the store over the network."""
    return urlsplit(store).scheme != "file"


def storage_secret(environment: EnvironmentSpec) -> str | None:
    """The Secret with the keys of the store that pods load models from; None where it has none."""
    return environment.storage_secret if urlsplit(environment.model_store).scheme == "s3" else None


class _Platform(NamedTuple):
    """What serves an endpoint: its version, and the gateway and host name of routes that are ours."""

    version: str
    gateway: tuple[str, str] | None = None
    host: str | None = None


def _platform(rollout: Rollout, environment: EnvironmentSpec) -> _Platform:
    """The rollout's target in an environment; without a version where the environment has none, which a check finds."""
    kserve, argo = environment.kserve, environment.argo_rollouts
    if rollout.spec.serve.target == "kserve":
        return _Platform(kserve.version if kserve is not None else "")
    if argo is None:
        return _Platform("")
    namespace, _, name = argo.gateway.partition("/")
    return _Platform(argo.version, (namespace, name), f"{rollout.name}.{argo.domain}")


def _previous(environment: EnvironmentSpec, rollout: Rollout, release: Release | None) -> ModelFiles | None:
    previous = release.spec.previous if release is not None else None
    return None if previous is None else _files(environment, previous.model or rollout.spec.model, previous)


def _files(environment: EnvironmentSpec, model: str, version: Version) -> ModelFiles:
    return ModelFiles(version.digest, model_uri(environment.model_store, model, version.digest))


def _traffic(
    rollout: RolloutSpec, release: Release | None, requests: RequestSeries | Unmeasured, window: Duration
) -> tuple[TrafficPlan | None, tuple[Unobserved, ...]]:
    canary = rollout.strategy.canary
    if canary is None:
        return None, ()
    conditions: list[AbortCondition] = []
    comparisons: list[StableComparison] = []
    unobserved: list[Unobserved] = []
    for spec in canary.abort_on:
        found: AbortCondition | StableComparison | Unmeasured = (
            comparison(spec, requests) if spec.is_comparison else abort_condition(spec, rollout.slos, requests, window)
        )
        if isinstance(found, Unmeasured):
            unobserved.append(Unobserved(f"strategy.canary.abortOn[{spec.id}]", *found))
        elif isinstance(found, StableComparison):
            comparisons.append(found)
        else:
            conditions.append(found)
    steps = tuple(_step(step, window, is_compared=bool(comparisons)) for step in canary.steps)
    reached = release.spec.step if release else None
    plan = TrafficPlan(steps, tuple(conditions), tuple(comparisons), reached, -(-int(window) // 1000))
    return plan, tuple(unobserved)


def _step(step: CanaryStep, window: Duration, *, is_compared: bool) -> TrafficStep:
    """A step; one that leaves the stable version no request compares nothing."""
    percent = Decimal(step.weight) * 100
    if step.hold is None:
        return TrafficStep(percent, None, None)
    compared = int(compared_window(step.hold, window)) // 1000 if is_compared and step.weight < 1 else None
    return TrafficStep(percent, int(step.hold) // 1000, compared)

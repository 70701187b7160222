"""Who an endpoint's pods are, and who may reach them."""

from __future__ import annotations

from penstock.catalog.model import View
from penstock.ir.serving import AccessRule, Caller, Egress, Mesh
from penstock.lowering.endpoints.endpoint import is_remote, storage_secret
from penstock.lowering.endpoints.serving import free_labels, identity_of, mode_of, pods_of
from penstock.lowering.environments import environment_of
from penstock.specs.environment import EnvironmentSpec
from penstock.specs.rollout import Rollout


def access_rule(view: View, name: str) -> AccessRule:
    """The access rule of the rollout `name` in the view's environment."""
    rollout = view.rollout(name)
    environment = environment_of(view).spec
    pods = pods_of(rollout, environment)
    access = rollout.spec.access
    callers = (
        None
        if access is None
        else tuple(Caller(caller.namespace, tuple(sorted(caller.pods.items()))) for caller in access.callers)
    )
    return AccessRule(
        endpoint=rollout.name,
        namespace=environment.namespace,
        pods=pods.labels,
        callers=callers,
        relays=_relays(rollout, environment),
        ports=pods.reached_at,
        metrics_port=pods.metrics[1],
        monitoring=environment.prometheus.namespace,
        store="remote" if is_remote(environment.model_store) else "local",
        egress=_egress(environment),
        identity=identity_of(rollout),
        storage_secret=storage_secret(environment),
        mesh=Mesh(environment.istio.mode, environment.istio.namespace) if environment.istio is not None else None,
        environment=environment_of(view).name,
        model=rollout.spec.model,
        owner=rollout.metadata.owner,
        labels=free_labels(rollout),
        is_split_by_relay=rollout.spec.strategy.canary is not None,
    )


def _egress(environment: EnvironmentSpec) -> Egress:
    store = environment.egress.store
    egress = environment.egress
    return Egress(store.port, store.namespace, tuple(store.cidrs), egress.credentials, tuple(egress.tokens))


def _relays(rollout: Rollout, environment: EnvironmentSpec) -> tuple[str, ...]:
    """Where requests come from that are not the callers' own connections.

    KServe's routes exist in Standard mode whether there is a canary or not (`httproute_reconciler.go`). Without one,
    callers reach the pods themselves, and the gateway, which asks nobody who they are, stays out.
    """
    if rollout.spec.serve.target == "argo-rollouts":
        argo = environment.argo_rollouts
        return (argo.gateway_namespace or argo.gateway.partition("/")[0],) if argo is not None else ()
    kserve = environment.kserve
    if mode_of(environment) == "Knative":
        # With capacity to spare the activator leaves the path, and the gateway comes to the pods itself.
        gateway = kserve.gateway_namespace if kserve is not None else None
        return ("knative-serving", *([gateway] if gateway is not None else []))
    if kserve is None or kserve.gateway_namespace is None or rollout.spec.strategy.canary is None:
        return ()
    return (kserve.gateway_namespace,)

"""An endpoint as a plan: what is served, how much of it, how traffic moves to a new version, who may call."""

from decimal import ROUND_CEILING, Decimal
from typing import Literal, NamedTuple

from penstock.ir.monitoring import Unobserved
from penstock.ir.workflow import Compute


class ModelFiles(NamedTuple):
    """A version of a model: its digest and where its files lie."""

    digest: str
    uri: str


UNRELEASED = ModelFiles("", "")
"""Stands for the version of an endpoint to which nothing is released yet."""

STAND_IN = ModelFiles("sha256:" + "0" * 64, "file:///nowhere")
"""A version that nobody has made, to ask targets which objects they would render of an endpoint."""


class Scaling(NamedTuple):
    """Copies, and what makes them more."""

    min: int
    max: int
    metric: Literal["cpu", "memory", "rps", "concurrency"]
    target: int
    query: str
    """For rps: PromQL that yields the requests each second of all copies together."""


class AbortCondition(NamedTuple):
    """A figure of the canary that sends all traffic back when it passes its bound.

    ``$canary`` in its PromQL stands for the canary's value of the label ``revision``.
    """

    name: str
    watch: str
    """PromQL of what aborts at any time: one value, which is beyond the bound where the canary has been for long."""
    judged: str
    """PromQL that judges a step at its end, whose length is ``$window``: one value, and none on too few requests."""
    bound: Decimal
    beyond: Literal["above", "below"]


class StableComparison(NamedTuple):
    """Whether the canary is worse than the stable version, which sends all traffic back.

    In its PromQL ``$canary`` and ``$stable`` stand for the versions' values of the label ``revision``.
    """

    name: str
    judged: str
    """PromQL that judges a step of the length ``$window`` by windows of the length ``$part``: how many standard errors
    the canary is worse by than it may be, and no value on too few requests."""
    bound: Decimal
    """How many of them are not chance."""
    beyond: Literal["above"] = "above"


class TrafficStep(NamedTuple):
    """A share of the traffic in percent, held for some seconds (None: until somebody advances it)."""

    percent: Decimal
    hold_seconds: int | None
    compared_seconds: int | None
    """How long the windows are in which the canary is compared; None where it is not."""


class TrafficPlan(NamedTuple):
    """The steps of a canary, what aborts it, and how far the present release has come."""

    steps: tuple[TrafficStep, ...]
    abort_on: tuple[AbortCondition, ...]
    compared: tuple[StableComparison, ...]
    reached: int | None
    """Index of the step that the present release has reached; None once it has all the traffic."""
    window_seconds: int
    """How often the canary is watched, which is how long the windows are that `AbortCondition.watch` looks at."""


class Caller(NamedTuple):
    """Pods that may call, by namespace and labels; every pod of the namespace where no label is given."""

    namespace: str
    pods: tuple[tuple[str, str], ...]


class Mesh(NamedTuple):
    """Istio's mesh, as pods in it see it."""

    mode: Literal["sidecar", "ambient"]
    namespace: str
    """Where its control plane is."""


class PodIdentity(NamedTuple):
    """Whom pods are to a cloud."""

    cloud: Literal["aws", "gcp", "azure"]
    name: str
    """ARN of the role, address of the service account, client id."""


class Egress(NamedTuple):
    """What pods reach besides names: the store that they load the model from, and what gives out credentials for it."""

    port: int = 443
    namespace: str | None = None
    """Where the store runs in the cluster."""
    cidrs: tuple[str, ...] = ()
    """Where it runs elsewhere. Without them and without a namespace it may be anywhere."""
    credentials: Literal["none", "eks", "gke"] = "none"
    """Whose service on the node is asked for credentials."""
    tokens: tuple[str, ...] = ()
    """Where an identity of AWS or Azure exchanges its token for credentials."""


def predictor_name(digest: str) -> str:
    """What KServe is told to call a version's predictor: a promoted canary keeps its pods, since its name stays."""
    return f"v{digest.removeprefix('sha256:')[:8]}"


def canary_copies(least: int, share: Decimal) -> int:
    """How many of an endpoint's `least` copies are the canary's at a share of the traffic, from 0 to 1."""
    return max(1, int((least * share).to_integral_value(ROUND_CEILING)))


class AccessRule(NamedTuple):
    """The identity of the endpoint's pods, and who may reach them."""

    endpoint: str
    namespace: str
    pods: tuple[tuple[str, str], ...]
    """Labels that pick the endpoint's pods and no other."""
    callers: tuple[Caller, ...] | None
    """None: no network policy. Empty: pods of the endpoint's own namespace alone."""
    relays: tuple[str, ...]
    """Namespaces whose pods pass requests on: gateways, Knative's own. They are let in whoever asks them."""
    ports: tuple[int, ...]
    metrics_port: int
    monitoring: str
    """Namespace that metrics are collected from."""
    store: Literal["remote", "local"]
    """Whether the pods load the model over the network."""
    environment: str
    model: str
    owner: str
    egress: Egress
    identity: PodIdentity | None
    storage_secret: str | None
    """Secret with the keys of the store that the pods load the model from."""
    mesh: Mesh | None
    """The service mesh that the pods are in."""
    labels: tuple[tuple[str, str], ...]
    is_split_by_relay: bool
    """Whether a relay splits the traffic between versions, so that without one a canary gets no request."""


class Endpoint(NamedTuple):
    """A served model in one environment."""

    name: str
    namespace: str
    environment: str
    model: str
    owner: str
    description: str
    target: Literal["kserve", "argo-rollouts"]
    format: str
    protocol: Literal["v1", "v2", "grpc-v2"]
    runtime: str | None
    """KServe ServingRuntime."""
    image: str | None
    """Server image; None where the target's own serves."""
    fetch_image: str
    """Image that holds ``penstock-step``, for targets that load the model themselves."""
    files: ModelFiles
    """`UNRELEASED` before the first release: targets can be asked what they would take, and render nothing."""
    model_store: str
    """Address of the store that `files` is in, for targets that load the model themselves."""
    previous: ModelFiles | None
    """Version that keeps the rest of the traffic while a canary is under way."""
    scaling: Scaling
    compute: Compute
    timeout_seconds: int
    traffic: TrafficPlan | None
    ports: tuple[tuple[str, int], ...]
    """Ports of the server by name: ``http`` first, ``metrics`` where it has one of its own."""
    version: str
    """Version of the target that the environment runs."""
    keda: str | None
    """Version of KEDA; None where the environment has none."""
    mode: Literal["Standard", "Knative"]
    """KServe's deployment mode."""
    identity: PodIdentity | None
    storage_secret: str | None
    """Secret with the keys of the store; None where the service account has the rights."""
    gateway: tuple[str, str] | None
    """Namespace and name of the gateway that routes attach to."""
    host: str | None
    prometheus: str
    """Address of the query API that analyses ask."""
    labels: tuple[tuple[str, str], ...]
    uncaptured: tuple[int, ...]
    """Ports that a sidecar of the mesh leaves alone, for Prometheus, which is not in the mesh."""
    unobserved: tuple[Unobserved, ...]

    @property
    def released(self) -> bool:
        """Whether there is a version to serve."""
        return self.files != UNRELEASED

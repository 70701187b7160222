"""Rollout: how a model is served, released and monitored, and who may call it."""

from typing import Literal

from penstock.specs.base import (
    Choosing,
    Distinct,
    EnvironmentRef,
    GateRef,
    Image,
    ManifestPatch,
    ModelRef,
    Node,
    Promql,
    Resource,
    Resources,
    Slug,
    field,
    note,
)
from penstock.specs.choices import exactly_one
from penstock.specs.kubernetes import (
    AwsRole,
    AzureClient,
    GcpAccount,
    LabelKey,
    LabelValue,
    Namespace,
    ServingRuntimeName,
)
from penstock.specs.monitor import Monitor
from penstock.specs.review import Area, Loosens
from penstock.specs.units import Fraction, PositiveDuration, PositiveFraction, WholeSeconds


class Replicas(Node):
    """Number of replicas, and their autoscaling."""

    min: int = field("Minimum number of replicas.", loosens=Loosens.LOWER, area=Area.CAPACITY, default=1, ge=1)
    max: int = field("Maximum number of replicas.", loosens=Loosens.ANY, area=Area.CAPACITY, default=1, ge=1)
    metric: Literal["cpu", "memory", "rps", "concurrency"] = field(
        "Metric for autoscaling; `rps` needs KEDA or KServe in Knative mode, `concurrency` KServe in Knative mode.",
        loosens=Loosens.ANY,
        area=Area.CAPACITY,
        default="cpu",
    )
    target: int = field(
        "Target value of the metric per replica: percent of the request for cpu and memory, a count for the others.",
        loosens=Loosens.HIGHER,
        area=Area.CAPACITY,
        default=70,
        ge=1,
    )


class Serve(Node):
    """Serving target, model format, protocol and resources."""

    target: Literal["kserve", "argo-rollouts"] = field(
        "Serving target. `kserve`: an InferenceService. `argo-rollouts`: an Argo Rollout of the environment's "
        "server image, for automatic canary analysis.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
    )
    format: Literal["sklearn", "mlflow", "onnx", "xgboost", "lightgbm"] = field(
        "Model format that the serving runtime loads.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default="mlflow",
    )
    protocol: Literal["v1", "v2", "grpc-v2"] = field(
        "Inference protocol.", loosens=Loosens.ANY, area=Area.ROLLOUT, default="v2"
    )
    runtime: ServingRuntimeName | None = field(
        "Name of a KServe ServingRuntime; if absent, it is selected by format. In Standard mode its server must expose "
        "the metrics that alerts read: those of MLServer at port 8082 (`rest_server_requests_total`, "
        "`rest_server_request_duration_seconds`), for `v1` those of KServe's servers at port 8080 "
        "(`request_predict_seconds`).",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default=None,
    )
    image: Image | None = field(
        "Server image; if absent, the environment's for MLServer, and otherwise that of KServe's runtime.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default=None,
    )
    replicas: Replicas = field(
        "Replicas and autoscaling.", loosens=Loosens.ANY, area=Area.CAPACITY, default={}, validate_default=True
    )
    resources: Resources = field(
        "Resources of a replica.", loosens=Loosens.ANY, area=Area.CAPACITY, default={}, validate_default=True
    )
    timeout: WholeSeconds = field(
        "Request timeout.",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=WholeSeconds.parse("30s"),
    )

    @property
    def is_by_mlserver(self) -> bool:
        """Whether MLServer answers; KServe brings others for v1 and onnx, and takes more by name."""
        if self.target == "argo-rollouts":
            return True
        return self.runtime is None and self.protocol == "v2" and self.format != "onnx"


class CanaryStep(Node):
    """A step of a canary: a share of the traffic, and how long it is held."""

    weight: Fraction = field("Share of the traffic.", loosens=Loosens.HIGHER, area=Area.ROLLOUT)
    hold: WholeSeconds | None = field(
        "Duration of the step; if absent, it is advanced manually. With `abortOn`, the next step starts if all "
        "conditions were within their bounds during this time; if the canary had too few requests to decide, the "
        "release waits for manual action.",
        loosens=Loosens.LOWER,
        area=Area.ROLLOUT,
        default=None,
        absent="unordered",
    )


class LatencyBound(Choosing):
    """A percentile of the canary's response time and its upper bound. Exactly one of `above`, `aboveStable`."""

    chosen = exactly_one("above", "above_stable")

    percentile: Literal["p50", "p90", "p95", "p99"] = field(
        "Percentile of the response time.", loosens=Loosens.ANY, area=Area.ROLLOUT, default="p95"
    )
    above: PositiveDuration | None = field("Upper bound.", loosens=Loosens.HIGHER, area=Area.ROLLOUT, default=None)
    above_stable: Fraction | None = field(
        "How much slower than the stable version the canary may be, relative to it, such as `10%`. The two are "
        "compared over up to twenty windows of each step; the canary is slower if it is in so many of them that chance "
        "explains it in at most 2% of all steps. Each window needs as many requests of either as `above` does.",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=None,
    )


class BurnRateBound(Node):
    """How fast the canary may use up the error budget of one of the rollout's objectives.

    A burn rate of 1 uses it up in exactly the objective's window: the share of bad requests, divided by the share that
    the objective allows.
    """

    slo: Literal["availability", "latency"] = field(
        "The objective; the rollout declares it in `slos`.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default="availability",
    )
    above: float = field("Upper bound, such as 14.4.", loosens=Loosens.HIGHER, area=Area.ROLLOUT, gt=0)


class QueryBound(Choosing):
    """A PromQL expression and the bound beyond which it aborts.

    Exactly one of `above`, `below`, `aboveStable`, `belowStable`.
    """

    chosen = exactly_one("above", "below", "above_stable", "below_stable")

    promql: Promql = field(
        'PromQL expression; `revision="$canary"` selects the series of the canary\'s pods. If it returns several, the '
        "worst one counts.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
    )
    above: float | None = field("Upper bound.", loosens=Loosens.HIGHER, area=Area.ROLLOUT, default=None)
    below: float | None = field("Lower bound.", loosens=Loosens.LOWER, area=Area.ROLLOUT, default=None)
    above_stable: Fraction | None = field(
        "How much higher than of the stable version it may be, relative to it. The same expression with the stable "
        "version in place of `$canary` is compared with it as for `latency.aboveStable`.",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=None,
    )
    below_stable: Fraction | None = field(
        "How much lower than of the stable version it may be, relative to it.",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=None,
    )


class AbortCondition(Choosing):
    """A condition that aborts a canary: exactly one of `errorRate`, `excessErrorRate`, `latency`, `burnRate`, `query`.

    It aborts, and rolls back the traffic, if it was beyond its bound in two consecutive windows, of two minutes or four
    scrapes each, or, at the end of a step, over the whole step. A comparison with the stable version is made at the end
    of each step that leaves it traffic.
    """

    chosen = exactly_one("error_rate", "excess_error_rate", "latency", "burn_rate", "query")

    id: Slug = field("Name of the condition.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    error_rate: Fraction | None = field(
        "Upper bound on the share of failed canary requests. Three failures count as chance: an abort needs "
        "more, and a step needs enough requests that three would be within the bound (400 for 1%).",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=None,
    )
    excess_error_rate: PositiveFraction | None = field(
        "How far the share of failed canary requests may be above the stable version's, in points: with `0.5%`, up to "
        "2.5% where 2% of the stable version's requests fail. An abort needs an excess that chance explains in at most "
        "2% of all steps; a step needs so many requests of either that three failures are within the bound (800 for "
        "0.5%).",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=None,
    )
    latency: LatencyBound | None = field(
        "Upper bound on the canary's response time; it needs enough requests that three slow ones are within the "
        "percentile (80 for p95).",
        loosens=Loosens.REMOVED,
        area=Area.ROLLOUT,
        default=None,
    )
    burn_rate: BurnRateBound | None = field(
        "Upper bound on how fast the canary uses up the error budget of an objective; it needs enough requests that "
        "three bad ones are within the bound (56 for 14.4 times the budget of 99.5%).",
        loosens=Loosens.REMOVED,
        area=Area.ROLLOUT,
        default=None,
    )
    query: QueryBound | None = field("Custom metric.", loosens=Loosens.REMOVED, area=Area.ROLLOUT, default=None)

    @property
    def is_comparison(self) -> bool:
        """Whether its bound is what the stable version does."""
        latency, query = self.latency, self.query
        return (
            self.excess_error_rate is not None
            or (latency is not None and latency.above_stable is not None)
            or (query is not None and (query.above_stable is not None or query.below_stable is not None))
        )


class Canary(Node):
    """A release that shifts traffic in steps."""

    steps: list[CanaryStep] = field(
        "Steps in order, each with more traffic than the one before.",
        loosens=Loosens.REMOVED,
        area=Area.ROLLOUT,
        min_length=1,
    )
    abort_on: list[AbortCondition] = field(
        "Conditions that abort the canary.", loosens=Loosens.REMOVED, area=Area.ROLLOUT, default=[]
    )


class Strategy(Node):
    """How a new version replaces the old one; without a canary, by a rolling update."""

    canary: Canary | None = field(
        "Canary that shifts the traffic in steps.", loosens=Loosens.REMOVED, area=Area.ROLLOUT, default=None
    )


class AvailabilityObjective(Node):
    """Objective for the share of requests that do not fail."""

    objective: Fraction = field("Share of good requests.", loosens=Loosens.LOWER, area=Area.MONITORING)
    window: PositiveDuration = field(
        "Period of the objective.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default=PositiveDuration.parse("30d"),
    )


class LatencyObjective(Node):
    """Objective for the share of requests that are answered within a time."""

    objective: Fraction = field("Share of good requests.", loosens=Loosens.LOWER, area=Area.MONITORING)
    below: PositiveDuration = field(
        "Maximum response time of a good request; one of the server's histogram buckets.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
    )
    window: PositiveDuration = field(
        "Period of the objective.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default=PositiveDuration.parse("30d"),
    )


class Slos(Node):
    """Service level objectives, each with burn-rate alerts; three bad requests in an alert's window are chance."""

    availability: AvailabilityObjective | None = field(
        "Objective for successful requests.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=None
    )
    latency: LatencyObjective | None = field(
        "Objective for response times.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=None
    )

    def of(self, slo: Literal["availability", "latency"]) -> AvailabilityObjective | LatencyObjective | None:
        """The objective of this name; None where there is none."""
        return self.availability if slo == "availability" else self.latency


class Caller(Node):
    """Pods that may call the model."""

    namespace: Namespace = field("Namespace of the caller.", loosens=Loosens.ANY, area=Area.GOVERNANCE)
    pods: dict[LabelKey, LabelValue] = field(
        "Labels of the caller's pods; if empty, all pods of the namespace.",
        loosens=Loosens.REMOVED,
        area=Area.GOVERNANCE,
        default={},
    )


class Access(Node):
    """Who may connect to the model's pods; without callers, only pods of the same namespace.

    A gateway that splits a canary's traffic is allowed as well, and so is every client of the gateway.
    """

    callers: list[Caller] = field(
        "Callers that connect directly.", loosens=Loosens.ADDED, area=Area.GOVERNANCE, default=[]
    )


class CloudIdentity(Choosing):
    """Cloud identity of the rollout's pods: exactly one of `aws`, `gcp`, `azure`.

    The identity must trust the ServiceAccount with the rollout's name in the Environment's namespace.
    """

    chosen = exactly_one("aws", "gcp", "azure")

    aws: AwsRole | None = field(
        "ARN of the IAM role that pods assume (IRSA), such as `arn:aws:iam::111122223333:role/model-reader`.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    gcp: GcpAccount | None = field(
        "Email of the service account that pods impersonate (GKE Workload Identity), such as "
        "`model-reader@example-project.iam.gserviceaccount.com`.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    azure: AzureClient | None = field(
        "Client id of the pods' application or managed identity (Azure Workload Identity).",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )


class RolloutSpec(Node):
    """Model, gate, environments, serving, strategy, objectives and monitors."""

    model: ModelRef = field("Served model.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    gate: GateRef | None = field(
        "Gate that every served version must have passed.", loosens=Loosens.REMOVED, area=Area.QUALITY, default=None
    )
    environments: Distinct[EnvironmentRef] = field(
        "Environments that serve the model; removing one removes its endpoint, alerts and network policies.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        min_length=1,
    )
    serve: Serve = field(
        "Serving target, model format, protocol and resources.", loosens=Loosens.ANY, area=Area.ROLLOUT
    )
    strategy: Strategy = field(
        "How a new version replaces the old one.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default={},
        validate_default=True,
    )
    slos: Slos = field(
        "Service level objectives.",
        loosens=Loosens.REMOVED,
        area=Area.MONITORING,
        default={},
        validate_default=True,
    )
    monitor: Monitor | None = field(
        "Monitors of the model.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=None
    )
    access: Access | None = field(
        "Who may connect to its pods; if absent, there is no network policy. The traffic splitter (the "
        "Environment's gateway, Knative) is always allowed, and decides which requests it forwards.",
        loosens=Loosens.REMOVED,
        area=Area.GOVERNANCE,
        default=None,
    )
    identity: CloudIdentity | None = field(
        "Cloud identity of its pods; read access to the model's folder in the store is enough. If absent, the "
        "cloud's default identity applies.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    patches: list[ManifestPatch] = field(
        "Raw patches of generated manifests.", loosens=Loosens.ANY, area=Area.GOVERNANCE, default=[]
    )


class Rollout(Resource):
    """How a model is served, released and monitored, and who may call it."""

    kind_name = "Rollout"
    summary = "how a model is served, released and monitored, and who may call it"

    kind: Literal["Rollout"] = note("Kind.", area=Area.GOVERNANCE)
    spec: RolloutSpec = field("The rollout.", loosens=Loosens.ANY, area=Area.ROLLOUT)

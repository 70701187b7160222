"""Rollout: how a model is served, released step by step, watched, and who may call it."""

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
from penstock.specs.kubernetes import AwsRole, AzureClient, GcpAccount, LabelKey, LabelValue, Namespace
from penstock.specs.monitor import Monitor
from penstock.specs.review import Area, Loosens
from penstock.specs.units import Fraction, PositiveDuration, WholeSeconds


class Replicas(Node):
    """How many copies serve, and what makes them more."""

    min: int = field("Fewest copies.", loosens=Loosens.LOWER, area=Area.CAPACITY, default=1, ge=1)
    max: int = field("Most copies.", loosens=Loosens.ANY, area=Area.CAPACITY, default=1, ge=1)
    metric: Literal["cpu", "memory", "rps", "concurrency"] = field(
        "What copies are scaled by; `rps` needs KEDA or a Knative KServe, `concurrency` a Knative KServe.",
        loosens=Loosens.ANY,
        area=Area.CAPACITY,
        default="cpu",
    )
    target: int = field(
        "Value of the metric for each copy: percent of the request for cpu and memory, a count for the others.",
        loosens=Loosens.HIGHER,
        area=Area.CAPACITY,
        default=70,
        ge=1,
    )


class Serve(Node):
    """What answers requests."""

    target: Literal["kserve", "argo-rollouts"] = field(
        "`kserve`: an InferenceService. `argo-rollouts`: a Rollout over pods of the environment's server image, "
        "for releases that advance and abort by themselves.",
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
    runtime: str | None = field(
        "KServe ServingRuntime by name; chosen by format where absent.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default=None,
    )
    image: Image | None = field(
        "Server image; where absent the environment's if MLServer serves, and otherwise that of KServe's runtime.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default=None,
    )
    replicas: Replicas = field("Copies.", loosens=Loosens.ANY, area=Area.CAPACITY, default={}, validate_default=True)
    resources: Resources = field(
        "Resources of a copy.", loosens=Loosens.ANY, area=Area.CAPACITY, default={}, validate_default=True
    )
    timeout: WholeSeconds = field(
        "Longest time for one request.",
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
    """One step of a canary: a share of the traffic, and how long it is held."""

    weight: Fraction = field("Share of the traffic.", loosens=Loosens.HIGHER, area=Area.ROLLOUT)
    hold: WholeSeconds | None = field(
        "How long the share is held before the next step; where absent, until somebody moves it on. With `abortOn`, "
        "the next step begins if all conditions were within their bounds over this time; where the canary had too few "
        "requests to tell, the release waits for somebody.",
        loosens=Loosens.LOWER,
        area=Area.ROLLOUT,
        default=None,
        absent="unordered",
    )


class LatencyBound(Node):
    """A percentile of the canary's response time and its upper bound."""

    percentile: Literal["p50", "p90", "p95", "p99"] = field(
        "Percentile.", loosens=Loosens.ANY, area=Area.ROLLOUT, default="p95"
    )
    above: PositiveDuration = field("Bound.", loosens=Loosens.HIGHER, area=Area.ROLLOUT)


class QueryBound(Choosing):
    """A PromQL expression and the bound beyond which it aborts."""

    chosen = exactly_one("above", "below")

    promql: Promql = field(
        'Expression that yields one value; `revision="$canary"` picks the series of the canary\'s pods.',
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
    )
    above: float | None = field("Upper bound.", loosens=Loosens.HIGHER, area=Area.ROLLOUT, default=None)
    below: float | None = field("Lower bound.", loosens=Loosens.LOWER, area=Area.ROLLOUT, default=None)


class AbortCondition(Choosing):
    """What aborts a canary and sends all traffic back: exactly one of `errorRate`, `latency`, `query`.

    It aborts as soon as it has been beyond its bound in two windows in a row, of two minutes or four scrapes each, and
    at the end of a step over the whole of which it was.
    """

    chosen = exactly_one("error_rate", "latency", "query")

    id: Slug = field("Name of the condition.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    error_rate: Fraction | None = field(
        "Share of the canary's requests that fail. Three failures are chance: more of them are needed to abort, and "
        "to pass a step, so many requests that three would be within the bound (400 for 1%).",
        loosens=Loosens.HIGHER,
        area=Area.ROLLOUT,
        default=None,
    )
    latency: LatencyBound | None = field(
        "Response time of the canary, of so many requests that three slow ones are within the percentile (80 for p95).",
        loosens=Loosens.REMOVED,
        area=Area.ROLLOUT,
        default=None,
    )
    query: QueryBound | None = field("A figure of one's own.", loosens=Loosens.REMOVED, area=Area.ROLLOUT, default=None)


class Canary(Node):
    """A release that takes traffic in steps."""

    steps: list[CanaryStep] = field(
        "Steps in order, each with more traffic than the one before.",
        loosens=Loosens.REMOVED,
        area=Area.ROLLOUT,
        min_length=1,
    )
    abort_on: list[AbortCondition] = field("What aborts it.", loosens=Loosens.REMOVED, area=Area.ROLLOUT, default=[])


class Strategy(Node):
    """How a new version replaces the old one; all pods in turn where no canary is given."""

    canary: Canary | None = field("Traffic in steps.", loosens=Loosens.REMOVED, area=Area.ROLLOUT, default=None)


class AvailabilityObjective(Node):
    """The share of requests that must not fail."""

    objective: Fraction = field("Share of good requests.", loosens=Loosens.LOWER, area=Area.MONITORING)
    window: PositiveDuration = field(
        "Period over which it holds.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default=PositiveDuration.parse("30d"),
    )


class LatencyObjective(Node):
    """The share of requests that must be answered within a time."""

    objective: Fraction = field("Share of good requests.", loosens=Loosens.LOWER, area=Area.MONITORING)
    below: PositiveDuration = field(
        "Time within which a request is good; one of the server's histogram buckets.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
    )
    window: PositiveDuration = field(
        "Period over which it holds.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default=PositiveDuration.parse("30d"),
    )


class Slos(Node):
    """Service level objectives; each becomes burn-rate alerts."""

    availability: AvailabilityObjective | None = field(
        "Requests do not fail.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=None
    )
    latency: LatencyObjective | None = field(
        "Requests are answered in time.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=None
    )


class Caller(Node):
    """Pods that may call the model."""

    namespace: Namespace = field("Namespace of the caller.", loosens=Loosens.ANY, area=Area.GOVERNANCE)
    pods: dict[LabelKey, LabelValue] = field(
        "Labels of the caller's pods; every pod of the namespace where empty.",
        loosens=Loosens.REMOVED,
        area=Area.GOVERNANCE,
        default={},
    )


class Access(Node):
    """Who may connect to the model's pods; nobody outside the namespace where no caller is named.

    A gateway that splits a canary's traffic is let in as well, and so is whoever it lets in.
    """

    callers: list[Caller] = field(
        "Callers that connect directly.", loosens=Loosens.ADDED, area=Area.GOVERNANCE, default=[]
    )


class CloudIdentity(Choosing):
    """Whom the rollout's pods are to a cloud: exactly one of `aws`, `gcp`, `azure`.

    The cloud has the last word: it gives the identity to whom its trust names, which is the ServiceAccount that has the
    rollout's name in the Environment's namespace.
    """

    chosen = exactly_one("aws", "gcp", "azure")

    aws: AwsRole | None = field(
        "ARN of the IAM role that pods assume (IRSA), such as `arn:aws:iam::111122223333:role/model-reader`.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    gcp: GcpAccount | None = field(
        "Address of the service account that pods act as (Workload Identity of GKE), such as "
        "`model-reader@example-project.iam.gserviceaccount.com`.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    azure: AzureClient | None = field(
        "Client id of the application or managed identity whose tokens pods get (Azure Workload Identity).",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )


class RolloutSpec(Node):
    """Model, gate, environments, serving, strategy, objectives and monitors."""

    model: ModelRef = field("Model that is served.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    gate: GateRef | None = field(
        "Gate that every served version has passed.", loosens=Loosens.REMOVED, area=Area.QUALITY, default=None
    )
    environments: Distinct[EnvironmentRef] = field(
        "Environments that serve it; where one goes, its endpoint, alerts and network policies go with it.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        min_length=1,
    )
    serve: Serve = field("What answers requests.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    strategy: Strategy = field(
        "How a version replaces another.",
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
    monitor: Monitor | None = field("What is watched.", loosens=Loosens.REMOVED, area=Area.MONITORING, default=None)
    access: Access | None = field(
        "Who may connect to its pods; no network policy where absent. What splits traffic (the Environment's gateway, "
        "Knative) may too: of requests that come through it, it alone decides.",
        loosens=Loosens.REMOVED,
        area=Area.GOVERNANCE,
        default=None,
    )
    identity: CloudIdentity | None = field(
        "Whom its pods are to the cloud, which decides what they may read: the model's own folder of the store will "
        "do. Where absent, they are whoever the cloud takes them for.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    patches: list[ManifestPatch] = field(
        "Raw changes to generated manifests.", loosens=Loosens.ANY, area=Area.GOVERNANCE, default=[]
    )


class Rollout(Resource):
    """How a model is served, released step by step, watched, and who may call it."""

    kind_name = "Rollout"
    summary = "how a model is served, released step by step, watched, and who may call it"

    kind: Literal["Rollout"] = note("Kind.", area=Area.GOVERNANCE)
    spec: RolloutSpec = field("The rollout.", loosens=Loosens.ANY, area=Area.ROLLOUT)

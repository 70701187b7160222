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
    Resource,
    Resources,
    field,
    note,
)
from penstock.specs.canary import Strategy
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
from penstock.specs.units import Fraction, PositiveDuration, WholeSeconds


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
        # A longer one holds on to what hangs, a shorter one cuts off what would have been answered.
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default=WholeSeconds.parse("30s"),
    )

    @property
    def is_by_mlserver(self) -> bool:
        """Whether MLServer answers; KServe brings others for v1 and onnx, and takes more by name."""
        if self.target == "argo-rollouts":
            return True
        return self.runtime is None and self.protocol == "v2" and self.format != "onnx"


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

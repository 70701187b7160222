"""Environment: a place that specs are compiled for, and the versions that its cluster runs."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from penstock.specs.base import Distinct, Image, Node, Resource, field, note
from penstock.specs.kubernetes import (
    Cidr,
    Domain,
    FreeLabelKey,
    Gateway,
    LabelValue,
    Namespace,
    ServiceAccount,
    StoreUrl,
    Url,
)
from penstock.specs.review import Area, Loosens
from penstock.specs.units import Duration, PositiveDuration

Version = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+){1,2}$")]
"""A version of a target, quoted: ``"0.21"``."""

Library = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$")]
"""A package by the name under which it is imported: ``sklearn``, not ``scikit-learn``."""

STAGES = ("development", "staging", "production")
_SHORTEST_WINDOW = Duration.parse("2m")
_SCRAPES_IN_A_WINDOW = 4


class KubeflowTarget(Node):
    """Kubeflow Pipelines in this environment."""

    version: Version = field("Version of Kubeflow Pipelines.", loosens=Loosens.ANY, area=Area.CAPACITY, default="2.16")
    api: Url = field(
        "Address of the pipelines API inside the cluster.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default="http://ml-pipeline.kubeflow.svc:8888",
    )
    service_account: ServiceAccount = field(
        "Service account of pipeline pods.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default="pipeline-runner",
    )


class KserveTarget(Node):
    """KServe in this environment."""

    version: Version = field("Version of KServe.", loosens=Loosens.ANY, area=Area.CAPACITY, default="0.21")
    mode: Literal["Standard", "Knative"] = field(
        "Deployment mode; it decides how a canary is expressed.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default="Standard",
    )
    gateway_namespace: Namespace | None = field(
        "Namespace in which the pods of the gateway run that KServe attaches its routes to (Envoy Gateway runs them in "
        "its own, Istio beside the Gateway); in Knative mode, of its ingress, as `kourier-system`. Network policies "
        "let them in where requests come through them: those of a canary in Standard mode, any in Knative mode.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )


class ArgoRolloutsTarget(Node):
    """Argo Rollouts with the Gateway API traffic plugin in this environment."""

    version: Version = field("Version of Argo Rollouts.", loosens=Loosens.ANY, area=Area.CAPACITY)
    gateway: Gateway = field(
        "Gateway that HTTP routes attach to, as `namespace/name`.", loosens=Loosens.ANY, area=Area.ROLLOUT
    )
    gateway_namespace: Namespace | None = field(
        "Namespace in which the gateway's pods run, where it is not the Gateway's own; network policies let them in.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    domain: Domain = field("Parent domain of the hosts that routes answer to.", loosens=Loosens.ANY, area=Area.ROLLOUT)


class PrometheusTarget(Node):
    """Prometheus and its operator in this environment."""

    version: Version = field("Version of Prometheus.", loosens=Loosens.ANY, area=Area.MONITORING, default="2.42")
    url: Url = field(
        "Address of the query API inside the cluster.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default="http://prometheus.monitoring:9090",
    )
    scrape_interval: PositiveDuration = field(
        "How often targets are scraped; no rule may look at less than two scrapes.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
        default=PositiveDuration.parse("30s"),
    )
    pushgateway: Url = field(
        "Address to which pipelines push their figures.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default="http://pushgateway.monitoring:9091",
    )
    rule_labels: dict[FreeLabelKey, LabelValue] = field(
        "Labels by which the operator selects PrometheusRule and PodMonitor objects.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default={},
    )
    namespace: Namespace = field(
        "Namespace that Prometheus runs in; network policies let it scrape.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default="monitoring",
    )
    requests: Literal["server", "istio"] = field(
        "Whose series count requests, errors and response times: the model server's own (Knative's queue proxy in "
        "Knative mode), or Istio's, which also see requests that reach no server.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default="server",
    )
    pages: bool = field(
        "Whether alerts may wake somebody here; where not, what would page is a ticket.",
        loosens=Loosens.LOWER,
        area=Area.MONITORING,
        default=True,
    )
    runbooks: Url | None = note("Base address of runbooks; alerts link to `BASE/ALERT`.", default=None)

    @property
    def short_window(self) -> Duration:
        """The window of rates that have to tell quickly: two minutes, and never less than four scrapes."""
        return max(_SHORTEST_WINDOW, Duration(_SCRAPES_IN_A_WINDOW * self.scrape_interval))


class GrafanaTarget(Node):
    """Grafana, which shows what Prometheus knows of this environment."""

    version: Version = field("Version of Grafana.", loosens=Loosens.ANY, area=Area.MONITORING, default="11.0")
    url: Url | None = note("Address at which people open it; alerts link to their dashboard there.", default=None)
    labels: dict[FreeLabelKey, LabelValue] = field(
        "Labels by which Grafana's sidecar finds the ConfigMaps that hold dashboards.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default={"grafana_dashboard": "1"},
    )
    annotations: dict[FreeLabelKey, str] = field(
        "Annotations of these ConfigMaps; one of them may name a folder, as `grafana_folder: ML`.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default={},
    )


class KedaTarget(Node):
    """KEDA in this environment."""

    version: Version = field("Version of KEDA.", loosens=Loosens.ANY, area=Area.CAPACITY, default="2.20")


class IstioTarget(Node):
    """Istio's mesh, which the serving pods of this environment are in."""

    mode: Literal["sidecar", "ambient"] = field(
        "How pods join the mesh; network policies let through what it needs.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default="sidecar",
    )
    namespace: Namespace = field(
        "Namespace of the control plane, which sidecars ask.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default="istio-system",
    )


class StoreEgress(Node):
    """Where serving pods reach the model store; without namespace and addresses anywhere."""

    port: int = field(
        "Port of the store; in the cluster that of its pods (`targetPort`), whatever port its Service has.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=443,
        ge=1,
        le=65535,
    )
    namespace: Namespace | None = field(
        "Namespace of a store that runs in the cluster.", loosens=Loosens.ANY, area=Area.GOVERNANCE, default=None
    )
    cidrs: Distinct[Cidr] = field(
        "Ranges of addresses of a store that runs elsewhere, such as `10.20.0.0/16`.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=[],
    )


class Egress(Node):
    """What network policies let serving pods reach, besides names: the model store, and what gives out identities."""

    store: StoreEgress = field(
        "The model store.", loosens=Loosens.ANY, area=Area.GOVERNANCE, default={}, validate_default=True
    )
    credentials: Literal["none", "eks", "gke"] = field(
        "Who gives pods the credentials for the store. `none`: nobody that is asked over the network, as with mounted "
        "secrets, IRSA or Azure's workload identity. `eks`: the agent of EKS Pod Identity. `gke`: GKE's metadata "
        "server, which on nodes without workload identity is that of the machine, with the machine's credentials.",
        loosens=Loosens.LATER,
        area=Area.GOVERNANCE,
        default="none",
        order=("none", "eks", "gke"),
    )
    tokens: Distinct[Cidr] = field(
        "Ranges of addresses where pods of a Rollout with an `identity` of AWS or Azure exchange their token for its "
        "credentials, at port 443: those of STS or of Microsoft Entra. Needed where `store` does not open that port "
        "to everywhere.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=[],
    )


class Images(Node):
    """Container images, pinned by digest."""

    runtime: Image = field(
        "Image that pipeline steps run in; it holds penstock-step and the repository's own Python.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
    )
    libraries: Distinct[Library] | None = field(
        "Packages that the runtime image holds besides what Penstock brings, by the names under which Python imports "
        "them, such as `xgboost`; where absent, nobody knows.",
        loosens=Loosens.ADDED,
        area=Area.GOVERNANCE,
        default=None,
        # Releases carry the digest of what a model is trained from, which a key that says nothing must not change.
        exclude_if=lambda value: value is None,
    )
    server: Image | None = field(
        "Image of MLServer, with the libraries that models are saved with; the one that KServe brings has older ones.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )


class EnvironmentSpec(Node):
    """The cluster and the services of one environment."""

    stage: Literal["development", "staging", "production"] = field(
        "Stage; approval rules and checks are stricter towards production.",
        loosens=Loosens.LATER,
        area=Area.GOVERNANCE,
        order=("production", "staging", "development"),
    )
    namespace: Namespace = field(
        "Kubernetes namespace of everything generated for this environment.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
    )
    training: bool = field(
        "Whether models are trained here; elsewhere they are only served and watched.",
        loosens=Loosens.ANY,
        area=Area.CAPACITY,
        default=True,
    )
    cluster: bool = field(
        "Whether there is a cluster that manifests are applied to; without one, pipelines are compiled for local runs "
        "and nothing else.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=True,
    )
    context: str | None = field(
        "Name of the cluster, as kubectl's context; environments with different ones may share a namespace's name.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
        min_length=1,
    )
    images: Images = field("Container images.", loosens=Loosens.ANY, area=Area.GOVERNANCE)
    model_store: str = field(
        "Content-addressed store of models: `s3://`, `gs://` or `file://`; served models are pinned to a digest in it.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        pattern=r"^(s3|gs|file)://\S+[^/]$",
    )
    tracking: StoreUrl = field(
        "MLflow tracking and registry address: `https://`, or a database such as `sqlite:///`.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default="http://mlflow.mlflow.svc:5000",
    )
    kubeflow: KubeflowTarget = field(
        "Kubeflow Pipelines.", loosens=Loosens.ANY, area=Area.CAPACITY, default={}, validate_default=True
    )
    kserve: KserveTarget | None = field(
        "KServe; absent where the cluster has none.", loosens=Loosens.ANY, area=Area.ROLLOUT, default=None
    )
    argo_rollouts: ArgoRolloutsTarget | None = field(
        "Argo Rollouts; absent where the cluster has none.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default=None,
    )
    keda: KedaTarget | None = field(
        "KEDA, which scales by requests where Knative does not; absent where the cluster has none.",
        loosens=Loosens.ANY,
        area=Area.CAPACITY,
        default=None,
    )
    istio: IstioTarget | None = field(
        "Istio; absent where serving pods are in no mesh.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    egress: Egress = field(
        "What serving pods reach where network policies bind them, which they do where a Rollout declares `access`.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default={},
        validate_default=True,
    )
    prometheus: PrometheusTarget = field(
        "Prometheus.", loosens=Loosens.ANY, area=Area.MONITORING, default={}, validate_default=True
    )
    grafana: GrafanaTarget | None = field(
        "Grafana; absent where dashboards are not wanted.", loosens=Loosens.ANY, area=Area.MONITORING, default=None
    )

    @property
    def retrains(self) -> bool:
        """Whether training pipelines start by the clock here: on a cluster, where models are trained."""
        return self.training and self.cluster


class Environment(Resource):
    """A place that specs are compiled for, and the versions that its cluster runs."""

    kind_name = "Environment"
    summary = "a place that specs are compiled for, and the versions that its cluster runs"

    kind: Literal["Environment"] = note("Kind.", area=Area.GOVERNANCE)
    spec: EnvironmentSpec = field("The environment.", loosens=Loosens.ANY, area=Area.GOVERNANCE)

"""Components of a cluster: which of them an environment has, in which version, and where."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from penstock.specs.base import Node, field, note
from penstock.specs.kubernetes import Domain, FreeLabelKey, Gateway, LabelValue, Namespace, ServiceAccount, Url
from penstock.specs.review import Area, Loosens
from penstock.specs.units import Duration, PositiveDuration

Version = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+){1,2}$")]
"""A version of a target, quoted: ``"0.21"``."""

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
        "Deployment mode, which determines how canaries are implemented.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default="Standard",
    )
    gateway_namespace: Namespace | None = field(
        "Namespace of the pods of the gateway that KServe attaches its routes to (for Envoy Gateway its own "
        "namespace, for Istio that of the Gateway); in Knative mode, of its ingress, such as `kourier-system`. "
        "Network policies allow them if requests come through them: for canaries in Standard mode, always in "
        "Knative mode.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )


class ArgoRolloutsTarget(Node):
    """Argo Rollouts with the Gateway API traffic plugin in this environment."""

    version: Version = field("Version of Argo Rollouts.", loosens=Loosens.ANY, area=Area.CAPACITY)
    gateway: Gateway = field("Gateway of the HTTP routes, as `namespace/name`.", loosens=Loosens.ANY, area=Area.ROLLOUT)
    gateway_namespace: Namespace | None = field(
        "Namespace of the gateway's pods, if it is not the Gateway's; network policies allow them.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    domain: Domain = field("Parent domain of the routes' host names.", loosens=Loosens.ANY, area=Area.ROLLOUT)


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
        "Scrape interval; the windows of rules must cover at least two scrapes.",
        loosens=Loosens.HIGHER,
        area=Area.MONITORING,
        default=PositiveDuration.parse("30s"),
    )
    pushgateway: Url = field(
        "Address of the Pushgateway, to which pipelines push metrics.",
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
        "Namespace of Prometheus; network policies allow its scrapes.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default="monitoring",
    )
    requests: Literal["server", "istio"] = field(
        "Source of request, error and latency metrics: the model server (in Knative mode, Knative's queue "
        "proxy), or Istio, which also counts requests that reach no server.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default="server",
    )
    pages: bool = field(
        "Whether alerts may page; if not, pages become tickets.",
        loosens=Loosens.LOWER,
        area=Area.MONITORING,
        default=True,
    )
    runbooks: Url | None = note("Base URL of runbooks; alerts link to `BASE/ALERT`.", default=None)

    @property
    def short_window(self) -> Duration:
        """The window of rates that have to tell quickly: two minutes, and never less than four scrapes."""
        return max(_SHORTEST_WINDOW, Duration(_SCRAPES_IN_A_WINDOW * self.scrape_interval))


class GrafanaTarget(Node):
    """Grafana in this environment."""

    version: Version = field("Version of Grafana.", loosens=Loosens.ANY, area=Area.MONITORING, default="11.0")
    url: Url | None = note("URL of Grafana; alerts link to their dashboard there.", default=None)
    labels: dict[FreeLabelKey, LabelValue] = field(
        "Labels by which Grafana's sidecar finds the ConfigMaps of dashboards.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default={"grafana_dashboard": "1"},
    )
    annotations: dict[FreeLabelKey, str] = field(
        "Annotations of these ConfigMaps, such as `grafana_folder: ML`.",
        loosens=Loosens.ANY,
        area=Area.MONITORING,
        default={},
    )


class KedaTarget(Node):
    """KEDA in this environment."""

    version: Version = field("Version of KEDA.", loosens=Loosens.ANY, area=Area.CAPACITY, default="2.20")


class IstioTarget(Node):
    """Istio service mesh of the serving pods in this environment."""

    mode: Literal["sidecar", "ambient"] = field(
        "Data plane mode: how pods join the mesh; network policies allow what it needs, and sidecars let "
        "Prometheus read metrics.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default="sidecar",
    )
    namespace: Namespace = field(
        "Namespace of the control plane that sidecars connect to.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default="istio-system",
    )

"""Environment: a deployment target of specs, with the versions of its cluster's components."""

from typing import Annotated, Any, Literal, Self

from pydantic import GetJsonSchemaHandler, StringConstraints, model_validator
from pydantic_core import PydanticCustomError, core_schema

from penstock.specs.alertmanager import AlertmanagerTarget
from penstock.specs.argo_cd import ArgoCdTarget
from penstock.specs.base import Distinct, Image, ManifestPatch, Node, Resource, field, note
from penstock.specs.components import (
    ArgoRolloutsTarget,
    GrafanaTarget,
    IstioTarget,
    KedaTarget,
    KserveTarget,
    KubeflowTarget,
    PrometheusTarget,
)
from penstock.specs.kubernetes import Cidr, Namespace, SecretName, StoreUrl
from penstock.specs.review import Area, Loosens

Library = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$")]
"""A package by the name under which it is imported: ``sklearn``, not ``scikit-learn``."""

STAGES = ("development", "staging", "production")
WITH_CLUSTER = ("namespace", "images", "modelStore")
"""Keys that a cluster needs, and a local run never reads."""


class StoreEgress(Node):
    """Network location of the model store; without namespace and addresses, any address."""

    port: int = field(
        "Port of the store; for a store in the cluster the port of its pods (`targetPort`), not of its Service.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=443,
        ge=1,
        le=65535,
    )
    namespace: Namespace | None = field(
        "Namespace of a store in the cluster.", loosens=Loosens.ANY, area=Area.GOVERNANCE, default=None
    )
    cidrs: Distinct[Cidr] = field(
        "Address ranges of a store outside of the cluster, such as `10.20.0.0/16`.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=[],
    )


class Egress(Node):
    """Egress that network policies allow to serving pods, besides DNS: the model store and the token services."""

    store: StoreEgress = field(
        "The model store.", loosens=Loosens.ANY, area=Area.GOVERNANCE, default={}, validate_default=True
    )
    credentials: Literal["none", "eks", "gke"] = field(
        "Source of the pods' credentials for the store. `none`: no network service, as with mounted secrets, "
        "IRSA or Azure Workload Identity. `eks`: the EKS Pod Identity agent. `gke`: GKE's metadata server, which on "
        "nodes without workload identity provides the node's credentials.",
        loosens=Loosens.LATER,
        area=Area.GOVERNANCE,
        default="none",
        order=("none", "eks", "gke"),
    )
    tokens: Distinct[Cidr] = field(
        "Address ranges of the token service (AWS STS or Microsoft Entra, port 443) for Rollouts with an "
        "`identity` of AWS or Azure. Required unless `store` allows that port to any address.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=[],
    )


class Images(Node):
    """Container images, pinned by digest."""

    runtime: Image = field(
        "Image of pipeline steps; it contains penstock-step and the repository's Python code.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
    )
    libraries: Distinct[Library] | None = field(
        "Python packages in the runtime image besides those of Penstock, by import name, such as `xgboost`; if "
        "absent, they are unknown.",
        loosens=Loosens.ADDED,
        area=Area.GOVERNANCE,
        default=None,
        # Releases carry the digest of what a model is trained from, which a key that says nothing must not change.
        exclude_if=lambda value: value is None,
    )
    server: Image | None = field(
        "Image of MLServer with the libraries that models are saved with; KServe's own image has older ones.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )


class EnvironmentSpec(Node):
    """The cluster and the services of one environment."""

    stage: Literal["development", "staging", "production"] = field(
        "Stage, which approval rules and checks refer to.",
        loosens=Loosens.LATER,
        area=Area.GOVERNANCE,
        order=("production", "staging", "development"),
    )
    namespace: Namespace = field(
        "Kubernetes namespace of all generated manifests of this environment. Required with a cluster.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default="",
    )
    training: bool = field(
        "Whether models are trained here; if not, they are only served and monitored.",
        loosens=Loosens.ANY,
        area=Area.CAPACITY,
        default=True,
    )
    cluster: bool = field(
        "Whether manifests are applied to a cluster; if not, only pipelines for local runs are compiled.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=True,
    )
    context: str | None = field(
        "kubectl context of the cluster; environments with different contexts may use the same namespace.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
        min_length=1,
    )
    images: Images | None = field(
        "Container images. Required with a cluster.", loosens=Loosens.ANY, area=Area.GOVERNANCE, default=None
    )
    model_store: str = field(
        "Content-addressed store of models: `s3://`, `gs://` or `file://`; served models are pinned by digest. "
        "Required with a cluster.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default="",
        pattern=r"^(s3|gs|file)://\S+[^/]$",
    )
    storage_secret: SecretName | None = field(
        "Secret in the namespace with the keys `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` for `s3://` addresses, "
        "and `AWS_ENDPOINT_URL` and `AWS_REGION` for a store that is not Amazon's; absent if the pods' service "
        "accounts have the rights.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
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
        "KServe; absent if the cluster has none.", loosens=Loosens.ANY, area=Area.ROLLOUT, default=None
    )
    argo_rollouts: ArgoRolloutsTarget | None = field(
        "Argo Rollouts; absent if the cluster has none.",
        loosens=Loosens.ANY,
        area=Area.ROLLOUT,
        default=None,
    )
    keda: KedaTarget | None = field(
        "KEDA, for scaling by requests without Knative; absent if the cluster has none.",
        loosens=Loosens.ANY,
        area=Area.CAPACITY,
        default=None,
    )
    istio: IstioTarget | None = field(
        "Istio; absent if serving pods are not in a mesh.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    egress: Egress = field(
        "Allowed egress of serving pods, for Rollouts that declare `access` and so have network policies.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default={},
        validate_default=True,
    )
    prometheus: PrometheusTarget = field(
        "Prometheus.", loosens=Loosens.ANY, area=Area.MONITORING, default={}, validate_default=True
    )
    alertmanager: AlertmanagerTarget | None = field(
        "Alertmanager; if absent, no routes are generated, and alerts are routed by their labels `team` and `severity` "
        "elsewhere.",
        loosens=Loosens.REMOVED,
        area=Area.MONITORING,
        default=None,
    )
    grafana: GrafanaTarget | None = field(
        "Grafana; if absent, no dashboards are generated.", loosens=Loosens.ANY, area=Area.MONITORING, default=None
    )
    argo_cd: ArgoCdTarget | None = field(
        "Argo CD; if absent, something else applies the generated files.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=None,
    )
    patches: list[ManifestPatch] = field(
        "Raw patches of the environment's own manifests, those of Alertmanager and Argo CD.",
        loosens=Loosens.ANY,
        area=Area.GOVERNANCE,
        default=[],
    )

    @model_validator(mode="after")
    def _has_what_a_cluster_needs(self) -> Self:
        given = (self.namespace, self.images, self.model_store)
        lacking = [key for key, value in zip(WITH_CLUSTER, given, strict=True) if not value]
        if self.cluster and lacking:
            raise PydanticCustomError("needed_by_cluster", "expected {keys}", {"keys": ", ".join(lacking)})
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        described = handler(schema)
        without = {"required": ["cluster"], "properties": {"cluster": {"const": False}}}
        handler.resolve_ref_schema(described)["anyOf"] = [{"required": list(WITH_CLUSTER)}, without]
        return described

    @property
    def runtime_image(self) -> str:
        """The image of pipeline steps; empty where pipelines run on this machine alone, which pulls none."""
        return self.images.runtime if self.images is not None else ""

    @property
    def server_image(self) -> str | None:
        """The image of MLServer, where the environment has one of its own."""
        return self.images.server if self.images is not None else None

    @property
    def libraries(self) -> list[str] | None:
        """Packages in the runtime image; None where that is unknown."""
        return self.images.libraries if self.images is not None else None

    @property
    def retrains(self) -> bool:
        """Whether training pipelines start by the clock here: on a cluster, where models are trained."""
        return self.training and self.cluster


class Environment(Resource):
    """A deployment target of specs, with the versions of its cluster's components."""

    kind_name = "Environment"
    summary = "a deployment target of specs, with the versions of its cluster's components"

    kind: Literal["Environment"] = note("Kind.", area=Area.GOVERNANCE)
    spec: EnvironmentSpec = field("The environment.", loosens=Loosens.ANY, area=Area.GOVERNANCE)

"""The AppProject of an environment: the bounds of its Application, which Argo CD itself keeps.

Fields: https://argo-cd.readthedocs.io/en/stable/operator-manual/project.yaml.
"""

from __future__ import annotations

from typing import Any

from penstock.ir.delivery import Delivery
from penstock.targets import manifests
from penstock.targets.argo_cd.application import API_VERSION, project_name

GENERATED_KINDS = (
    ("", "ConfigMap"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("argoproj.io", "AnalysisTemplate"),
    ("argoproj.io", "Rollout"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("batch", "CronJob"),
    ("gateway.networking.k8s.io", "HTTPRoute"),
    ("keda.sh", "ScaledObject"),
    ("monitoring.coreos.com", "AlertmanagerConfig"),
    ("monitoring.coreos.com", "PodMonitor"),
    ("monitoring.coreos.com", "PrometheusRule"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("pipelines.kubeflow.org", "Pipeline"),
    ("pipelines.kubeflow.org", "PipelineVersion"),
    ("policy", "PodDisruptionBudget"),
    ("serving.kserve.io", "InferenceService"),
)
"""Group and kind of whatever any target applies. None of them is a right of Kubernetes, and all are in a namespace."""


def project(delivery: Delivery) -> dict[str, Any]:
    """One repository, one namespace of one cluster, and the kinds that are generated: no Role, no Secret, no CRD.

    An object of another kind that somebody slips in among the generated files is not applied, whoever merged it. One of
    these kinds is: that is for the review to find, which compiles the specs anew.
    """
    return {
        "apiVersion": API_VERSION,
        "kind": "AppProject",
        "metadata": manifests.metadata(
            project_name(delivery),
            delivery.control_namespace,
            manifests.labels(delivery, name=delivery.application, component="delivery"),
        ),
        "spec": {
            "description": f"What Penstock generates for {delivery.environment}",
            "sourceRepos": [delivery.repository],
            "destinations": [{"name": delivery.cluster, "namespace": delivery.namespace}],
            "clusterResourceWhitelist": [],
            "namespaceResourceWhitelist": [{"group": group, "kind": kind} for group, kind in GENERATED_KINDS],
        },
    }

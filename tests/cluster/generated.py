"""The committed output of the compiler, as kustomize builds it for a cluster."""

from __future__ import annotations

from pathlib import Path

import yaml

from cluster.api_server import Cluster, Document

GENERATED = Path(__file__).resolve().parents[2] / "generated"
ENVIRONMENTS = sorted(path.parent.name for path in GENERATED.glob("*/kustomization.yaml"))
"""Those that have a cluster."""


def built(cluster: Cluster, environment: str) -> list[Document]:
    """All that is applied in an environment."""
    return list(yaml.safe_load_all(cluster.run("kustomize", GENERATED / environment)))


def namespace_of(documents: list[Document]) -> str:
    """The one namespace that all of the documents are in."""
    (namespace,) = {str(document["metadata"]["namespace"]) for document in documents}
    return namespace


def is_of_pipelines(document: Document) -> bool:
    """Whether Kubeflow Pipelines has to be there to know the kind."""
    return str(document["apiVersion"]).startswith("pipelines.kubeflow.org/")


def served(kind: str) -> list[tuple[str, str]]:
    """Environment and name of each object of a kind that serves a model."""
    found = []
    for path in sorted(GENERATED.glob("*/*/serving.yaml")):
        documents = yaml.safe_load_all(path.read_text(encoding="utf-8"))
        environment = path.relative_to(GENERATED).parts[0]
        found += [(environment, str(one["metadata"]["name"])) for one in documents if one["kind"] == kind]
    return found


def pod_of(template: Document, namespace: str) -> Document:
    """The pod that a controller would create from a template."""
    metadata = {key: value for key, value in template["metadata"].items() if key in ("labels", "annotations")}
    metadata |= {"name": "one", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}

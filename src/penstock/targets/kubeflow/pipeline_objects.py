"""A workflow as the objects `Pipeline` and `PipelineVersion` of pipelines.kubeflow.org/v2beta1.

A version cannot change once it exists, so its name carries a hash of all that it holds: another content is another
object, and one content is the same object in every commit.
"""

from __future__ import annotations

from typing import Any

from penstock.ir.workflow import Workflow
from penstock.targets import manifests

API_VERSION = "pipelines.kubeflow.org/v2beta1"


def pipeline_objects(
    workflow: Workflow, pipeline: dict[str, Any], platform: dict[str, Any], labels: dict[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The pipeline and its version; `pipeline` and `platform` are the two documents of its IR."""
    spec: dict[str, Any] = {"displayName": workflow.name}
    if workflow.description:
        spec["description"] = workflow.description
    version = f"{workflow.name}-{manifests.content_hash(pipeline, platform)}"
    return (
        {
            "apiVersion": API_VERSION,
            "kind": "Pipeline",
            "metadata": manifests.metadata(workflow.name, workflow.namespace, labels),
            "spec": spec,
        },
        {
            "apiVersion": API_VERSION,
            "kind": "PipelineVersion",
            "metadata": manifests.metadata(version, workflow.namespace, labels),
            "spec": {"pipelineName": workflow.name, "pipelineSpec": pipeline, "platformSpec": platform},
        },
    )

"""A workflow as the objects `Pipeline` and `PipelineVersion` of pipelines.kubeflow.org/v2beta1.

A version cannot change once it exists, so its name carries a hash of all that it holds: another content is another
object, and one content is the same object in every commit.
"""

from __future__ import annotations

from typing import Any

from penstock.ir.workflow import Workflow
from penstock.targets import manifests
from penstock.targets.kubeflow.versions import VERSION

API_VERSION = "pipelines.kubeflow.org/v2beta1"


def pipeline_objects(
    workflow: Workflow, pipeline: dict[str, Any], platform: dict[str, Any], labels: dict[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The pipeline and its version; `pipeline` and `platform` are the two documents of its IR."""
    spec: dict[str, Any] = {"displayName": workflow.name}
    if workflow.description:
        spec["description"] = workflow.description
    return (
        {
            "apiVersion": API_VERSION,
            "kind": "Pipeline",
            "metadata": manifests.metadata(workflow.name, workflow.namespace, labels),
            "spec": spec,
        },
        {
            "apiVersion": API_VERSION,
            "kind": VERSION,
            "metadata": manifests.metadata(_name(workflow.name, pipeline, platform), workflow.namespace, labels),
            "spec": {"pipelineName": workflow.name, "pipelineSpec": pipeline, "platformSpec": platform},
        },
    )


def named_anew(version: dict[str, Any]) -> dict[str, Any]:
    """A version after a change, under the name of what it holds now."""
    spec = version["spec"]
    name = _name(spec["pipelineName"], spec["pipelineSpec"], spec["platformSpec"])
    return {**version, "metadata": {**version["metadata"], "name": name}}


def _name(pipeline: str, *documents: dict[str, Any]) -> str:
    return f"{pipeline}-{manifests.content_hash(*documents)}"

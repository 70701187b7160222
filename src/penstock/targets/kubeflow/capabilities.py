"""What Kubeflow Pipelines supports only under conditions, with the versions that do."""

from __future__ import annotations

from penstock.ir.workflow import Workflow
from penstock.targets.base import Capability, version
from penstock.targets.kubeflow.structure import problems

PIPELINE_OBJECTS_SINCE = (2, 14)
"""First version whose `PipelineVersion` carries the platform document; before, deadlines and labels are lost."""
SECURITY_CONTEXT_SINCE = (2, 16)
"""First version that knows ``securityContext`` in the platform document; before, it is an unknown field."""


def at_least(text: str, wanted: tuple[int, ...]) -> bool:
    """Whether a version such as ``2.16`` is `wanted` or newer; an empty one is the newest."""
    return not text or version(text) >= wanted


def _without_pipeline_objects(workflow: Workflow) -> str | None:
    if at_least(workflow.version, PIPELINE_OBJECTS_SINCE):
        return None
    return f"Kubeflow Pipelines {workflow.version} drops the deadlines and labels of a PipelineVersion"


def _unsound(workflow: Workflow) -> str | None:
    return next(iter(problems(workflow)), None)


CAPABILITIES = (
    Capability(
        field="environment.kubeflow.version",
        problem=_without_pipeline_objects,
        instead="Kubeflow Pipelines 2.14 or newer with the Kubernetes pipeline store",
        plans=Workflow,
    ),
    Capability(
        field="steps",
        problem=_unsound,
        instead="unique names of steps, each step after those that it reads, and arguments without `{{`",
        plans=Workflow,
    ),
)

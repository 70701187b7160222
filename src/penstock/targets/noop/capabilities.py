"""Fields of the language that the target takes only under conditions.

A field that the target would ignore in silence belongs here: the compiler then reports it as an error, with what would
do instead.
"""

from __future__ import annotations

from penstock.ir.workflow import Workflow
from penstock.targets.base import Capability


def _accelerated(workflow: Workflow) -> str | None:
    if any(step.compute.gpu for step in workflow.steps):
        return "the inventory does not distinguish GPUs"
    return None


CAPABILITIES = (
    Capability(field="resources.gpu", problem=_accelerated, instead="a target that schedules GPUs, such as kubeflow"),
)

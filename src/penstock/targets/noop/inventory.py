"""A workflow as a list of its steps, applied nowhere: the smallest renderer there can be."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.ir.workflow import Workflow
from penstock.targets.base import Manifest


def render_inventory(workflow: Workflow) -> Iterator[Manifest]:
    """One document: each step of the workflow with its image."""
    document = {"workflow": workflow.name, "steps": {step.name: step.image for step in workflow.steps}}
    yield Manifest(
        file=f"{workflow.purpose}.inventory.yaml",
        documents=(document,),
        applied=False,
        comment=f"The steps of {workflow.name}.",
    )

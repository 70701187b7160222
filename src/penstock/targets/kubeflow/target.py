"""The table of what Kubeflow Pipelines renders."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.ir.alert_routes import AlertRoutes
from penstock.ir.bundle import Bundle
from penstock.ir.dashboard import Dashboard
from penstock.ir.delivery import Delivery
from penstock.ir.monitoring import RuleFile
from penstock.ir.serving import AccessRule, Endpoint
from penstock.ir.workflow import Schedule, Workflow
from penstock.targets.base import Manifest, Target, Unsupported
from penstock.targets.kubeflow.capabilities import CAPABILITIES
from penstock.targets.kubeflow.cron_job import cron_job
from penstock.targets.kubeflow.pipeline_objects import pipeline_objects
from penstock.targets.kubeflow.pipeline_spec import labels_of, pipeline_spec, platform_spec
from penstock.targets.kubeflow.structure import problems

PIPELINES_FILE = "pipelines.yaml"
SCHEDULES_FILE = "schedules.yaml"


def render_workflow(workflow: Workflow) -> Iterator[Manifest]:
    """The IR as a file of its own, and the objects that bring it to the cluster.

    ValueError for a workflow whose steps do not fit together, which its capabilities report before.
    """
    if wrong := problems(workflow):
        raise ValueError(f"{workflow.name}: {wrong[0]}")
    pipeline, platform = pipeline_spec(workflow), platform_spec(workflow)
    yield Manifest(
        file=f"{workflow.purpose}.yaml",
        documents=(pipeline, platform),
        applied=False,
        comment=f"The {workflow.purpose} pipeline of {workflow.model} in {workflow.environment}, as KFP v2 IR.",
    )
    yield Manifest(
        file=PIPELINES_FILE,
        documents=pipeline_objects(workflow, pipeline, platform, labels_of(workflow)),
        applied=True,
        comment=f"The pipelines of {workflow.model} in {workflow.environment}; versions are named by their content.",
    )


def render_schedule(schedule: Schedule) -> Iterator[Manifest]:
    """The CronJob."""
    yield Manifest(
        file=SCHEDULES_FILE,
        documents=(cron_job(schedule),),
        applied=True,
        comment=f"Schedules of the pipelines of {schedule.model} in {schedule.environment}.",
    )


_NOT_A_PIPELINE = Unsupported("never", "Kubeflow Pipelines serves and monitors nothing")

TARGET = Target(
    name="kubeflow",
    renders={Workflow: render_workflow, Schedule: render_schedule},
    unsupported={
        AlertRoutes: _NOT_A_PIPELINE,
        Delivery: _NOT_A_PIPELINE,
        Bundle: _NOT_A_PIPELINE,
        Endpoint: _NOT_A_PIPELINE,
        AccessRule: _NOT_A_PIPELINE,
        RuleFile: _NOT_A_PIPELINE,
        Dashboard: _NOT_A_PIPELINE,
    },
    capabilities=CAPABILITIES,
)

"""Workflows to render: those of the flight system, and a small one whose files are kept as golden files."""

from __future__ import annotations

from lowering.flights import view
from penstock.ir.workflow import (
    Argument,
    Compute,
    InputPath,
    Output,
    OutputPath,
    Parameter,
    ParameterValue,
    Retry,
    Schedule,
    Step,
    Workflow,
)
from penstock.lowering.pipelines.monitoring import monitoring_workflow
from penstock.lowering.pipelines.training import training_workflow
from penstock.targets.base import Manifest
from penstock.targets.kubeflow.target import render_workflow

IMAGE = "images.example/penstock@sha256:" + "0" * 64


def flight_training() -> Workflow:
    """With selection, search, two gates, a SQL dataset, and a step of its own that needs a GPU."""

    def with_own_step(documents):
        spec = documents["Model", "flight-delay"]["spec"]
        spec["steps"] = [{"name": "notify", "command": ["notify"], "after": ["evaluate"], "before": ["register"]}]
        spec["resources"]["gpu"] = 1

    return training_workflow(view(with_own_step), "flight-delay")


def flight_monitoring() -> Workflow:
    """With drift, quality and retraining."""
    found = monitoring_workflow(view(), "flight-delay")
    assert found is not None
    return found


def rendered(workflow: Workflow) -> dict[str, Manifest]:
    """The manifests of a workflow by file."""
    return {manifest.file: manifest for manifest in render_workflow(workflow)}


def small(steps: tuple[Step, ...] | None = None, **fields) -> Workflow:
    """Two steps: one reads the outside, one trains."""
    given = {
        "name": "late-training",
        "description": "Whether a train will be late.",
        "model": "late",
        "purpose": "training",
        "environment": "staging",
        "namespace": "trains",
        "service_account": "pipeline-runner",
        "parameters": (Parameter("as_of", "Moment as of which data is read.", ""),),
        "steps": (snapshot(), train()) if steps is None else steps,
        "owner": "rail",
        "version": "2.16",
        "labels": (("cost-centre", "4711"),),
        **fields,
    }
    return Workflow(**given)


def snapshot(**fields) -> Step:
    given = {
        "name": "snapshot-trips",
        "title": "Snapshot trips",
        "image": IMAGE,
        "command": ("penstock-step", "snapshot"),
        "arguments": (
            Argument("--contract", '{\n  "source": {"csv":"data/trips.csv"}\n}'),
            Argument("--as-of", ParameterValue("as_of")),
            Argument("--snapshot", OutputPath("snapshot")),
        ),
        "outputs": (Output("snapshot", "dataset"),),
        "compute": Compute("1", "2Gi"),
        "retry": Retry(3, 30, 2.0),
        "cache": False,
        "timeout_seconds": 3600,
        **fields,
    }
    return Step(**given)


def train(**fields) -> Step:
    given = {
        "name": "train",
        "title": "Train",
        "image": IMAGE,
        "command": ("penstock-step", "train"),
        "arguments": (
            Argument("--table", InputPath("snapshot-trips", "snapshot"), "trips"),
            Argument("--model-dir", OutputPath("model")),
        ),
        "outputs": (Output("model", "model"),),
        "compute": Compute("4", "8Gi", gpu=1),
        **fields,
    }
    return Step(**given)


def schedule(**fields) -> Schedule:
    given = {
        "name": "late-training",
        "workflow": "late-training",
        "model": "late",
        "cron": "0 3 * * 1",
        "namespace": "trains",
        "service_account": "pipeline-runner",
        "image": IMAGE,
        "api": "http://ml-pipeline.kubeflow.svc:8888",
        "environment": "staging",
        "owner": "rail",
        **fields,
    }
    return Schedule(**given)

"""A schedule starts the version of its pipeline that was compiled with it, and says which one drift starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from lowering.flights import Documents, view
from penstock.compiler import Unit, compile_unit

TRAINING, MONITORING = "flight-delay-training", "flight-delay-monitoring"

Change = Callable[[Documents], None]


def compiled(change: Change | None = None) -> dict[str, list[dict[str, Any]]]:
    """The documents of the model's files in production."""
    made = compile_unit(view(change).catalog, Unit("production", "Model", "flight-delay"))
    assert made.diagnostics == ()
    return {each.path.rpartition("/")[2]: list(yaml.safe_load_all(each.body or b"")) for each in made.artifacts}


def versions(change: Change | None = None) -> dict[str, str]:
    """Pipeline -> the name of its version."""
    return {
        each["spec"]["pipelineName"]: each["metadata"]["name"]
        for each in compiled(change)["pipelines.yaml"]
        if each["kind"] == "PipelineVersion"
    }


def started(change: Change | None = None) -> dict[str, tuple[str, list[str]]]:
    """Pipeline -> the version of it that its schedule starts, and the parameters of the run."""
    found = {}
    for each in compiled(change)["schedules.yaml"]:
        (container,) = each["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        words = container["args"]
        parameters = [words[at + 1] for at, word in enumerate(words) if word == "--parameter"]
        found[words[words.index("--pipeline") + 1]] = words[words.index("--version") + 1], parameters
    return found


def another_image(documents: Documents) -> None:
    image = "registry.example.com/ml/runtime@sha256:" + "b" * 64
    documents["Environment", "production"]["spec"]["images"]["runtime"] = image


def another_node(documents: Documents) -> None:
    node = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"exec-train": {"nodeSelector": {}}}}}}}
    patch = {"kind": "PipelineVersion", "name": TRAINING, "merge": {"spec": {"platformSpec": node}}}
    documents["Model", "flight-delay"]["spec"]["patches"] = [patch]


@pytest.mark.parametrize("change", [None, another_image, another_node])
def test_the_version_is_the_one_beside_it(change: Change | None) -> None:
    """After a revert the newest version in the cluster is the one that was taken back."""
    beside, found = versions(change), started(change)
    assert {pipeline: version for pipeline, (version, _) in found.items()} == beside
    assert found[MONITORING][1] == [f"training_version={beside[TRAINING]}"]
    assert found[TRAINING][1] == []


@pytest.mark.parametrize("change", [another_image, another_node])
def test_another_content_is_another_version(change: Change) -> None:
    assert started(change)[TRAINING] != started()[TRAINING]


def test_training_that_changes_leaves_the_monitoring_pipeline_alone() -> None:
    """Its schedule says which training is started on drift, so that no version of its own comes with each of them."""
    before, after = versions(), versions(another_node)
    assert before[TRAINING] != after[TRAINING]
    assert before[MONITORING] == after[MONITORING]


def test_without_training_on_drift_nothing_is_said_of_it() -> None:
    def change(documents: Documents) -> None:
        documents["Model", "flight-delay"]["spec"]["retrain"] = {"schedule": "0 3 * * 1"}

    assert started(change)[MONITORING][1] == []


def test_a_patch_of_the_schedule_keeps_the_version() -> None:
    def change(documents: Documents) -> None:
        patches = [
            {"kind": "CronJob", "name": TRAINING, "merge": {"spec": {"suspend": True}}},
            {
                "kind": "CronJob",
                "name": MONITORING,
                "json": [{"op": "replace", "path": "/spec/startingDeadlineSeconds", "value": 60}],
            },
        ]
        documents["Model", "flight-delay"]["spec"]["patches"] = patches

    assert started(change) == started()

"""The files of the target, as a reviewer reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from golden_files import Golden
from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.targets.kubeflow.target import TARGET, render_schedule, render_workflow
from penstock.targets.kubeflow.versions import linked
from targets.kubeflow.workflows import flight_training, rendered, schedule, small, snapshot, train

GOLDEN = Path(__file__).parent / "golden"


def test_the_files_are_the_golden_ones(golden: Golden) -> None:
    manifests = linked([*render_workflow(small()), *render_schedule(schedule())])
    for manifest in manifests:
        golden(GOLDEN / manifest.file, emit_yaml_documents(manifest.documents))


def test_the_file_of_the_ir_is_not_applied_and_the_objects_are() -> None:
    assert {file: manifest.applied for file, manifest in rendered(small()).items()} == {
        "training.yaml": False,
        "pipelines.yaml": True,
    }


def version_name(workflow) -> str:
    _, version = rendered(workflow)["pipelines.yaml"].documents
    return version["metadata"]["name"]


def test_a_version_is_named_by_what_it_holds() -> None:
    assert version_name(small()) == version_name(small())
    for other in (
        small((snapshot(cache=True), train())),
        small((snapshot(timeout_seconds=60), train())),
        small(description="Another."),
    ):
        assert version_name(other) != version_name(small())


def test_labels_of_the_objects_are_no_content() -> None:
    # What may change without a new version: the webhook holds the spec alone.
    assert version_name(small(environment="production")) == version_name(small())


def test_the_pipeline_stands_before_its_version() -> None:
    pipeline, version = rendered(small())["pipelines.yaml"].documents
    assert (pipeline["kind"], version["kind"]) == ("Pipeline", "PipelineVersion")
    assert version["spec"]["pipelineName"] == pipeline["metadata"]["name"]


def test_the_version_holds_both_documents_of_the_ir() -> None:
    manifests = rendered(flight_training())
    version = manifests["pipelines.yaml"].documents[1]["spec"]
    assert (version["pipelineSpec"], version["platformSpec"]) == manifests["training.yaml"].documents


def test_a_security_context_is_written_where_the_cluster_knows_it() -> None:
    def contexts(version: str) -> list[bool]:
        platform = rendered(small(version=version))["training.yaml"].documents[1]
        executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
        return ["securityContext" in executor for executor in executors.values()]

    assert contexts("2.16") == contexts("2.17.1") == contexts("") == [True, True]
    assert contexts("2.15") == [False, False]


@pytest.mark.parametrize(("version", "sound"), [("2.5", False), ("2.13", False), ("2.14", True), ("", True)])
def test_a_cluster_that_drops_the_platform_document_is_refused(version: str, sound: bool) -> None:
    (capability,) = [each for each in TARGET.capabilities if each.field == "environment.kubeflow.version"]
    assert (capability.problem(small(version=version)) is None) == sound


def test_a_label_of_the_users_never_replaces_ours() -> None:
    labels = (("penstock/owner", "nobody"), ("team", "x"))
    pipeline, _ = rendered(small(labels=labels))["pipelines.yaml"].documents
    assert pipeline["metadata"]["labels"]["penstock/owner"] == "rail"
    assert pipeline["metadata"]["labels"]["team"] == "x"


def test_a_long_name_is_cut_for_a_cron_job_and_stays_apart_from_others() -> None:
    names = set()
    for ending in ("training", "monitoring", f"monitoring-{'r' * 50}"):
        name = f"{'m' * 50}-{ending}"
        (manifest,) = render_schedule(schedule(name=name, workflow=name))
        (job,) = manifest.documents
        assert len(job["metadata"]["name"]) <= 52
        template = job["spec"]["jobTemplate"]["spec"]["template"]
        for labels in (job["metadata"]["labels"], template["metadata"]["labels"]):
            assert max(map(len, labels.values())) <= 63, "the longest value of a label"
        arguments = template["spec"]["containers"][0]["args"]
        assert arguments[arguments.index("--pipeline") + 1] == name
        names.add(job["metadata"]["name"])
    assert len(names) == 3


def test_a_step_without_a_deadline_has_none() -> None:
    platform = rendered(small((snapshot(), replace(train(), timeout_seconds=None))))["training.yaml"].documents[1]
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert "activeDeadlineSeconds" not in executors["exec-train"]
    assert executors["exec-snapshot-trips"]["activeDeadlineSeconds"] == 3600


def test_every_attempt_of_a_step_has_all_of_its_time() -> None:
    """`backoffMaxDuration` counts from the first attempt: later nothing is tried again, and what runs is ended."""
    pipeline, platform = rendered(flight_training())["training.yaml"].documents
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    retried = {name: task for name, task in pipeline["root"]["dag"]["tasks"].items() if "retryPolicy" in task}
    assert retried
    for name, task in retried.items():
        policy = task["retryPolicy"]
        pauses = [_seconds(policy["backoffDuration"]) * policy["backoffFactor"] ** n for n in range(3)]
        attempts = (policy["maxRetryCount"] + 1) * executors[f"exec-{name}"]["activeDeadlineSeconds"]
        assert len(pauses) == policy["maxRetryCount"]
        assert attempts + sum(pauses) < _seconds(policy["backoffMaxDuration"])


def _seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))

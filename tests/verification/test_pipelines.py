"""Pipelines that were changed by hand or by a patch: the protobufs see some mistakes, our checks the others."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("kfp.pipeline_spec", reason="the extra `verify` is not installed")

from penstock.source.writing.emit_yaml import emit_yaml_documents
from penstock.verification.verify import verify
from targets.kubeflow.workflows import rendered, small

Change = Callable[[dict[str, Any]], None]


def changed(tmp_path: Path, change: Change, document: int = 0) -> list[tuple[str, str, str]]:
    """Code and headline of what is found, and the text of the line that it points at."""
    documents = copy.deepcopy(list(rendered(small())["training.yaml"].documents))
    change(documents[document])
    path = tmp_path / "generated" / "training.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(emit_yaml_documents(documents), encoding="utf-8")
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        (each.code, each.headline, lines[each.primary.span.line - 1].strip())
        for each in verify(tmp_path).diagnostics
        if each.primary is not None
    ]


def task(spec: dict[str, Any], name: str = "train") -> dict[str, Any]:
    return spec["root"]["dag"]["tasks"][name]


def container(spec: dict[str, Any], name: str = "train") -> dict[str, Any]:
    return spec["deploymentSpec"]["executors"][f"exec-{name}"]["container"]


def test_a_pipeline_as_it_was_compiled_is_sound(tmp_path: Path) -> None:
    assert changed(tmp_path, lambda _: None) == []


FORMS: dict[str, tuple[Change, str, str]] = {
    "an unknown field of a task": (
        lambda spec: task(spec).update(retries=3),
        'Message type "ml_pipelines.PipelineTaskSpec" has no field named "retries"',
        "retries: 3",
    ),
    "an unknown field of a container": (
        lambda spec: container(spec).update(entrypoint="x"),
        'Message type "ml_pipelines.PipelineDeploymentConfig.PipelineContainerSpec" has no field named "entrypoint"',
        "entrypoint: x",
    ),
    "a schema version that is missing": (
        lambda spec: spec.pop("schemaVersion") and None,
        "a pipeline needs `schemaVersion`",
        "pipelineInfo:",
    ),
}


@pytest.mark.parametrize(("change", "headline", "line"), FORMS.values(), ids=FORMS.keys())
def test_what_the_protobufs_refuse_is_found(tmp_path: Path, change: Change, headline: str, line: str) -> None:
    assert changed(tmp_path, change) == [("pipeline-schema", headline, line)]


def test_an_unknown_field_of_the_platform_is_found(tmp_path: Path) -> None:
    pytest.importorskip("kfp.kubernetes", reason="the extra `kubeflow` is not installed")

    def change(platform: dict[str, Any]) -> None:
        platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-train"]["deadline"] = 5

    (found,) = changed(tmp_path, change, document=1)
    assert found == (
        "pipeline-schema",
        'Message type "kfp_kubernetes.KubernetesExecutorConfig" has no field named "deadline"',
        "deadline: 5",
    )


def source(spec: dict[str, Any]) -> dict[str, Any]:
    return task(spec)["inputs"]["artifacts"]["table_trips"]["taskOutputArtifact"]


STRUCTURES: dict[str, tuple[Change, str]] = {
    "a component that does not exist": (
        lambda spec: spec["components"].pop("comp-train") and None,
        "the task `train` uses the component `comp-train`, which does not exist",
    ),
    "an executor that does not exist": (
        lambda spec: spec["deploymentSpec"]["executors"].pop("exec-train") and None,
        "the component `comp-train` uses the executor `exec-train`, which does not exist",
    ),
    "an input that is not given": (
        lambda spec: task(spec).pop("inputs") and None,
        "the task `train` lacks the input `table_trips` of its component",
    ),
    "an input that is not taken": (
        lambda spec: spec["components"]["comp-snapshot-trips"].pop("inputDefinitions") and None,
        "the task `snapshot-trips` has the input `as_of`, which its component does not declare",
    ),
    "a parameter that the pipeline has not": (
        lambda spec: spec["root"].pop("inputDefinitions") and None,
        "the pipeline has no parameter `as_of`",
    ),
    "a producer that does not exist": (
        lambda spec: source(spec).update(producerTask="nowhere"),
        "there is no task `nowhere`",
    ),
    "an output that is not written": (
        lambda spec: source(spec).update(outputArtifactKey="table"),
        "the task `snapshot-trips` does not write `table`",
    ),
    "a producer that is not waited for": (
        lambda spec: task(spec).pop("dependentTasks") and None,
        "the task does not wait for `snapshot-trips`, whose output it reads",
    ),
    "a task to wait for that does not exist": (
        lambda spec: task(spec)["dependentTasks"].append("nowhere"),
        "there is no task `nowhere`",
    ),
    "tasks that wait for each other": (
        lambda spec: task(spec, "snapshot-trips").update(dependentTasks=["train"]),
        "dependency cycle of tasks: ",
    ),
    "a placeholder of nothing": (
        lambda spec: container(spec)["args"].append("{{$.inputs.artifacts['other'].path}}"),
        "`other` is not one of the artifacts in the component's inputs",
    ),
    "an output without an argument": (
        lambda spec: container(spec).pop("args") and None,
        "no argument passes the output path of `model`",
    ),
}


@pytest.mark.parametrize(("change", "headline"), STRUCTURES.values(), ids=STRUCTURES.keys())
def test_what_the_protobufs_do_not_see_is_found(tmp_path: Path, change: Change, headline: str) -> None:
    found = changed(tmp_path, change)
    assert found
    assert {code for code, _, _ in found} == {"pipeline-structure"}
    assert any(each.startswith(headline) for _, each, _ in found)


def test_a_pipeline_within_a_version_is_checked_too(tmp_path: Path) -> None:
    documents = copy.deepcopy(list(rendered(small())["pipelines.yaml"].documents))
    documents[1]["spec"]["pipelineSpec"]["components"].pop("comp-train")
    path = tmp_path / "generated" / "pipelines.yaml"
    path.parent.mkdir()
    path.write_text(emit_yaml_documents(documents), encoding="utf-8")
    assert "pipeline-structure" in [each.code for each in verify(tmp_path).diagnostics]

"""What Kubeflow's own code says of our pipelines: its protobufs, its loader, and its compiler on the same steps."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("kfp", reason="the extra `kubeflow` is not installed")

from google.protobuf import json_format
from kfp import components
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineDeploymentConfig, PipelineSpec, PlatformSpec

from penstock.ir.workflow import Workflow
from penstock.source.writing.emit_yaml import emit_yaml_documents
from targets.kubeflow import kfp_build
from targets.kubeflow.workflows import flight_monitoring, flight_training, rendered, small


def with_storage_keys() -> Workflow:
    return small(storage_secret="object-store")


WORKFLOWS = [small, with_storage_keys, flight_training, flight_monitoring]

# The compiler fills these besides the text fields that replace them; the API marks them as deprecated.
DEPRECATED_RESOURCES = ("cpuLimit", "memoryLimit", "cpuRequest", "memoryRequest")
DEPRECATED_ACCELERATOR = ("type", "count")


def documents(workflow: Workflow) -> tuple[dict[str, Any], ...]:
    return rendered(workflow)[f"{workflow.purpose}.yaml"].documents


@pytest.mark.parametrize("make", WORKFLOWS)
def test_the_protobufs_know_every_field(make: Callable[[], Workflow]) -> None:
    pipeline, platform = documents(make())
    json_format.ParseDict(pipeline, PipelineSpec())
    for executor in pipeline["deploymentSpec"]["executors"].values():
        json_format.ParseDict(executor, PipelineDeploymentConfig.ExecutorSpec())
    json_format.ParseDict(platform, PlatformSpec())
    for executor in platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values():
        json_format.ParseDict(executor, KubernetesExecutorConfig())


@pytest.mark.parametrize("make", WORKFLOWS)
def test_kfp_loads_the_pipeline(make: Callable[[], Workflow]) -> None:
    workflow = make()
    text = emit_yaml_documents(documents(workflow))
    loaded = components.load_component_from_text(text)
    assert loaded.name == workflow.name
    assert set(loaded.component_spec.inputs) == {parameter.name for parameter in workflow.parameters}


@pytest.mark.parametrize("make", WORKFLOWS)
def test_the_pipeline_is_the_one_that_kfp_compiles(make: Callable[[], Workflow], tmp_path: Path) -> None:
    workflow = make()
    theirs, their_platform = kfp_build.compiled(workflow, tmp_path)
    ours, our_platform = documents(workflow)
    assert _spec_message(ours) == _spec_message(theirs)
    assert _executors(ours) == _executors(theirs)
    assert _platform(our_platform) == _platform(their_platform)


def _spec_message(document: dict[str, Any]) -> PipelineSpec:
    """All but the executors. Normalised: each compiler writes its own name into `sdkVersion`."""
    document = {key: value for key, value in document.items() if key not in ("sdkVersion", "deploymentSpec")}
    return json_format.ParseDict(document, PipelineSpec())


def _executors(document: dict[str, Any]) -> dict[str, PipelineDeploymentConfig.ExecutorSpec]:
    """The executors as messages. Normalised: the deprecated numbers that kfp writes beside the quantities go."""
    found = {}
    for label, executor in copy.deepcopy(document["deploymentSpec"]["executors"]).items():
        resources = executor["container"].get("resources", {})
        for key in DEPRECATED_RESOURCES:
            resources.pop(key, None)
        for key in DEPRECATED_ACCELERATOR:
            resources.get("accelerator", {}).pop(key, None)
        found[label] = json_format.ParseDict(executor, PipelineDeploymentConfig.ExecutorSpec())
    return found


def _platform(document: dict[str, Any]) -> dict[str, KubernetesExecutorConfig]:
    """As messages, in which kfp's text and our number are the same 64-bit `activeDeadlineSeconds`."""
    executors = document["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    return {label: json_format.ParseDict(each, KubernetesExecutorConfig()) for label, each in executors.items()}

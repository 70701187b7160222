"""A workflow as KFP v2 IR: the document `PipelineSpec`, and the one of the Kubernetes platform.

The form is that of the protobufs `ml_pipelines.PipelineSpec` and `kfp_kubernetes.KubernetesExecutorConfig`. A step
becomes a task of the root, a component and an executor of the same name. Subtrees that are the same for every
step are shared, not copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.ir.workflow import (
    ArtifactType,
    Compute,
    InputPath,
    Output,
    Parameter,
    ParameterValue,
    Retry,
    Step,
    Workflow,
)
from penstock.targets import manifests
from penstock.targets.kubeflow.capabilities import SECURITY_CONTEXT_SINCE, at_least
from penstock.targets.kubeflow.structure import input_name

SCHEMA_VERSION = "2.1.0"
COMPILER = "penstock/v1"
"""Goes where kfp's compiler writes its own name: the language compiled, since nothing else of it shows in the file."""

GPU = "nvidia.com/gpu"

ENVIRONMENT = [
    {"name": "DO_NOT_TRACK", "value": "1"},
    {"name": "MLFLOW_DISABLE_TELEMETRY", "value": "true"},
]
"""Variables of every container: nothing of what runs is told to strangers."""

_SCHEMA_TITLES: Mapping[ArtifactType, str] = {
    "dataset": "system.Dataset",
    "model": "system.Model",
    "metrics": "system.Metrics",
    "artifact": "system.Artifact",
}
_ARTIFACTS: Mapping[ArtifactType, dict[str, Any]] = {
    kind: {"artifactType": {"schemaTitle": title, "schemaVersion": "0.0.1"}} for kind, title in _SCHEMA_TITLES.items()
}
_TEXT = {"parameterType": "STRING"}
_CACHED = {"enableCache": True}
_NOT_CACHED = {"enableCache": False}
_NON_ROOT = {"runAsNonRoot": True}
_LABELS_OF_OBJECTS = ("app.kubernetes.io/name", manifests.ENVIRONMENT_LABEL)


def pipeline_spec(workflow: Workflow) -> dict[str, Any]:
    """The document `PipelineSpec`; the workflow must be sound (`structure.problems`)."""
    made = {(step.name, output.name): _Made(step.name, output) for step in workflow.steps for output in step.outputs}
    tasks, executors, components = {}, {}, {}
    for step in workflow.steps:
        inputs = _inputs(step, made)
        tasks[step.name] = _task(step, inputs)
        executors[f"exec-{step.name}"] = {"container": _container(step, inputs.words)}
        components[f"comp-{step.name}"] = _component(step, inputs)
    info = {"name": workflow.name}
    if workflow.description:
        info["description"] = workflow.description
    root: dict[str, Any] = {}
    if workflow.parameters:
        root["inputDefinitions"] = {"parameters": {each.name: _declared(each) for each in workflow.parameters}}
    root["dag"] = {"tasks": tasks}
    return {
        "pipelineInfo": info,
        "schemaVersion": SCHEMA_VERSION,
        "sdkVersion": COMPILER,
        "root": root,
        "deploymentSpec": {"executors": executors},
        "components": components,
    }


def platform_spec(workflow: Workflow) -> dict[str, Any]:
    """The document `PlatformSpec`: what Kubernetes is told of each container beside what it runs."""
    common: dict[str, Any] = {"podMetadata": {"labels": _pod_labels(workflow)}}
    if at_least(workflow.version, SECURITY_CONTEXT_SINCE):
        common["securityContext"] = _NON_ROOT
    executors = {f"exec-{step.name}": _platform_executor(step, common) for step in workflow.steps}
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}


def labels_of(workflow: Workflow) -> dict[str, str]:
    """Labels of the workflow's objects."""
    return manifests.labels(
        name=workflow.name,
        component=workflow.purpose,
        part_of=workflow.model,
        owner=workflow.owner,
        environment=workflow.environment,
        extra=workflow.labels,
    )


def _declared(parameter: Parameter) -> dict[str, Any]:
    return {
        "parameterType": "STRING",
        "defaultValue": parameter.default,
        "isOptional": True,
        "description": parameter.description,
    }


class _Made:
    """What a step has written, as a task reads it and as a component declares it; shared by all that read it."""

    __slots__ = ("schema", "source")

    def __init__(self, step: str, output: Output) -> None:
        self.schema = _ARTIFACTS[output.type]
        self.source = {"taskOutputArtifact": {"producerTask": step, "outputArtifactKey": output.name}}


class _Inputs:
    """The arguments of a step, each as its words, and what fills them."""

    __slots__ = ("artifacts", "parameters", "producers", "schemas", "words")

    def __init__(self) -> None:
        self.words: list[str] = []
        self.producers: set[str] = set()
        self.artifacts: dict[str, Any] = {}
        self.schemas: dict[str, Any] = {}
        self.parameters: list[str] = []


def _inputs(step: Step, made: Mapping[tuple[str, str], _Made]) -> _Inputs:
    found = _Inputs()
    for argument in step.arguments:
        value = argument.value
        if isinstance(value, str):
            word = value
        elif isinstance(value, InputPath):
            name = input_name(argument)
            found.producers.add(value.step)
            known = made[value.step, value.output]
            found.artifacts[name], found.schemas[name] = known.source, known.schema
            word = f"{{{{$.inputs.artifacts['{name}'].path}}}}"
        elif isinstance(value, ParameterValue):
            found.parameters.append(value.name)
            word = f"{{{{$.inputs.parameters['{value.name}']}}}}"
        else:
            word = f"{{{{$.outputs.artifacts['{value.output}'].path}}}}"
        found.words += (argument.flag, word if argument.key is None else f"{argument.key}={word}")
    return found


def _task(step: Step, given: _Inputs) -> dict[str, Any]:
    task: dict[str, Any] = {"taskInfo": {"name": step.title}, "componentRef": {"name": f"comp-{step.name}"}}
    if upstream := given.producers.union(step.after):
        task["dependentTasks"] = sorted(upstream)
    inputs: dict[str, Any] = {}
    if given.artifacts:
        inputs["artifacts"] = given.artifacts
    if given.parameters:
        inputs["parameters"] = {name: {"componentInputParameter": name} for name in given.parameters}
    if inputs:
        task["inputs"] = inputs
    task["cachingOptions"] = _CACHED if step.cache else _NOT_CACHED
    if step.retry is not None:
        task["retryPolicy"] = _retry(step.retry)
    return task


def _retry(retry: Retry) -> dict[str, Any]:
    return {
        "maxRetryCount": retry.count,
        "backoffDuration": f"{retry.backoff_seconds}s",
        "backoffFactor": retry.factor,
        "backoffMaxDuration": f"{retry.max_backoff_seconds}s",
    }


def _component(step: Step, given: _Inputs) -> dict[str, Any]:
    component: dict[str, Any] = {"executorLabel": f"exec-{step.name}"}
    inputs: dict[str, Any] = {}
    if given.schemas:
        inputs["artifacts"] = given.schemas
    if given.parameters:
        inputs["parameters"] = dict.fromkeys(given.parameters, _TEXT)
    if inputs:
        component["inputDefinitions"] = inputs
    if step.outputs:
        component["outputDefinitions"] = {"artifacts": {each.name: _ARTIFACTS[each.type] for each in step.outputs}}
    return component


def _container(step: Step, words: list[str]) -> dict[str, Any]:
    container: dict[str, Any] = {"image": step.image, "command": list(step.command)}
    if words:
        container["args"] = words
    container["env"] = ENVIRONMENT
    container["resources"] = _resources(step.compute)
    return container


def _resources(compute: Compute) -> dict[str, Any]:
    found: dict[str, Any] = {
        "resourceCpuRequest": compute.cpu,
        "resourceMemoryRequest": compute.memory,
        "resourceMemoryLimit": compute.memory,
    }
    if compute.gpu:
        found["accelerator"] = {"resourceType": GPU, "resourceCount": str(compute.gpu)}
    return found


def _pod_labels(workflow: Workflow) -> dict[str, str]:
    """What tells a pod's costs and owner; Kubeflow adds the names of the run and the task."""
    labels = labels_of(workflow)
    return {key: value for key, value in labels.items() if key not in _LABELS_OF_OBJECTS}


def _platform_executor(step: Step, common: Mapping[str, Any]) -> dict[str, Any]:
    if step.timeout_seconds is None:
        return dict(common)
    return {"activeDeadlineSeconds": step.timeout_seconds, **common}

"""A workflow as KFP v2 IR: the document `PipelineSpec`, and the one of the Kubernetes platform.

The form is that of the protobufs `ml_pipelines.PipelineSpec` and `kfp_kubernetes.KubernetesExecutorConfig`. A step
becomes a task of the root, a component and an executor of the same name. Subtrees that are the same for every
step are shared, not copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.ir.workflow import (
    Argument,
    ArtifactType,
    Compute,
    InputPath,
    OutputPath,
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
_NON_ROOT = {"runAsNonRoot": True}


def pipeline_spec(workflow: Workflow) -> dict[str, Any]:
    """The document `PipelineSpec`; the workflow must be sound (`structure.problems`)."""
    types = {(step.name, output.name): output.type for step in workflow.steps for output in step.outputs}
    tasks, executors, components = {}, {}, {}
    for step in workflow.steps:
        tasks[step.name] = _task(step)
        executors[f"exec-{step.name}"] = {"container": _container(step)}
        components[f"comp-{step.name}"] = _component(step, types)
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
    common: dict[str, Any] = {"podMetadata": {"labels": pod_labels(workflow)}}
    if at_least(workflow.version, SECURITY_CONTEXT_SINCE):
        common["securityContext"] = _NON_ROOT
    executors = {f"exec-{step.name}": _platform_executor(step, common) for step in workflow.steps}
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}


def pod_labels(workflow: Workflow) -> dict[str, str]:
    """Labels of the workflow's objects and of the pods of its steps."""
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


def _task(step: Step) -> dict[str, Any]:
    artifacts: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    for argument in step.arguments:
        value = argument.value
        if isinstance(value, InputPath):
            source = {"producerTask": value.step, "outputArtifactKey": value.output}
            artifacts[input_name(argument)] = {"taskOutputArtifact": source}
        elif isinstance(value, ParameterValue):
            parameters[value.name] = {"componentInputParameter": value.name}
    task: dict[str, Any] = {"taskInfo": {"name": step.title}, "componentRef": {"name": f"comp-{step.name}"}}
    if upstream := step.upstream:
        task["dependentTasks"] = sorted(upstream)
    if inputs := _present(artifacts=artifacts, parameters=parameters):
        task["inputs"] = inputs
    task["cachingOptions"] = {"enableCache": step.cache}
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


def _component(step: Step, types: Mapping[tuple[str, str], ArtifactType]) -> dict[str, Any]:
    artifacts: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    for argument in step.arguments:
        value = argument.value
        if isinstance(value, InputPath):
            artifacts[input_name(argument)] = _ARTIFACTS[types[value.step, value.output]]
        elif isinstance(value, ParameterValue):
            parameters[value.name] = _TEXT
    component: dict[str, Any] = {"executorLabel": f"exec-{step.name}"}
    if inputs := _present(artifacts=artifacts, parameters=parameters):
        component["inputDefinitions"] = inputs
    if step.outputs:
        component["outputDefinitions"] = {"artifacts": {each.name: _ARTIFACTS[each.type] for each in step.outputs}}
    return component


def _present(**groups: dict[str, Any]) -> dict[str, Any]:
    return {name: group for name, group in groups.items() if group}


def _container(step: Step) -> dict[str, Any]:
    container: dict[str, Any] = {"image": step.image, "command": list(step.command)}
    if step.arguments:
        container["args"] = [word for argument in step.arguments for word in (argument.flag, _word(argument))]
    container["env"] = ENVIRONMENT
    container["resources"] = _resources(step.compute)
    return container


def _word(argument: Argument) -> str:
    """The value of a flag: literal, or a placeholder that the launcher fills."""
    value = argument.value
    if isinstance(value, InputPath):
        text = f"{{{{$.inputs.artifacts['{input_name(argument)}'].path}}}}"
    elif isinstance(value, OutputPath):
        text = f"{{{{$.outputs.artifacts['{value.output}'].path}}}}"
    elif isinstance(value, ParameterValue):
        text = f"{{{{$.inputs.parameters['{value.name}']}}}}"
    else:
        text = value
    return text if argument.key is None else f"{argument.key}={text}"


def _resources(compute: Compute) -> dict[str, Any]:
    found: dict[str, Any] = {
        "resourceCpuRequest": compute.cpu,
        "resourceMemoryRequest": compute.memory,
        "resourceMemoryLimit": compute.memory,
    }
    if compute.gpu:
        found["accelerator"] = {"resourceType": GPU, "resourceCount": str(compute.gpu)}
    return found


def _platform_executor(step: Step, common: Mapping[str, Any]) -> dict[str, Any]:
    if step.timeout_seconds is None:
        return dict(common)
    return {"activeDeadlineSeconds": step.timeout_seconds, **common}

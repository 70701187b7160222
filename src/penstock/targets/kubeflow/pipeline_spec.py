"""A workflow as KFP v2 IR: the document `PipelineSpec`, and the one of the Kubernetes platform.

The form is that of the protobufs `ml_pipelines.PipelineSpec` and `kfp_kubernetes.KubernetesExecutorConfig`. A step
becomes a task of the root, a component and an executor of the same name.
"""

from __future__ import annotations

from typing import Any

from penstock.ir.workflow import InputPath, Parameter, Workflow
from penstock.targets import manifests
from penstock.targets.base import Recurring
from penstock.targets.kubeflow.capabilities import SECURITY_CONTEXT_SINCE, at_least
from penstock.targets.kubeflow.step_parts import step_parts

SCHEMA_VERSION = "2.1.0"
COMPILER = "penstock/v1"
"""Goes where kfp's compiler writes its own name: the language compiled, since nothing else of it shows in the file."""

_NON_ROOT = {"runAsNonRoot": True}
_LABELS_OF_OBJECTS = ("app.kubernetes.io/name", manifests.ENVIRONMENT_LABEL)


def pipeline_spec(workflow: Workflow) -> Recurring:
    """The document `PipelineSpec`; the workflow must be sound (`structure.problems`)."""
    types = {(step.name, output.name): output.type for step in workflow.steps for output in step.outputs}
    tasks, executors, components = {}, {}, {}
    for step in workflow.steps:
        paths = [argument.value for argument in step.arguments if isinstance(argument.value, InputPath)]
        parts = step_parts(step, tuple(types[path.step, path.output] for path in paths))
        tasks[step.name] = parts.task
        executors[f"exec-{step.name}"] = parts.executor
        components[f"comp-{step.name}"] = parts.component
    info = {"name": workflow.name}
    if workflow.description:
        info["description"] = workflow.description
    root: dict[str, Any] = {}
    if workflow.parameters:
        root["inputDefinitions"] = {"parameters": {each.name: _declared(each) for each in workflow.parameters}}
    root["dag"] = {"tasks": tasks}
    return Recurring(
        pipelineInfo=info,
        schemaVersion=SCHEMA_VERSION,
        sdkVersion=COMPILER,
        root=root,
        deploymentSpec={"executors": executors},
        components=components,
    )


def platform_spec(workflow: Workflow) -> Recurring:
    """The document `PlatformSpec`: settings of each container that only Kubernetes has."""
    common: dict[str, Any] = {"podMetadata": {"labels": _pod_labels(workflow)}}
    if at_least(workflow.version, SECURITY_CONTEXT_SINCE):
        common["securityContext"] = _NON_ROOT
    if workflow.storage_secret is not None:
        common["secretAsEnv"] = _storage_keys(workflow.storage_secret)
    by_timeout = {step.timeout_seconds: _platform_executor(step.timeout_seconds, common) for step in workflow.steps}
    executors = {f"exec-{step.name}": by_timeout[step.timeout_seconds] for step in workflow.steps}
    return Recurring(platforms={"kubernetes": {"deploymentSpec": {"executors": executors}}})


def _storage_keys(secret: str) -> list[dict[str, Any]]:
    """As kfp's compiler writes them, with the name twice: older versions read the one, newer ones the other."""
    return [
        {
            "secretName": secret,
            "keyToEnv": [{"secretKey": name, "envVar": name} for name in names],
            "optional": optional,
            "secretNameParameter": {"runtimeValue": {"constant": secret}},
        }
        for names, optional in manifests.STORAGE_KEYS
    ]


def labels_of(workflow: Workflow) -> dict[str, str]:
    """Labels of the workflow's objects."""
    return manifests.labels(workflow, name=workflow.name, component=workflow.purpose)


def _declared(parameter: Parameter) -> dict[str, Any]:
    return {
        "parameterType": "STRING",
        "defaultValue": parameter.default,
        "isOptional": True,
        "description": parameter.description,
    }


def _pod_labels(workflow: Workflow) -> dict[str, str]:
    """What tells a pod's costs and owner; Kubeflow adds the names of the run and the task."""
    labels = labels_of(workflow)
    return {key: value for key, value in labels.items() if key not in _LABELS_OF_OBJECTS}


def _platform_executor(timeout_seconds: int | None, common: dict[str, Any]) -> Recurring:
    if timeout_seconds is None:
        return Recurring(common)
    return Recurring(activeDeadlineSeconds=timeout_seconds, **common)

"""A step as KFP v2 IR: the task that starts it, the component that declares it, the executor that runs it.

The same step stands in the pipelines of several environments, and twice in each of them: its parts are made once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from penstock.ir.workflow import ArtifactType, Compute, InputPath, ParameterValue, Retry, Step
from penstock.targets.base import Recurring
from penstock.targets.kubeflow.structure import input_name

GPU = "nvidia.com/gpu"

ENVIRONMENT = [
    Recurring(name="DO_NOT_TRACK", value="1"),
    Recurring(name="MLFLOW_DISABLE_TELEMETRY", value="true"),
]
"""Variables of every container: no library reports to its vendor what runs."""

_SCHEMA_TITLES: Mapping[ArtifactType, str] = {
    "dataset": "system.Dataset",
    "model": "system.Model",
    "metrics": "system.Metrics",
    "artifact": "system.Artifact",
}
_ARTIFACTS: Mapping[ArtifactType, Recurring] = {
    kind: Recurring({"artifactType": {"schemaTitle": title, "schemaVersion": "0.0.1"}})
    for kind, title in _SCHEMA_TITLES.items()
}
_TEXT = Recurring(parameterType="STRING")
_CACHED = Recurring(enableCache=True)
_NOT_CACHED = Recurring(enableCache=False)
_RETRIED_FOR_SECONDS = 30 * 24 * 3600
"""Longer than all attempts of any step take. Kubeflow's `backoffMaxDuration` is no longest pause: it starts with the
first attempt, a step that fails after it is not tried again, and an attempt that runs into it is killed."""
_STEPS_KEPT = 512
"""A few times the steps of one model, whose pipelines are rendered one after the other."""


class StepParts(NamedTuple):
    """The parts of a step in a pipeline; shared by all documents that hold the step."""

    task: Recurring
    component: Recurring
    executor: Recurring


@lru_cache(maxsize=_STEPS_KEPT)
def step_parts(step: Step, reads: tuple[ArtifactType, ...]) -> StepParts:
    """The parts of a step; `reads` has the type of the artifact behind each `InputPath` of its arguments, in order."""
    given = _inputs(step, reads)
    return StepParts(_task(step, given), _component(step, given), Recurring(container=_container(step, given.words)))


class _Inputs:
    """The arguments of a step, each as its words, and what fills them."""

    __slots__ = ("artifacts", "parameters", "producers", "schemas", "words")

    def __init__(self) -> None:
        self.words: list[str] = []
        self.producers: set[str] = set()
        self.artifacts: dict[str, Any] = {}
        self.schemas: dict[str, Any] = {}
        self.parameters: list[str] = []


def _inputs(step: Step, reads: tuple[ArtifactType, ...]) -> _Inputs:
    found = _Inputs()
    types = iter(reads)
    for argument in step.arguments:
        value = argument.value
        if isinstance(value, str):
            word = value
        elif isinstance(value, InputPath):
            name = input_name(argument)
            found.producers.add(value.step)
            source = {"producerTask": value.step, "outputArtifactKey": value.output}
            found.artifacts[name], found.schemas[name] = {"taskOutputArtifact": source}, _ARTIFACTS[next(types)]
            word = f"{{{{$.inputs.artifacts['{name}'].path}}}}"
        elif isinstance(value, ParameterValue):
            found.parameters.append(value.name)
            word = f"{{{{$.inputs.parameters['{value.name}']}}}}"
        else:
            word = f"{{{{$.outputs.artifacts['{value.output}'].path}}}}"
        found.words += (argument.flag, word if argument.key is None else f"{argument.key}={word}")
    return found


def _task(step: Step, given: _Inputs) -> Recurring:
    task = Recurring(taskInfo={"name": step.title}, componentRef={"name": f"comp-{step.name}"})
    if upstream := given.producers.union(step.after):
        task["dependentTasks"] = sorted(upstream)
    inputs: dict[str, Any] = {}
    if given.artifacts:
        inputs["artifacts"] = given.artifacts
    if given.parameters:
        inputs["parameters"] = {name: _parameter(name) for name in given.parameters}
    if inputs:
        task["inputs"] = inputs
    task["cachingOptions"] = _CACHED if step.cache else _NOT_CACHED
    if step.retry is not None:
        task["retryPolicy"] = _retry(step.retry)
    return task


@lru_cache
def _parameter(name: str) -> Recurring:
    return Recurring(componentInputParameter=name)


@lru_cache
def _retry(retry: Retry) -> Recurring:
    return Recurring(
        maxRetryCount=retry.count,
        backoffDuration=f"{retry.backoff_seconds}s",
        backoffFactor=retry.factor,
        backoffMaxDuration=f"{_RETRIED_FOR_SECONDS}s",
    )


def _component(step: Step, given: _Inputs) -> Recurring:
    component = Recurring(executorLabel=f"exec-{step.name}")
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


@lru_cache
def _resources(compute: Compute) -> Recurring:
    found = Recurring(
        resourceCpuRequest=compute.cpu,
        resourceMemoryRequest=compute.memory,
        resourceMemoryLimit=compute.memory,
    )
    if compute.gpu:
        found["accelerator"] = {"resourceType": GPU, "resourceCount": str(compute.gpu)}
    return found

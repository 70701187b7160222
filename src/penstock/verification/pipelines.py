"""Compiled pipelines against Kubeflow's protobufs, and against what the protobufs do not see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Document, Pointer
from penstock.verification.parts import list_at, mapping_at

_REQUIRED = ("pipelineInfo", "schemaVersion", "root")
"""What Kubeflow's API server refuses a pipeline without, although the protobuf takes it."""

_PLACE = re.compile(r' at "([^"]+)"')
_NO_FIELD = re.compile(r'has no field named "([^"]+)"')
_PART = re.compile(r"\.?([^.\[\]]+)|\[([^\]]+)\]")
_PLACEHOLDER = re.compile(r"\{\{\$\.(inputs|outputs)\.(parameters|artifacts)\['([^']+)'\](?:\.(?:path|uri))?\}\}")
_CAUSE = re.compile(r"(?:Failed to parse \w+ field: )*(.*)", re.DOTALL)


def pipeline_parts(document: Document) -> Iterator[tuple[str, Pointer, Any]]:
    """The `PipelineSpec` and platform documents in a document: itself, or what a PipelineVersion holds."""
    value = document.value
    if "pipelineInfo" in value and "root" in value:
        yield "pipeline", (), value
    elif "platforms" in value and "apiVersion" not in value:
        yield "platform", (), value
    elif value.get("kind") == "PipelineVersion":
        spec = mapping_at(value, "spec")
        for kind, key in (("pipeline", "pipelineSpec"), ("platform", "platformSpec")):
            if isinstance(spec.get(key), dict):
                yield kind, ("spec", key), spec[key]


def pipeline_problems(document: Document) -> Iterator[Diagnostic]:
    """What is wrong with the pipelines of a document. ImportError without the extra `verify`."""
    for kind, at, value in pipeline_parts(document):
        found = list(_platform_form(value) if kind == "platform" else _pipeline_schema(value))
        for pointer, message in found:
            yield Diagnostic.error("pipeline-schema", message, document.span((*at, *pointer)))
        if kind == "pipeline" and not found:
            for pointer, message in structure_problems(value):
                yield Diagnostic.error("pipeline-structure", message, document.span((*at, *pointer)))


def _pipeline_schema(value: Any) -> Iterator[tuple[Pointer, str]]:
    from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineDeploymentConfig, PipelineSpec

    yield from (((), f"a pipeline needs `{key}`") for key in _REQUIRED if key not in value)
    yield from _parsed(value, PipelineSpec(), ())
    for label, executor in mapping_at(value, "deploymentSpec", "executors").items():
        yield from _parsed(executor, PipelineDeploymentConfig.ExecutorSpec(), ("deploymentSpec", "executors", label))


def _platform_form(value: Any) -> Iterator[tuple[Pointer, str]]:
    from kfp.pipeline_spec.pipeline_spec_pb2 import PlatformSpec

    yield from _parsed(value, PlatformSpec(), ())
    at = ("platforms", "kubernetes", "deploymentSpec", "executors")
    for label, executor in mapping_at(value, *at).items():
        message = _kubernetes_executor()
        if message is not None:
            yield from _parsed(executor, message, (*at, label))


def _kubernetes_executor() -> Any:
    """An empty `KubernetesExecutorConfig`; None without the package kfp-kubernetes, which alone defines it."""
    try:
        from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
    except ImportError:
        return None
    return KubernetesExecutorConfig()


def _parsed(value: Any, message: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    from google.protobuf import json_format

    if not isinstance(value, dict):
        yield at, "expected a mapping"
        return
    try:
        json_format.ParseDict(value, message)
    except json_format.ParseError as error:
        text = str(error)
        yield (*at, *_pointer(text)), _cause(text)


def _pointer(error: str) -> Pointer:
    """The way to the value that a protobuf error speaks of, as far as it says."""
    place = _PLACE.search(error)
    if place is None:
        return ()
    parts = [_camel(name) if name else key for name, key in _PART.findall(place[1])][1:]
    unknown = _NO_FIELD.search(error)
    return (*parts, *((unknown[1],) if unknown else ()))


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def _cause(error: str) -> str:
    match = _CAUSE.fullmatch(error)
    return _PLACE.sub("", (match[1] if match else error).splitlines()[0]).strip().rstrip(".")


def structure_problems(spec: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """Where the parts of a `PipelineSpec` of a sound form do not fit together."""
    components, executors = mapping_at(spec, "components"), mapping_at(spec, "deploymentSpec", "executors")
    tasks = mapping_at(spec, "root", "dag", "tasks")
    parameters = mapping_at(spec, "root", "inputDefinitions", "parameters")
    for name, task in tasks.items():
        at: Pointer = ("root", "dag", "tasks", name)
        label = mapping_at(task, "componentRef").get("name")
        if label not in components:
            yield (*at, "componentRef"), f"the task `{name}` uses the component `{label}`, which does not exist"
            continue
        yield from _fed(name, task, components[label], at)
        yield from _read(task, tasks, components, parameters, at)
    yield from _cycle(tasks)
    for label, component in components.items():
        executor = component.get("executorLabel")
        if executor is not None and executor not in executors:
            yield (
                ("components", label, "executorLabel"),
                f"the component `{label}` uses the executor `{executor}`, which does not exist",
            )
        elif executor is not None:
            yield from _used(component, executors[executor], ("deploymentSpec", "executors", executor))


def _fed(
    name: str, task: Mapping[str, Any], component: Mapping[str, Any], at: Pointer
) -> Iterator[tuple[Pointer, str]]:
    for group in ("parameters", "artifacts"):
        given = mapping_at(task, "inputs", group)
        wanted = mapping_at(component, "inputDefinitions", group)
        for key, definition in wanted.items():
            if key not in given and not definition.get("isOptional") and "defaultValue" not in definition:
                yield at, f"the task `{name}` lacks the input `{key}` of its component"
        for key in given.keys() - wanted.keys():
            yield (
                (*at, "inputs", group, key),
                f"the task `{name}` has the input `{key}`, which its component does not declare",
            )


def _read(
    task: Mapping[str, Any],
    tasks: Mapping[str, Any],
    components: Mapping[str, Any],
    parameters: Mapping[str, Any],
    at: Pointer,
) -> Iterator[tuple[Pointer, str]]:
    for key, source in mapping_at(task, "inputs", "parameters").items():
        parameter = source.get("componentInputParameter")
        if parameter is not None and parameter not in parameters:
            yield (*at, "inputs", "parameters", key), f"the pipeline has no parameter `{parameter}`"
    waits = list_at(task, "dependentTasks")
    for key, source in mapping_at(task, "inputs", "artifacts").items():
        made = source.get("taskOutputArtifact")
        if made is None:
            continue
        producer, output = made.get("producerTask"), made.get("outputArtifactKey")
        place: Pointer = (*at, "inputs", "artifacts", key)
        if producer not in tasks:
            yield place, f"there is no task `{producer}`"
            continue
        component = components.get(mapping_at(tasks[producer], "componentRef").get("name", ""))
        if output not in mapping_at(component, "outputDefinitions", "artifacts"):
            yield place, f"the task `{producer}` does not write `{output}`"
        if producer not in waits:
            yield place, f"the task does not wait for `{producer}`, whose output it reads"
    for index, before in enumerate(waits):
        if before not in tasks:
            yield (*at, "dependentTasks", index), f"there is no task `{before}`"


def _cycle(tasks: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    waits = {name: list_at(task, "dependentTasks") for name, task in tasks.items()}
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        path = error.args[1]
        yield ("root", "dag", "tasks", path[0]), f"dependency cycle of tasks: {' -> '.join(reversed(path))}"


def _used(component: Mapping[str, Any], executor: Mapping[str, Any], at: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Placeholders without a declaration, and outputs without a placeholder."""
    used: set[tuple[str, str, str]] = set()
    for group in ("command", "args"):
        for index, word in enumerate(list_at(executor, "container", group)):
            for direction, kind, name in _PLACEHOLDER.findall(word):
                used.add((direction, kind, name))
                if name not in mapping_at(component, f"{direction[:-1]}Definitions", kind):
                    place = (*at, "container", group, index)
                    yield place, f"`{name}` is not one of the {kind} in the component's {direction}"
    for name in mapping_at(component, "outputDefinitions", "artifacts"):
        if ("outputs", "artifacts", name) not in used:
            yield at, f"no argument passes the output path of `{name}`"

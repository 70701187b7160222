"""Reads a compiled pipeline: KFP v2 IR (`PipelineSpec`, second document ``platforms``) as steps that can be started.

Only what Penstock's own compiler emits is understood: container executors, artifacts that tasks hand on, parameters
of the pipeline. Anything else in the file is an error, so that nothing is passed over in silence.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

_PLACEHOLDER = re.compile(r"\{\{\$\.(inputs|outputs)\.(parameters|artifacts)\['([^']+)'\](\.path)?\}\}")


class PipelineError(Exception):
    """The file is not a pipeline that can run here; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Produced:
    """An artifact that another step writes."""

    step: str
    output: str


@dataclass(frozen=True, slots=True)
class LocalStep:
    """One task of the pipeline with its container's command, placeholders still in place."""

    name: str
    title: str
    image: str
    command: tuple[str, ...]
    environment: dict[str, str]
    parameters: dict[str, str]
    """Parameter of the component -> parameter of the pipeline."""
    constants: dict[str, str]
    """Parameter of the component -> value fixed at compile time."""
    inputs: dict[str, Produced]
    outputs: tuple[str, ...]
    after: tuple[str, ...]
    cache: bool
    retries: int
    timeout_seconds: int | None

    @property
    def upstream(self) -> tuple[str, ...]:
        """The steps that must have finished before this one starts."""
        return tuple(dict.fromkeys([*(made.step for made in self.inputs.values()), *self.after]))

    def arguments(self, values: dict[str, str], inputs: dict[str, Path], outputs: dict[str, Path]) -> list[str]:
        """The command with every placeholder filled; `values` are the pipeline's parameters."""

        def fill(match: re.Match[str]) -> str:
            direction, kind, name, _ = match.groups()
            if kind == "parameters":
                return self.constants[name] if name in self.constants else values[self.parameters[name]]
            return str(inputs[name] if direction == "inputs" else outputs[name])

        return [_PLACEHOLDER.sub(fill, word) for word in self.command]

    def fingerprint(self, values: dict[str, str], inputs: dict[str, str], code: list[str]) -> str:
        """Hex digest over the filled command, the content of its inputs, and its code.

        Equal fingerprints mean that a finished run of the step stands for a new one.
        """
        digests = {name: Path(digest) for name, digest in inputs.items()}
        filled = self.arguments(values, digests, {name: Path(name) for name in self.outputs})
        content = json.dumps({"name": self.name, "command": filled, "environment": self.environment, "code": code})
        return hashlib.sha256(content.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class LocalPipeline:
    """The steps of a compiled pipeline in an order in which each comes after what it waits for."""

    name: str
    steps: tuple[LocalStep, ...]
    parameters: dict[str, str] = field(default_factory=dict)
    """Default of each parameter."""


def read_pipeline(path: Path) -> LocalPipeline:
    """The pipeline in the file at `path`; PipelineError where it is none that can run here."""
    try:
        documents = [d for d in yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader) if d is not None]
    except OSError as error:
        raise PipelineError(f"{path}: {error.strerror}; run `penstock compile` first") from error
    except yaml.YAMLError as error:
        raise PipelineError(f"{path} is not YAML; run `penstock compile` to write it again") from error
    no_pipeline = f"{path} is not a compiled pipeline; run `penstock compile` to write it again"
    if not documents or len(documents) > 2 or any(not isinstance(each, dict) for each in documents):
        raise PipelineError(no_pipeline)
    spec = documents[0]
    platform = documents[1] if len(documents) == 2 else {}
    try:
        steps = {name: _step(name, task, spec, platform) for name, task in spec["root"]["dag"]["tasks"].items()}
        order = tuple(TopologicalSorter({name: step.upstream for name, step in steps.items()}).static_order())
        declared = spec["root"].get("inputDefinitions", {}).get("parameters", {})
        return LocalPipeline(
            name=spec["pipelineInfo"]["name"],
            steps=tuple(steps[name] for name in order),
            parameters={name: str(details.get("defaultValue", "")) for name, details in declared.items()},
        )
    except CycleError as error:
        raise PipelineError(
            f"{path}: the steps depend on each other in a circle: {' -> '.join(error.args[1])}"
        ) from error
    except KeyError as error:
        raise PipelineError(
            f"{path}: the pipeline refers to {error}, which does not exist; run `penstock compile` to write it again"
        ) from error
    except (TypeError, AttributeError, ValueError) as error:
        raise PipelineError(no_pipeline) from error


def _step(name: str, task: dict[str, Any], spec: dict[str, Any], platform: dict[str, Any]) -> LocalStep:
    component = spec["components"][task["componentRef"]["name"]]
    executor_label = component["executorLabel"]
    container = spec["deploymentSpec"]["executors"][executor_label]["container"]
    inputs = task.get("inputs", {})
    parameters, constants = {}, {}
    for parameter, source in inputs.get("parameters", {}).items():
        if "componentInputParameter" in source:
            parameters[parameter] = source["componentInputParameter"]
        else:
            constants[parameter] = str(source["runtimeValue"]["constant"])
    deadline = _platform_executor(platform, executor_label).get("activeDeadlineSeconds")
    return LocalStep(
        name=name,
        title=task["taskInfo"]["name"],
        image=container["image"],
        command=(*container.get("command", ()), *container.get("args", ())),
        environment={variable["name"]: variable["value"] for variable in container.get("env", ())},
        parameters=parameters,
        constants=constants,
        inputs={
            artifact: Produced(
                source["taskOutputArtifact"]["producerTask"], source["taskOutputArtifact"]["outputArtifactKey"]
            )
            for artifact, source in inputs.get("artifacts", {}).items()
        },
        outputs=tuple(component.get("outputDefinitions", {}).get("artifacts", {})),
        after=tuple(task.get("dependentTasks", ())),
        cache=bool(task.get("cachingOptions", {}).get("enableCache", False)),
        retries=int(task.get("retryPolicy", {}).get("maxRetryCount", 0)),
        timeout_seconds=int(deadline) if deadline else None,
    )


def _platform_executor(platform: dict[str, Any], label: str) -> dict[str, Any]:
    executors = platform.get("platforms", {}).get("kubernetes", {}).get("deploymentSpec", {}).get("executors", {})
    found: dict[str, Any] = executors.get(label, {})
    return found

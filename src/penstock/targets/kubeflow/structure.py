"""What neither the protobufs nor kfp's loader see in a pipeline: whether its steps fit together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from penstock.ir.workflow import Argument, InputPath, ParameterValue, Step, Workflow

LONGEST_WORKFLOW_NAME = 63
"""The pipeline's name is an object's name and a label's value."""
DRIVER_SUFFIX = "-driver"
"""Kubeflow puts a task ``STEP-driver`` before each step."""
LONGEST_STEP_NAME = 128 - len(DRIVER_SUFFIX)
"""Argo allows 128 characters in the name of a task (``workflowFieldMaxLength`` of its validation)."""

_WORKFLOW_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_STEP_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_PLACEHOLDER = "which the cluster replaces as a placeholder"
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def input_name(argument: Argument) -> str:
    """The name of the component's input that fills an argument: the parameter's, or the flag with its key."""
    if isinstance(argument.value, ParameterValue):
        return argument.value.name
    name = argument.flag.lstrip("-") if argument.key is None else f"{argument.flag.lstrip('-')}_{argument.key}"
    return name.replace("-", "_")


@lru_cache(maxsize=4)
def problems(workflow: Workflow) -> tuple[str, ...]:
    """Each thing that would fail in the cluster, or do nothing there, as a sentence without a full stop."""
    found: list[str] = []
    if not _WORKFLOW_NAME.fullmatch(workflow.name) or len(workflow.name) > LONGEST_WORKFLOW_NAME:
        found.append(f"`{workflow.name}` is not a valid pipeline name")
    found += _repeated("parameter", [parameter.name for parameter in workflow.parameters])
    found += _repeated("step", [step.name for step in workflow.steps])
    parameters = {parameter.name for parameter in workflow.parameters}
    everything = {step.name for step in workflow.steps}
    written: dict[str, frozenset[str]] = {}
    for step in workflow.steps:
        own = _looked_at(step)
        found += own.problems
        taken = step.name + DRIVER_SUFFIX
        if taken in everything:
            found.append(f"`{taken}` is not a valid step name: Kubeflow has a task of this name for `{step.name}`")
        for name in own.parameters:
            if name not in parameters:
                found.append(f"the step `{step.name}` reads the parameter `{name}`, which does not exist")
        for before, output in own.reads:
            if before in written and output not in written[before]:
                found.append(f"the step `{step.name}` reads `{output}`, which `{before}` does not write")
        for before in own.waits_for:
            if before not in written:
                found.append(_misplaced(step.name, before, before in everything))
        written[step.name] = own.writes
    return tuple(found)


class _LookedAt(NamedTuple):
    """What is to be known of a step by itself."""

    problems: tuple[str, ...]
    parameters: tuple[str, ...]
    reads: tuple[tuple[str, str], ...]
    """Step and output behind each input."""
    waits_for: tuple[str, ...]
    writes: frozenset[str]


@lru_cache(maxsize=512)
def _looked_at(step: Step) -> _LookedAt:
    """Looks at a step once, although it stands in the workflows of several environments."""
    inputs: dict[str, InputPath] = {}
    parameters: dict[str, None] = {}
    found = list(_names(step))
    declared = {output.name for output in step.outputs}
    unwritten = declared.copy()
    for argument in step.arguments:
        value = argument.value
        if isinstance(value, str):
            if "{{" in value:
                found.append(f"`{argument.flag}` of the step `{step.name}` contains `{{{{`, {_PLACEHOLDER}")
        elif isinstance(value, InputPath):
            name = input_name(argument)
            first = inputs.setdefault(name, value)
            if first is not value and first != value:
                found.append(f"two inputs of the step `{step.name}` are named `{name}`")
        elif isinstance(value, ParameterValue):
            parameters[value.name] = None
        elif value.output in declared:
            unwritten.discard(value.output)
        else:
            found.append(f"the step `{step.name}` writes `{value.output}`, which it does not declare")
    found += [f"the step `{step.name}` gets no output path for `{name}`" for name in sorted(unwritten)]
    if len(declared) != len(step.outputs):
        found.append(f"the step `{step.name}` declares a duplicate output")
    reads = dict.fromkeys((value.step, value.output) for value in inputs.values())
    waits_for = dict.fromkeys((*(before for before, _ in reads), *step.after))
    return _LookedAt(tuple(found), tuple(parameters), tuple(reads), tuple(waits_for), frozenset(declared))


def _names(step: Step) -> Iterator[str]:
    if not _STEP_NAME.fullmatch(step.name) or len(step.name) > LONGEST_STEP_NAME:
        yield f"`{step.name}` is not a valid step name"
    for output in step.outputs:
        if not _IDENTIFIER.fullmatch(output.name):
            yield f"`{output.name}` of the step `{step.name}` is not a valid output name"
    if any("{{" in word for word in step.command):
        yield f"the command of the step `{step.name}` contains `{{{{`, {_PLACEHOLDER}"


def _repeated(what: str, names: list[str]) -> list[str]:
    if len(set(names)) == len(names):
        return []
    return [f"there are two {what}s `{name}`" for name in sorted({name for name in names if names.count(name) > 1})]


def _misplaced(step: str, before: str, exists: bool) -> str:
    """Each step stands after what it waits for, so that no cycle can be."""
    if exists:
        return f"the step `{step}` is before `{before}`, which it waits for"
    return f"the step `{step}` waits for `{before}`, which does not exist"

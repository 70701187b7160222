"""What neither the protobufs nor kfp's loader see in a pipeline: whether its steps fit together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.ir.workflow import Argument, InputPath, OutputPath, ParameterValue, Step, Workflow

LONGEST_WORKFLOW_NAME = 63
"""The pipeline's name is an object's name and a label's value."""
DRIVER_SUFFIX = "-driver"
"""Kubeflow puts a task ``STEP-driver`` before each step."""
LONGEST_STEP_NAME = 128 - len(DRIVER_SUFFIX)
"""Argo allows 128 characters in the name of a task (``workflowFieldMaxLength`` of its validation)."""

_WORKFLOW_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_STEP_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def input_name(argument: Argument) -> str:
    """The name of the component's input that fills an argument: the parameter's, or the flag with its key."""
    if isinstance(argument.value, ParameterValue):
        return argument.value.name
    name = argument.flag.lstrip("-") if argument.key is None else f"{argument.flag.lstrip('-')}_{argument.key}"
    return name.replace("-", "_")


def problems(workflow: Workflow) -> Iterator[str]:
    """Each thing that would fail in the cluster, or do nothing there, as a sentence without a full stop."""
    if not _WORKFLOW_NAME.fullmatch(workflow.name) or len(workflow.name) > LONGEST_WORKFLOW_NAME:
        yield f"`{workflow.name}` cannot name a pipeline"
    yield from _repeated("parameter", [parameter.name for parameter in workflow.parameters])
    yield from _repeated("step", [step.name for step in workflow.steps])
    parameters = {parameter.name for parameter in workflow.parameters}
    written: dict[str, set[str]] = {}
    everything = {step.name for step in workflow.steps}
    for step in workflow.steps:
        yield from _names(step, everything)
        yield from _inputs(step, parameters, written, everything)
        yield from _outputs(step)
        written[step.name] = {output.name for output in step.outputs}


def _repeated(what: str, names: list[str]) -> Iterator[str]:
    if len(set(names)) != len(names):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"there are two {what}s `{name}`"


def _names(step: Step, everything: set[str]) -> Iterator[str]:
    if not _STEP_NAME.fullmatch(step.name) or len(step.name) > LONGEST_STEP_NAME:
        yield f"`{step.name}` cannot name a step"
    if step.name + DRIVER_SUFFIX in everything:
        yield f"`{step.name}{DRIVER_SUFFIX}` cannot name a step: Kubeflow has a task of this name for `{step.name}`"
    for output in step.outputs:
        if not _IDENTIFIER.fullmatch(output.name):
            yield f"`{output.name}` of the step `{step.name}` cannot name an output"
    for argument in step.arguments:
        if isinstance(argument.value, str) and "{{" in argument.value:
            yield f"`{argument.flag}` of the step `{step.name}` holds `{{{{`, which the cluster takes for a placeholder"
    for word in step.command:
        if "{{" in word:
            yield f"the command of the step `{step.name}` holds `{{{{`, which the cluster takes for a placeholder"


def _inputs(step: Step, parameters: set[str], written: dict[str, set[str]], everything: set[str]) -> Iterator[str]:
    """Reads of what does not exist, or does not exist yet: steps stand after what they wait for, so no cycle can be."""
    inputs: dict[tuple[type, str], object] = {}
    for argument in step.arguments:
        value = argument.value
        if isinstance(value, ParameterValue):
            if value.name not in parameters:
                yield f"the step `{step.name}` reads the parameter `{value.name}`, which there is not"
        elif isinstance(value, InputPath):
            if value.step in written and value.output not in written[value.step]:
                yield f"the step `{step.name}` reads `{value.output}` of `{value.step}`, which does not write it"
        else:
            continue
        name = input_name(argument)
        if inputs.setdefault((type(value), name), value) != value:
            yield f"two inputs of the step `{step.name}` are called `{name}`"
    for before in step.upstream:
        if before not in everything:
            yield f"the step `{step.name}` waits for `{before}`, which there is not"
        elif before not in written:
            yield f"the step `{step.name}` stands before `{before}`, which it waits for"


def _outputs(step: Step) -> Iterator[str]:
    declared = [output.name for output in step.outputs]
    given = [argument.value.output for argument in step.arguments if isinstance(argument.value, OutputPath)]
    yield from (f"the step `{step.name}` declares `{name}` twice" for name in declared if declared.count(name) > 1)
    for name in declared:
        if name not in given:
            yield f"the step `{step.name}` is never told where to write `{name}`"
    for name in given:
        if name not in declared:
            yield f"the step `{step.name}` writes `{name}`, which it does not declare"

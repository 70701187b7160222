"""What neither the protobufs nor kfp's loader see in a pipeline: whether its steps fit together."""

from __future__ import annotations

import re

from penstock.ir.workflow import Argument, InputPath, ParameterValue, Step, Workflow

LONGEST_WORKFLOW_NAME = 63
"""The pipeline's name is an object's name and a label's value."""
DRIVER_SUFFIX = "-driver"
"""Kubeflow puts a task ``STEP-driver`` before each step."""
LONGEST_STEP_NAME = 128 - len(DRIVER_SUFFIX)
"""Argo allows 128 characters in the name of a task (``workflowFieldMaxLength`` of its validation)."""

_WORKFLOW_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_STEP_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_PLACEHOLDER = "which the cluster takes for a placeholder"
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def input_name(argument: Argument) -> str:
    """The name of the component's input that fills an argument: the parameter's, or the flag with its key."""
    if isinstance(argument.value, ParameterValue):
        return argument.value.name
    name = argument.flag.lstrip("-") if argument.key is None else f"{argument.flag.lstrip('-')}_{argument.key}"
    return name.replace("-", "_")


def problems(workflow: Workflow) -> tuple[str, ...]:
    """Each thing that would fail in the cluster, or do nothing there, as a sentence without a full stop."""
    found: list[str] = []
    if not _WORKFLOW_NAME.fullmatch(workflow.name) or len(workflow.name) > LONGEST_WORKFLOW_NAME:
        found.append(f"`{workflow.name}` cannot name a pipeline")
    found += _repeated("parameter", [parameter.name for parameter in workflow.parameters])
    found += _repeated("step", [step.name for step in workflow.steps])
    parameters = {parameter.name for parameter in workflow.parameters}
    everything = {step.name for step in workflow.steps}
    written: dict[str, set[str]] = {}
    for step in workflow.steps:
        _check_names(step, everything, found)
        producers = _check_arguments(step, parameters, written, found)
        for before in dict.fromkeys((*producers, *step.after)):
            if before not in written:
                found.append(_misplaced(step.name, before, before in everything))
        written[step.name] = {output.name for output in step.outputs}
    return tuple(found)


def _repeated(what: str, names: list[str]) -> list[str]:
    if len(set(names)) == len(names):
        return []
    return [f"there are two {what}s `{name}`" for name in sorted({name for name in names if names.count(name) > 1})]


def _check_names(step: Step, everything: set[str], found: list[str]) -> None:
    if not _STEP_NAME.fullmatch(step.name) or len(step.name) > LONGEST_STEP_NAME:
        found.append(f"`{step.name}` cannot name a step")
    taken = step.name + DRIVER_SUFFIX
    if taken in everything:
        found.append(f"`{taken}` cannot name a step: Kubeflow has a task of this name for `{step.name}`")
    wrong = [output.name for output in step.outputs if not _IDENTIFIER.fullmatch(output.name)]
    found += [f"`{name}` of the step `{step.name}` cannot name an output" for name in wrong]
    if any("{{" in word for word in step.command):
        found.append(f"the command of the step `{step.name}` holds `{{{{`, {_PLACEHOLDER}")


def _check_arguments(
    step: Step, parameters: set[str], written: dict[str, set[str]], found: list[str]
) -> dict[str, None]:
    """Arguments that read what is not there, inputs that share a name, outputs that nothing writes or declares.

    Gives the steps that are read.
    """
    inputs: dict[str, InputPath] = {}
    declared = {output.name for output in step.outputs}
    unwritten = declared.copy()
    for argument in step.arguments:
        value = argument.value
        if isinstance(value, str):
            if "{{" in value:
                found.append(f"`{argument.flag}` of the step `{step.name}` holds `{{{{`, {_PLACEHOLDER}")
        elif isinstance(value, InputPath):
            name = input_name(argument)
            first = inputs.setdefault(name, value)
            if first is not value and first != value:
                found.append(f"two inputs of the step `{step.name}` are called `{name}`")
            if value.step in written and value.output not in written[value.step]:
                found.append(f"the step `{step.name}` reads `{value.output}`, which `{value.step}` does not write")
        elif isinstance(value, ParameterValue):
            if value.name not in parameters:
                found.append(f"the step `{step.name}` reads the parameter `{value.name}`, which there is not")
        elif value.output in declared:
            unwritten.discard(value.output)
        else:
            found.append(f"the step `{step.name}` writes `{value.output}`, which it does not declare")
    found += [f"the step `{step.name}` is never told where to write `{name}`" for name in sorted(unwritten)]
    if len(declared) != len(step.outputs):
        found.append(f"the step `{step.name}` declares an output twice")
    return {value.step: None for value in inputs.values()}


def _misplaced(step: str, before: str, exists: bool) -> str:
    """Each step stands after what it waits for, so that no cycle can be."""
    if exists:
        return f"the step `{step}` stands before `{before}`, which it waits for"
    return f"the step `{step}` waits for `{before}`, which there is not"

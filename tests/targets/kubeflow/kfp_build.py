"""The same workflow built with kfp's own compiler, as an independent answer to compare ours with."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import yaml
from kfp import compiler, dsl, kubernetes

from penstock.ir.workflow import InputPath, ParameterValue, Step, Workflow
from penstock.targets.kubeflow.structure import input_name

ARTIFACTS = {"dataset": dsl.Dataset, "model": dsl.Model, "metrics": dsl.Metrics, "artifact": dsl.Artifact}


def compiled(workflow: Workflow, folder: Path) -> list[dict[str, Any]]:
    """The documents that kfp's compiler writes for the workflow."""
    path = folder / "kfp.yaml"
    compiler.Compiler().compile(_pipeline(workflow), str(path))
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def _pipeline(workflow: Workflow) -> Any:
    types = {(step.name, output.name): output.type for step in workflow.steps for output in step.outputs}
    components = {step.name: _component(step, types) for step in workflow.steps}

    def run(*positional: Any) -> None:
        given = dict(zip((each.name for each in workflow.parameters), positional, strict=True))
        tasks: dict[str, dsl.PipelineTask] = {}
        for step in workflow.steps:
            inputs = {
                input_name(argument): (
                    given[argument.value.name]
                    if isinstance(argument.value, ParameterValue)
                    else tasks[argument.value.step].outputs[argument.value.output]
                )
                for argument in step.arguments
                if isinstance(argument.value, ParameterValue | InputPath)
            }
            task = tasks[step.name] = components[step.name](**inputs)
            _configure(task, step, workflow)
            for before in step.after:
                task.after(tasks[before])

    parameters = [
        inspect.Parameter(each.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=each.default, annotation=str)
        for each in workflow.parameters
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: str for each in workflow.parameters}
    described = "\n".join(f"    {each.name}: {each.description}" for each in workflow.parameters)
    run.__doc__ = f"{workflow.description}\n\nArgs:\n{described}\n"
    return dsl.pipeline(name=workflow.name, description=workflow.description or None)(run)


def _configure(task: dsl.PipelineTask, step: Step, workflow: Workflow) -> None:
    task.set_display_name(step.title)
    task.set_caching_options(step.cache)
    task.set_cpu_request(step.compute.cpu)
    task.set_memory_request(step.compute.memory)
    task.set_memory_limit(step.compute.memory)
    if step.compute.gpu:
        task.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(step.compute.gpu)
    if step.retry is not None:
        task.set_retry(
            step.retry.count,
            backoff_duration=f"{step.retry.backoff_seconds}s",
            backoff_factor=step.retry.factor,
            backoff_max_duration="30d",
        )
    task.set_env_variable("DO_NOT_TRACK", "1")
    task.set_env_variable("MLFLOW_DISABLE_TELEMETRY", "true")
    if step.timeout_seconds is not None:
        kubernetes.set_timeout(task, step.timeout_seconds)
    kubernetes.set_security_context(task, run_as_non_root=True)
    if workflow.storage_secret is not None:
        for names, optional in (
            (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), False),
            (
                ("AWS_ENDPOINT_URL", "AWS_REGION"),
                True,
            ),
        ):
            keys = {name: name for name in names}
            kubernetes.use_secret_as_env(task, workflow.storage_secret, keys, optional=optional)
    labels = {
        "app.kubernetes.io/component": workflow.purpose,
        "app.kubernetes.io/part-of": workflow.model,
        "app.kubernetes.io/managed-by": "penstock",
        "penstock/owner": workflow.owner,
        **dict(workflow.labels),
    }
    for key, value in labels.items():
        kubernetes.add_pod_label(task, key, value)


def _component(step: Step, types: dict[tuple[str, str], str]) -> Any:
    """A container component with the step's inputs and outputs as the parameters of a function."""
    annotations: dict[str, Any] = {}
    for argument in step.arguments:
        if isinstance(argument.value, InputPath):
            kind = ARTIFACTS[types[argument.value.step, argument.value.output]]
            annotations[input_name(argument)] = dsl.Input[kind]  # type: ignore[valid-type]
        elif isinstance(argument.value, ParameterValue):
            annotations[argument.value.name] = str
    for output in step.outputs:
        annotations[output.name] = dsl.Output[ARTIFACTS[output.type]]  # type: ignore[misc]

    def run(*positional: Any) -> dsl.ContainerSpec:
        given = dict(zip(annotations, positional, strict=True))
        words: list[Any] = []
        for argument in step.arguments:
            value: Any = argument.value
            if isinstance(value, ParameterValue):
                value = given[value.name]
            elif isinstance(value, InputPath):
                value = given[input_name(argument)].path
            elif not isinstance(value, str):
                value = given[value.output].path
            words += [argument.flag, value if argument.key is None else f"{argument.key}={value}"]
        return dsl.ContainerSpec(image=step.image, command=list(step.command), args=words)

    parameters = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=kind)
        for name, kind in annotations.items()
    ]
    run.__name__ = step.name.replace("-", "_")
    run.__signature__ = inspect.Signature(parameters, return_annotation=dsl.ContainerSpec)  # type: ignore[attr-defined]
    run.__annotations__ = annotations
    return dsl.container_component(run)

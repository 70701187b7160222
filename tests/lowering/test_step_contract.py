"""Every command line that the compiler writes is one that its step understands."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

import pytest

from lowering.flights import view
from penstock.ir.workflow import InputPath, OutputPath, ParameterValue, Step
from penstock.lowering.pipelines.monitoring import monitoring_workflow
from penstock.lowering.pipelines.schedules import schedules
from penstock.lowering.pipelines.steps import KINDS
from penstock.lowering.pipelines.training import training_workflow
from penstock.runtime.main import STEPS
from penstock.targets.kubeflow.target import render_schedule


def _steps() -> list[Step]:
    training = training_workflow(view(), "flight-delay")
    monitoring = monitoring_workflow(view(), "flight-delay")
    assert monitoring is not None
    both = {(step.name, step.arguments): step for step in (*training.steps, *monitoring.steps)}
    return list(both.values())


def _parse(step: str, words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=step, allow_abbrev=False, exit_on_error=False)
    import_module(STEPS[step]).add_arguments(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize("step", _steps(), ids=lambda step: step.name)
def test_a_step_understands_what_the_compiler_writes(step: Step, tmp_path: Path) -> None:
    values = {"digest": "sha256:" + "a" * 64, "tracking": "sqlite:///x.db", "model_store": f"file://{tmp_path}"}
    words: list[str] = []
    for argument in step.arguments:
        value = argument.value
        if isinstance(value, InputPath):
            folder = tmp_path / value.step / value.output
            folder.mkdir(parents=True, exist_ok=True)
            word = str(folder)
        elif isinstance(value, OutputPath):
            word = str(tmp_path / "out" / value.output)
        elif isinstance(value, ParameterValue):
            word = values.get(value.name, "")
        else:
            word = value
        words += [argument.flag, word if argument.key is None else f"{argument.key}={word}"]
    parsed = _parse(step.command[1], words)
    assert len(vars(parsed)) > 0


def test_a_schedule_starts_what_the_step_can_start() -> None:
    for schedule in schedules(view(), "flight-delay"):
        (manifest,) = render_schedule(schedule)
        (container,) = manifest.documents[0]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        program, step = container["command"]
        assert program == "penstock-step"
        assert _parse(step, container["args"]).pipeline == schedule.workflow


def test_the_runtime_has_every_step_of_the_compiler() -> None:
    assert KINDS.keys() <= STEPS.keys()

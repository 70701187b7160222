"""A step is started here with the words that Kubeflow's own code makes of its placeholders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("kfp", reason="the extra `kubeflow` is not installed")

import yaml
from google.protobuf import json_format
from kfp import dsl
from kfp.local import executor_input_utils, placeholder_utils, utils
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec

from penstock.local.pipeline import read_pipeline

ROOT = Path(__file__).parents[2]
PIPELINES = sorted(
    path for name in ("training", "monitoring") for path in (ROOT / "generated").glob(f"*/*/{name}.yaml")
)
ODD = "a b'\"\\ {\"json\": {}} 'ü' $HOME"
"""A value that nothing may take apart."""


def theirs(spec: PipelineSpec, task: str, values: dict[str, str], inputs: dict[str, Path], root: Path) -> list[str]:
    """The command of a task as kfp's local runner would start it."""
    name = spec.root.dag.tasks[task].component_ref.name
    component = spec.components[name]
    executor = utils.struct_to_executor_spec(spec.deployment_spec["executors"][component.executor_label])
    artifacts = {one: dsl.Artifact(name=one, uri=str(path)) for one, path in inputs.items()}
    given = executor_input_utils.construct_executor_input(component, {**values, **artifacts}, str(root), False)
    command: list[str] = placeholder_utils.replace_placeholders(
        full_command=[*executor.container.command, *executor.container.args],
        executor_input_dict=executor_input_utils.executor_input_to_dict(given, component),
        pipeline_resource_name="pipeline",
        task_resource_name=task,
        pipeline_root=str(root),
        unique_pipeline_id="1",
    )
    return command


def test_there_are_pipelines() -> None:
    assert len(PIPELINES) >= 6


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: "/".join(path.parts[-3:]))
def test_words_of_steps_are_those_of_kfp(path: Path, tmp_path: Path) -> None:
    document: dict[str, Any] = next(yaml.safe_load_all(path.read_bytes()))
    spec = json_format.ParseDict(document, PipelineSpec())
    pipeline = read_pipeline(path)
    parameters = {name: f"{name} {ODD}" for name in pipeline.parameters}
    for step in pipeline.steps:
        inputs = {name: tmp_path / made.step / made.output for name, made in step.inputs.items()}
        outputs = {name: tmp_path / step.name / name for name in step.outputs}
        values = step.constants | {name: parameters[source] for name, source in step.parameters.items()}
        ours = step.arguments(parameters, inputs, outputs)
        assert ours == theirs(spec, step.name, values, inputs, tmp_path / step.name)
        assert not [word for word in ours if "{{$" in word]

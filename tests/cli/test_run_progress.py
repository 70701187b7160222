"""The live table of a run on a terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from local.pipelines import Script, write_pipeline
from penstock.cli.run_progress import Progress
from penstock.local.pipeline import read_pipeline
from penstock.local.runner import State


@pytest.mark.parametrize("width", [40, 60, 110])
def test_what_a_step_says_gives_way_to_the_names_of_the_steps(tmp_path: Path, width: int) -> None:
    names = ["validate-points", "search-parameters"]
    pipeline = read_pipeline(write_pipeline(tmp_path / "pipeline.yaml", *(Script(name, "exit 0") for name in names)))
    progress = Progress("m · training · local", pipeline)
    progress.observe(pipeline.steps[0].name, State.RUNNING, 0.0, ["a sentence of many words " * 10])
    shown = io.StringIO()
    Console(file=shown, width=width).print(progress._table())
    assert all(f"title of {name}" in shown.getvalue() for name in names)

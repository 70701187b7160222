"""Small trained models and the steps that judge them, for the tests of evaluation and of monitoring."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from penstock.runtime.main import main
from runtime.made_splits import write_splits

ESTIMATORS = {
    "binary": {"class": "sklearn.linear_model.LogisticRegression"},
    "multiclass": {"class": "sklearn.linear_model.LogisticRegression"},
    "regression": {"class": "sklearn.linear_model.LinearRegression"},
}
WORSE = {"class": "sklearn.tree.DecisionTreeClassifier", "params": {"max_depth": 1}}


def step(name: str, **flags: object) -> int:
    """Run a step; its exit code."""
    words = [str(word) for flag, value in flags.items() for word in (f"--{flag.replace('_', '-')}", value)]
    return main([name, *words])


def trained(folder: Path, task: str = "binary", estimator: Mapping[str, Any] | None = None, rows: int = 1200) -> Path:
    """A folder with ``splits`` and ``model``."""
    write_splits(folder / "splits", task, rows)
    train(folder / "splits", folder / "model", estimator or ESTIMATORS[task], task)
    return folder


def train(splits: Path, target: Path, estimator: Mapping[str, Any], task: str = "binary") -> Path:
    """A model in `target`, trained on some splits."""
    flags = {"splits": splits, "estimator": json.dumps(estimator), "task": task, "model": "made", "model_dir": target}
    preprocess = {"numeric": {"impute": "median"}}
    assert step("train", **flags, preprocess=json.dumps(preprocess)) == 0
    return target


def evaluate(world: Path, rules: Sequence[Mapping[str, Any]], task: str = "binary", **more: object) -> int:
    """Evaluate the model of a world for the gate ``release``; the exit code. Figures are in ``evaluation``."""
    flags: dict[str, object] = {"splits": world / "splits", "model_dir": world / "model", "task": task}
    flags |= {"gates": json.dumps({"release": list(rules)}), "model": "made", "evaluation": world / "evaluation"}
    return step("evaluate", **(flags | more))


def gate(world: Path, rules: Sequence[Mapping[str, Any]]) -> int:
    """Judge what `evaluate` measured; the exit code. The verdict is in ``verdict``."""
    flags = {"gate": "release", "rules": json.dumps(list(rules)), "evaluation": world / "evaluation"}
    return step("gate", **flags, verdict=world / "verdict")


def figures(world: Path) -> dict[str, Any]:
    """What ``figures.json`` says."""
    found: dict[str, Any] = json.loads((world / "evaluation" / "figures.json").read_text())
    return found


def measured(world: Path, rule: str) -> dict[str, Any]:
    """What ``figures.json`` says of a rule."""
    found: dict[str, Any] = figures(world)["gates"]["release"][rule]
    return found


def verdict(world: Path) -> dict[str, Any]:
    """What ``gate.json`` says."""
    found: dict[str, Any] = json.loads((world / "verdict" / "gate.json").read_text())
    return found


def outcomes(world: Path) -> dict[str, str]:
    """The outcome of each rule."""
    return {rule["id"]: rule["outcome"] for rule in verdict(world)["rules"]}

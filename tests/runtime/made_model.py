"""A trained, evaluated and judged model in the form that the steps of learning and evaluation write it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.runtime.artifacts import directory_digest, write_json
from penstock.runtime.main import main
from runtime.made_splits import write_splits

SPECS = "sha256:" + "5" * 64
DATASETS = {"flights": "sha256:" + "1" * 64, "weather": "sha256:" + "2" * 64}
LOGISTIC = {"class": "sklearn.linear_model.LogisticRegression"}
PREPROCESS = {"numeric": {"impute": "median", "scale": "standard"}}
RULES: list[dict[str, Any]] = [
    {"id": "quality", "metric": "roc_auc", "atLeast": 0.6, "confidence": "95%"},
    {"id": "regions", "metric": "recall", "by": "region", "maxGap": 0.9, "minSupport": 10},
]


@dataclass(frozen=True, slots=True)
class MadeModel:
    """The directories of a model on its way to registration."""

    root: Path
    splits: Path
    model: Path
    evaluation: Path
    verdict: Path
    tables: Mapping[str, Path]

    @property
    def digest(self) -> str:
        return directory_digest(self.model)


def make_model(
    root: Path, *, seed: int = 0, rules: Sequence[Mapping[str, Any]] = RULES, strength: float = 1.0
) -> MadeModel:
    """Run the steps from made-up splits to the verdict of the gate ``release``."""
    splits = write_splits(root / "splits")
    model, evaluation, verdict = root / "model", root / "evaluation", root / "verdict"
    estimator = json.dumps({**LOGISTIC, "params": {"C": strength}})
    shared = ["--splits", str(splits), "--task", "binary", "--model", "made", "--model-dir", str(model)]
    step("train", *shared, "--estimator", estimator, "--preprocess", json.dumps(PREPROCESS))
    step("evaluate", *shared, "--gates", json.dumps({"release": rules}), "--evaluation", str(evaluation))
    judged = ["--gate", "release", "--rules", json.dumps(rules), "--evaluation", str(evaluation)]
    step("gate", *judged, "--verdict", str(verdict))
    tables = {name: root / "tables" / name for name in DATASETS}
    for name, table in tables.items():
        table.mkdir(parents=True)
        write_json(table / "table.json", {"dataset": name, "fingerprint": DATASETS[name], "rows": 10})
    return MadeModel(root, splits, model, evaluation, verdict, tables)


def document(made: MadeModel) -> tuple[Path, Path]:
    """Write the card and the evidence of a model; their directories."""
    card, evidence = made.root / "card", made.root / "evidence"
    shared = ["--model", "made", "--model-dir", str(made.model), "--evaluation", str(made.evaluation)]
    shared += ["--spec-digest", SPECS, "--verdict", f"release={made.verdict}"]
    prose = {"purpose": "Tell made-up rows apart.", "riskTier": "low", "limitations": ["Valid for nothing."]}
    datasets = [word for name, table in made.tables.items() for word in ("--dataset", f"{name}={table}")]
    prose_flags = ["--card", json.dumps(prose), "--splits", str(made.splits)]
    step("card", *shared, *prose_flags, *datasets, "--card-dir", str(card))
    step("evidence", *shared, *datasets, "--evidence", str(evidence))
    return card, evidence


def step(*command: str) -> None:
    """Run a step that must succeed."""
    assert main(list(command)) == 0, command

"""Comparison with the champion: the registered files on the same test rows, and every way in which there is none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.runtime.artifacts import Splits, directory_digest, read_json, write_json, write_table
from penstock.runtime.faults import EXIT_BROKEN, EXIT_REJECTED, EXIT_USAGE
from penstock.runtime.learning.model_files import TrainedModel, load_model
from penstock.runtime.registry.mlflow_registry import PREDECESSOR_TAG, Registry
from penstock.runtime.registry.mlflow_runs import Figures
from penstock.runtime.registry.store import ModelStore
from runtime.evaluation.worlds import ESTIMATORS, WORSE, evaluate, figures, gate, measured, outcomes, train, trained
from runtime.made_splits import write_splits

RULE = {"id": "better", "compare": {"to": "champion", "metric": "roc_auc", "margin": -0.01}}
DELONG = {"id": "delong", "compare": {"to": "champion", "metric": "roc_auc", "margin": -0.01, "test": "delong"}}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, empty_registry: Path) -> Path:
    """A world with a registry, and with a model that is ``worse``."""
    folder = trained(tmp_path_factory.mktemp("made"))
    train(folder / "splits", folder / "worse", WORSE)
    shutil.copy(empty_registry, folder / "mlflow.db")
    return folder


@pytest.fixture
def world(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "world"))


def places(world: Path) -> dict[str, object]:
    return {"tracking": f"sqlite:///{world}/mlflow.db", "model_store": f"file://{world}/models"}


def crown(world: Path, model: Path) -> str:
    """Make a model the champion."""
    store, digest = ModelStore.open(f"file://{world}/models"), directory_digest(model)
    store.put("made", digest, {"model": model})
    registry = Registry(f"sqlite:///{world}/mlflow.db")
    before = registry.champion("made")
    tags = {} if before is None else {PREDECESSOR_TAG: before}
    registry.crown("made", registry.register("made", digest, store.address("made", digest), tags, Figures({}, {})))
    return digest


def test_a_better_model_beats_the_champion_and_a_worse_one_does_not(world: Path) -> None:
    worse = world / "worse"
    digest = crown(world, worse)
    assert evaluate(world, [RULE, DELONG], **places(world)) == 0
    assert figures(world)["champion"] == {"digest": digest, "absent": None}
    better = measured(world, "better")
    assert better["figures"]["advantage"]["low"] > 0.05
    assert better["details"]["decisions"]["only_this_right"] > better["details"]["decisions"]["only_other_right"]
    assert gate(world, [RULE, DELONG]) == 0

    crown(world, world / "model")
    assert evaluate(world, [RULE, DELONG], **(places(world) | {"model_dir": worse})) == 0
    assert gate(world, [RULE, DELONG]) == EXIT_REJECTED
    assert outcomes(world) == {"better": "fail", "delong": "fail"}


def test_the_champion_decides_by_the_threshold_of_the_model_that_challenges_it(world: Path) -> None:
    worse = world / "worse"
    crown(world, worse)
    rule = {"id": "better", "compare": {"to": "champion", "metric": "recall", "margin": -1}}
    rows = Splits.read(world / "splits").rows("test")
    positive = rows.label == 1
    theirs, ours = (load_model(path).scores(rows.features[positive]) for path in (worse, world / "model"))
    recalls = set()
    for threshold in (0.3, 0.8):
        assert evaluate(world, [rule], **places(world), threshold=threshold) == 0
        found, recall = measured(world, "better"), (theirs >= threshold).mean()
        assert found["details"]["champion"] == pytest.approx(recall)
        advantage = (ours >= threshold).mean() - recall
        assert found["figures"]["advantage"]["estimate"] == pytest.approx(advantage)
        recalls.add(recall)
    assert len(recalls) == 2


def test_a_champion_that_is_judged_again_meets_the_one_that_it_followed(world: Path) -> None:
    worse = crown(world, world / "worse")
    crown(world, world / "model")
    assert evaluate(world, [RULE], **places(world)) == 0
    assert figures(world)["champion"]["digest"] == worse
    assert gate(world, [RULE]) == 0


def skipped(world: Path, **more: Any) -> str:
    """Why the comparison is skipped; the gate passes without it."""
    assert evaluate(world, [RULE], **(places(world) | more)) == 0
    assert gate(world, [RULE]) == 0
    assert outcomes(world) == {"better": "skip"}
    reason: str = measured(world, "better")["skipped"]
    assert figures(world)["champion"]["absent"] == reason
    return reason


def undecided(world: Path, **more: Any) -> str:
    """Why the comparison cannot be made, although there is somebody to be compared with; the gate does not pass."""
    assert evaluate(world, [RULE], **(places(world) | more)) == 0
    assert gate(world, [RULE]) == EXIT_REJECTED
    assert outcomes(world) == {"better": "fail"}
    (note,) = measured(world, "better")["notes"]
    assert "leave this rule out of the gate until this model is the champion" in note
    return str(note)


def test_want_of_memory_is_no_reason_against_a_model(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crown(world, world / "worse")

    def starved(*_: object) -> None:
        raise MemoryError("Unable to allocate 8 GiB")

    monkeypatch.setattr("penstock.runtime.evaluation.champion.predictions_of", starved)
    assert evaluate(world, [RULE], **places(world)) == EXIT_BROKEN


def test_before_the_first_release_there_is_no_champion(world: Path) -> None:
    (world / "mlflow.db").unlink()
    assert skipped(world) == "no champion of `made` is registered yet"


def test_the_first_champion_has_nobody_to_be_compared_with(world: Path) -> None:
    crown(world, world / "model")
    assert skipped(world) == "this model is the champion of `made` itself, and followed none"


def test_without_a_registry_there_is_no_champion(world: Path) -> None:
    assert "no registry and model store" in skipped(world, tracking="")


def test_a_champion_of_other_features_cannot_be_compared_with(world: Path) -> None:
    wider = write_splits(world / "wider", numbers=6)
    crown(world, train(wider, world / "other", ESTIMATORS["binary"]))
    assert "reads `x4`, `x5`, which the rows do not have" in undecided(world)


def test_a_champion_that_is_judged_again_is_not_held_to_one_of_other_features(world: Path) -> None:
    """As the way on of the rule says: left out until this model is the champion, it then stands in the gate again."""
    wider = write_splits(world / "wider", numbers=6)
    former = crown(world, train(wider, world / "other", ESTIMATORS["binary"]))
    crown(world, world / "model")
    reason = skipped(world)
    assert reason.startswith(f"this model is the champion itself; cannot compare with the former champion {former}: ")
    assert "reads `x4`, `x5`, which the rows do not have" in reason


def test_a_champion_whose_former_one_is_lost_is_no_better_for_it(world: Path) -> None:
    """Files that are gone are a fault of the store: nobody knows what they would have said."""
    digest = crown(world, world / "worse").removeprefix("sha256:")
    crown(world, world / "model")
    (world / "models" / "made" / digest / "model" / "model.pkl").write_bytes(b"something else")
    assert "cannot compare with" in undecided(world)


@pytest.mark.parametrize(("before", "now"), [("int", "string"), ("string", "int"), ("bool", "string")])
def test_a_champion_that_learned_a_feature_in_another_type_cannot_be_compared_with(
    world: Path, before: str, now: str
) -> None:
    """It would know none of the values: the new model would win against one that sees less than it does in use."""
    crown(world, train(with_flag_as(world / "older", before), world / "other", ESTIMATORS["binary"]))
    train(with_flag_as(world / "splits", now), world / "model", ESTIMATORS["binary"])
    assert f"the model `made` learned `flag` as {before}, but here it is {now}" in undecided(world)


def test_a_champion_that_learned_an_int_knows_a_float(world: Path) -> None:
    crown(world, train(with_flag_as(world / "older", "int"), world / "other", WORSE))
    train(with_flag_as(world / "splits", "float"), world / "model", ESTIMATORS["binary"])
    assert evaluate(world, [RULE], **places(world)) == 0
    assert gate(world, [RULE]) == 0
    assert outcomes(world) == {"better": "pass"}


def with_flag_as(splits: Path, type_: str) -> Path:
    """Splits whose feature `flag` is of another type: 0 and 1, or texts of these."""
    write_splits(splits)
    facts = read_json(splits / "splits.json")
    kind = "numeric" if type_ in ("int", "float") else "categorical"
    facts["features"] = [
        each | {"type": type_, "kind": kind} if each["name"] == "flag" else each for each in facts["features"]
    ]
    write_json(splits / "splits.json", facts)
    arrow = {"int": pa.int64(), "float": pa.float64(), "string": pa.int64(), "bool": pa.bool_()}[type_]
    for part in splits.glob("*.parquet"):
        table = pq.read_table(part)
        flags = table["flag"].cast(pa.bool_()).cast(pa.int64()).cast(arrow)
        flags = flags.cast(pa.string()) if type_ == "string" else flags
        write_table(part, table.set_column(table.column_names.index("flag"), "flag", flags))
    return splits


def test_a_champion_of_another_task_cannot_be_compared_with(world: Path) -> None:
    numbers = write_splits(world / "numbers", "regression")
    crown(world, train(numbers, world / "other", ESTIMATORS["regression"], "regression"))
    assert "is for a regression task, but this model is for a binary task" in undecided(world)


def test_a_champion_whose_files_are_not_what_the_registry_says_is_not_loaded(world: Path) -> None:
    digest = crown(world, world / "worse").removeprefix("sha256:")
    (world / "models" / "made" / digest / "model" / "model.pkl").write_bytes(b"something else")
    assert "cannot compare with" in undecided(world)


def test_a_champion_that_answers_with_no_number_cannot_be_compared_with(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = crown(world, world / "worse")
    answers = TrainedModel.scores

    def scores(self: TrainedModel, rows: Any) -> Any:
        found = answers(self, rows)
        return np.where(np.arange(len(found)) < 3, np.nan, found) if self.digest == digest else found

    monkeypatch.setattr(TrainedModel, "scores", scores)
    assert f"the champion {digest} predicts no finite number for some of these test rows" in undecided(world)


def test_a_registry_that_cannot_be_asked_is_no_reason_to_skip(world: Path) -> None:
    (world / "mlflow.db").write_text(json.dumps("this is no database"))
    assert evaluate(world, [RULE], **places(world)) == EXIT_USAGE

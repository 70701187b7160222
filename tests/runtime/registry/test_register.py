"""Registration: whole or not at all, however often it is started and wherever it is killed."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from penstock.runtime.artifacts import file_digest, read_json, write_json
from penstock.runtime.faults import InputError
from penstock.runtime.main import main
from penstock.runtime.registry.mlflow_registry import RegisteredVersion, Registry
from penstock.runtime.registry.mlflow_runs import Figures, Runs
from penstock.runtime.registry.store import ModelStore
from runtime.made_model import DATASETS, SPECS, MadeModel, document, make_model
from runtime.made_registry import Place

STAGES = {
    "in the middle of the files": "penstock.runtime.registry.store.ModelStore._put_file:3",
    "between a file and its name": "penstock.runtime.registry.store.ModelStore._write:4",
    "before the manifest": "penstock.runtime.registry.store.ModelStore._put_file:-1",
    "before the version": "penstock.runtime.registry.mlflow_registry.Registry.register:1",
    "between model and run": "mlflow.MlflowClient.create_run:1",
    "between run and version": "mlflow.MlflowClient.create_model_version:1",
    "between version and figures": "mlflow.MlflowClient.log_batch:1",
    "between figures and the run's end": "mlflow.MlflowClient.set_terminated:1",
    "before the alias": "penstock.runtime.registry.mlflow_registry.Registry.crown:1",
    "before the record": "penstock.runtime.registry.register.write_json:1",
}
"""Where a registration is killed: before the nth call of a function."""

KILLER = """
import importlib, os, signal, sys
place, count, *command = sys.argv[1:]
count = int(count)
path, _, name = place.rpartition(".")
try:
    owner = importlib.import_module(path)
except ModuleNotFoundError:
    module, _, kind = path.rpartition(".")
    owner = getattr(importlib.import_module(module), kind)
original, calls = getattr(owner, name), 0
def counting(*positional, **named):
    global calls
    calls += 1
    if calls == count or (count < 0 and str(positional[2]).endswith("manifest.json")):
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*positional, **named)
setattr(owner, name, counting)
from penstock.runtime.faults import InputError
from penstock.runtime.main import main
sys.exit(main(command))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeModel:
    model = make_model(tmp_path_factory.mktemp("made"))
    document(model)
    return model


@pytest.fixture(scope="module")
def better(tmp_path_factory: pytest.TempPathFactory) -> MadeModel:
    model = make_model(tmp_path_factory.mktemp("better"), strength=0.1)
    document(model)
    return model


@pytest.fixture
def place(tmp_path: Path, empty_registry: Path) -> Place:
    return Place(tmp_path, empty_registry)


def test_a_registered_model_is_the_champion_with_everything_that_is_known_of_it(place: Place, made: MadeModel) -> None:
    assert main(place.command(made)) == 0
    record = read_json(place.root / "registration" / "registration.json")
    hexadecimal = made.digest.removeprefix("sha256:")
    evidence = file_digest(made.root / "evidence" / "statement.json")
    assert record == {
        "model": "made",
        "environment": "local",
        "digest": made.digest,
        "uri": f"{place.store}/made/{hexadecimal}/model",
        "version": 1,
        "specs": SPECS,
        "datasets": DATASETS,
        "evidence": {"digest": evidence, "file": "statement.json"},
    }
    version = place.client.get_model_version_by_alias("made", "champion")
    assert version.source == record["uri"]
    assert version.tags == {
        "penstock.digest": made.digest,
        "penstock.specs": SPECS,
        "penstock.evidence": evidence,
        "penstock.environment": "local",
        "penstock.dataset.flights": DATASETS["flights"],
        "penstock.dataset.weather": DATASETS["weather"],
    }
    assert set(ModelStore.open(place.store).manifest("made", made.digest) or ()) == {
        "model",
        "baseline",
        "card",
        "evidence",
    }
    assert place.champion() == made.digest


def test_a_version_links_to_a_run_with_its_parameters_and_figures(place: Place, made: MadeModel) -> None:
    assert main(place.command(made)) == 0
    card = read_json(made.root / "card" / "card.json")
    version = place.client.get_model_version_by_alias("made", "champion")
    run = place.client.get_run(version.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params == {
        "learner": "sklearn.linear_model.LogisticRegression",
        "seed": str(card["seed"]),
        "preprocess.numeric.impute": "median",
        "preprocess.numeric.scale": "standard",
        **{f"preprocess.categorical.{step}": how for step, how in card["preprocess"]["categorical"].items()},
        "estimator.C": "1.0",
    }
    auc = card["metrics"]["roc_auc"]
    shown = run.data.metrics
    assert (shown["roc_auc"], shown["roc_auc.low"], shown["test_rows"], shown["threshold"]) == (
        auc["estimate"],
        auc["low"],
        card["test_rows"],
        card["threshold"],
    )
    assert {name: value for name, value in run.data.tags.items() if name.startswith("penstock.")} == version.tags


def test_registering_twice_changes_nothing(place: Place, made: MadeModel) -> None:
    assert main(place.command(made)) == 0
    first = (place.root / "registration" / "registration.json").read_bytes()
    [run] = place.runs()
    assert main(place.command(made)) == 0
    assert (place.root / "registration" / "registration.json").read_bytes() == first
    assert place.versions() == ["1"]
    [again] = place.runs()
    assert again.to_dictionary() == run.to_dictionary()
    assert len(place.client.get_metric_history(run.info.run_id, "roc_auc")) == 1


def test_a_model_that_is_judged_anew_shows_its_newest_figures(place: Place, made: MadeModel, tmp_path: Path) -> None:
    assert main(place.command(made)) == 0
    card = read_json(made.root / "card" / "card.json")
    card["metrics"]["roc_auc"]["estimate"] = 0.5
    # The same model under a threshold that no row reaches.
    card["threshold"] = 0.99
    card["metrics"]["precision"] |= {"estimate": None, "low": None, "high": None}
    anew = tmp_path / "card"
    anew.mkdir()
    write_json(anew / "card.json", card)
    command = place.command(made)
    command[command.index("--card") + 1] = str(anew)
    assert main(command) == 0
    [run] = place.runs()
    assert run.data.metrics["roc_auc"] == 0.5
    assert run.data.metrics["threshold"] == 0.99
    assert math.isnan(run.data.metrics["precision"])
    assert len(place.client.get_metric_history(run.info.run_id, "roc_auc")) == 2
    assert main(command) == 0
    assert len(place.client.get_metric_history(run.info.run_id, "precision")) == 2


def test_a_newer_model_becomes_the_champion_and_the_older_one_stays(
    place: Place, made: MadeModel, better: MadeModel
) -> None:
    assert main(place.command(made)) == 0
    assert main(place.command(better)) == 0
    assert place.versions() == ["1", "2"]
    assert place.champion() == better.digest
    ModelStore.open(place.store).fetch("made", made.digest, "model", place.root / "older")


def test_a_champion_that_is_judged_again_meets_the_rival_that_it_beat(
    place: Place, made: MadeModel, better: MadeModel
) -> None:
    registry = Registry(place.tracking)
    assert registry.rival("made", made.digest) is None
    assert main(place.command(made)) == 0
    assert registry.rival("made", made.digest) is None
    assert registry.rival("made", better.digest) == made.digest
    assert main(place.command(better)) == 0
    assert main(place.command(better)) == 0
    assert registry.rival("made", better.digest) == made.digest


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_registration_is_finished_by_the_next(
    place: Place, made: MadeModel, better: MadeModel, stage: str
) -> None:
    assert main(place.command(made)) == 0
    function, _, count = STAGES[stage].rpartition(":")
    killed = subprocess.run([sys.executable, "-c", KILLER, function, count, *place.command(better)], check=False)
    assert killed.returncode == -signal.SIGKILL
    # The champion is a whole version at every moment.
    assert place.champion() == (better.digest if stage == "before the record" else made.digest)
    assert main(place.command(better)) == 0
    assert place.champion() == better.digest
    assert place.versions() == ["1", "2"]
    runs = {run.data.tags["penstock.digest"]: run for run in place.runs()}
    assert len(place.runs()) == 2
    linked = place.client.get_model_version("made", "2").run_id
    assert linked == runs[better.digest].info.run_id
    assert runs[better.digest].info.status == "FINISHED"
    assert len(place.client.get_metric_history(linked, "roc_auc")) == 1


def test_two_registrations_at_once_make_one_version_of_each_model(
    place: Place, made: MadeModel, better: MadeModel
) -> None:
    running = []
    for number, model in enumerate((made, made, better)):
        command = place.command(model)
        command[-1] += str(number)
        running.append(subprocess.Popen([sys.executable, "-m", "penstock.runtime.main", *command]))
    assert [each.wait(timeout=120) for each in running] == [0, 0, 0]
    found = place.client.search_model_versions("name='made'")
    assert sorted(each.tags["penstock.digest"] for each in found) == sorted([made.digest, better.digest])
    numbers = {each.tags["penstock.digest"]: int(each.version) for each in found}
    for number in range(3):
        record = read_json(place.root / f"registration{number}" / "registration.json")
        assert record["version"] == numbers[record["digest"]]
    assert place.champion() in (made.digest, better.digest)
    runs = {run.info.run_id: run for run in place.runs()}
    assert sorted(runs) == sorted(each.run_id for each in found)
    for run in runs.values():
        assert run.info.status == "FINISHED"
        assert len(place.client.get_metric_history(run.info.run_id, "roc_auc")) == 1


class Slower:
    """A client before whose first batch somebody else logs a part of it, so that the store says no."""

    def __init__(self, client: MlflowClient, faster: list[Param]) -> None:
        self._client = client
        self._faster = faster
        self.batches = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def log_batch(self, run_id: str, metrics: list[Metric], params: list[Param], tags: list[RunTag]) -> None:
        self.batches += 1
        if self.batches == 1:
            self._client.log_batch(run_id, [], self._faster, [])
            raise MlflowException("(sqlite3.IntegrityError) UNIQUE constraint failed: params.key, params.run_uuid")
        self._client.log_batch(run_id, metrics, params, tags)


def test_who_is_slower_with_a_run_logs_what_is_lacking(place: Place) -> None:
    figures = Figures({"learner": "Ridge", "seed": "0"}, {"r2": 0.5})
    slower = Slower(place.client, [Param("learner", "Ridge")])
    runs = Runs(cast(MlflowClient, slower), "penstock.digest")
    run_id = runs.begin("made", "sha256:00")
    runs.complete(run_id, {"team": "ml"}, figures)
    run = place.client.get_run(run_id)
    assert (run.data.params, run.data.metrics) == (figures.params, figures.metrics)
    assert (run.data.tags["team"], run.info.status, slower.batches) == ("ml", "FINISHED", 2)


def test_a_store_that_says_no_and_has_nothing_more_is_not_asked_again(place: Place) -> None:
    slower = Slower(place.client, [])
    runs = Runs(cast(MlflowClient, slower), "penstock.digest")
    with pytest.raises(MlflowException, match="UNIQUE"):
        runs.complete(runs.begin("made", "sha256:00"), {}, Figures({"seed": "0"}, {}))
    assert slower.batches == 1


@pytest.mark.parametrize("is_there", [True, False])
def test_who_is_slower_with_the_first_alias_moves_it(
    place: Place, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    place.client.create_registered_model("made")
    for _ in range(2):
        place.client.create_model_version("made", "file:///x", tags={"penstock.digest": "sha256:00"})
    registry = Registry(place.tracking)
    crown, calls = MlflowClient.set_registered_model_alias, 0

    def slower(client: MlflowClient, model: str, alias: str, version: str) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            return crown(client, model, alias, version)
        if is_there:
            crown(client, model, alias, "1")
        raise MlflowException("(sqlite3.IntegrityError) UNIQUE constraint failed: registered_model_aliases.name")

    monkeypatch.setattr(MlflowClient, "set_registered_model_alias", slower)
    with nullcontext() if is_there else pytest.raises(InputError, match="UNIQUE"):
        registry.crown("made", 2)
        assert int(place.client.get_model_version_by_alias("made", "champion").version) == 2
    assert calls == (2 if is_there else 1)


def test_a_double_that_a_kill_left_is_removed(place: Place, made: MadeModel) -> None:
    assert main(place.command(made)) == 0
    place.client.create_model_version("made", "file:///x", tags={"penstock.digest": made.digest})
    assert main(place.command(made)) == 0
    assert place.versions() == ["1"]


def test_what_a_version_is_can_be_asked_by_its_number(place: Place, made: MadeModel) -> None:
    assert main(place.command(made)) == 0
    registry = Registry(place.tracking)
    evidence = file_digest(made.root / "evidence" / "statement.json")
    assert registry.version("made", 1) == RegisteredVersion(made.digest, evidence)
    with pytest.raises(InputError, match="has no version 2 of `made`"):
        registry.version("made", 2)
    place.client.create_model_version("made", "file:///x")
    with pytest.raises(InputError, match="was not registered by a pipeline"):
        registry.version("made", 2)


def test_evidence_of_another_model_registers_nothing(
    place: Place, made: MadeModel, better: MadeModel, capsys: pytest.CaptureFixture[str]
) -> None:
    command = place.command(made)
    command[command.index("--evidence") + 1] = str(better.root / "evidence")
    assert main(command) == 2
    assert "the evidence is of the model" in capsys.readouterr().err
    assert place.versions() == []


def test_a_model_is_registered_under_the_name_that_its_evidence_has(
    place: Place, made: MadeModel, capsys: pytest.CaptureFixture[str]
) -> None:
    command = place.command(made)
    command[command.index("--model") + 1] = "other"
    assert main(command) == 2
    assert "the evidence is of the model `made`, not of `other`" in capsys.readouterr().err
    assert not place.client.search_registered_models()


def test_a_model_that_failed_a_gate_is_not_registered(
    place: Place, made: MadeModel, capsys: pytest.CaptureFixture[str]
) -> None:
    evidence = place.root / "evidence"
    evidence.mkdir()
    statement = json.loads((made.root / "evidence" / "statement.json").read_text())
    statement["predicate"]["gates"][0]["rules"][0]["outcome"] = "fail"
    write_json(evidence / "statement.json", statement)
    command = place.command(made)
    command[command.index("--evidence") + 1] = str(evidence)
    assert main(command) == 2
    assert "did not pass: release/quality" in capsys.readouterr().err
    assert place.versions() == []


def test_a_registry_that_does_not_answer_is_one_sentence(
    place: Place, made: MadeModel, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    command = place.command(made)
    command[command.index("--tracking") + 1] = "http://somebody:secret@127.0.0.1:9"
    assert main(command) == 2
    told = capsys.readouterr().err
    assert "MLflow at `http://127.0.0.1:9` says" in told
    assert "secret" not in told
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"

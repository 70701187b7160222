"""Observing: the released version is asked about the rows of the windows, and labels join once they are due."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.runtime.artifacts import read_json, write_json, write_table
from penstock.runtime.learning.model_files import load_model
from penstock.runtime.main import main
from penstock.runtime.monitoring.observation import Observation
from penstock.runtime.registry.mlflow_registry import Registry
from penstock.runtime.registry.mlflow_runs import Figures
from penstock.runtime.registry.store import ModelStore
from runtime.made_model import MadeModel, make_model, step
from runtime.made_splits import START, features, made_table

LABEL = {"dataset": "outcomes", "column": "outcome", "horizon": "2h", "positive": 1}
AS_OF = "2026-01-03T01:59:00Z"
"""The last of the rows."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeModel:
    """A model that is in the store with its baseline."""
    model = make_model(tmp_path_factory.mktemp("made"))
    baseline = model.root / "baseline"
    flags = ["--splits", str(model.splits), "--model-dir", str(model.model), "--task", "binary"]
    step("baseline", *flags, "--baseline", str(baseline))
    store = ModelStore.open((model.root / "store").as_uri())
    store.put("made", model.digest, {"model": model.model, "baseline": baseline})
    return model


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Features of 3,000 rows, one a minute, and the outcomes of the first 2,500, each known an hour later."""
    rows = made_table(3_000, seed=5)
    names = [name for name in rows.column_names if name != "@label"]
    directory = tmp_path / "features"
    directory.mkdir()
    write_table(directory / "data.parquet", rows.select(names))
    declared = [{"name": each["name"], "type": each["type"]} for each in features()]
    write_json(directory / "features.json", {"feature_set": "made", "features": declared})
    outcomes = tmp_path / "outcomes"
    outcomes.mkdir()
    known = pa.array([START + timedelta(minutes=each + 60) for each in range(2_500)], pa.timestamp("us"))
    table = pa.table({"id": rows["@entity.id"][:2_500], "outcome": rows["@label"][:2_500], "seen": known})
    write_table(outcomes / "data.parquet", table)
    facts = {"dataset": "outcomes", "fingerprint": "sha256:" + "3" * 64, "rows": 2_500, "primary_key": ["id"]}
    write_json(outcomes / "table.json", facts | {"event_time": "seen", "known_at": None})
    return tmp_path


def observe(made: MadeModel, world: Path, *more: str, as_of: str = AS_OF) -> Path:
    output = world / "observation"
    flags = ["--model", "made", "--task", "binary", "--features", f"made={world / 'features'}"]
    flags += ["--choice", '{"made": "all"}', "--slices", '["region"]', "--window", "1d", "--as-of", as_of]
    flags += ["--model-store", (made.root / "store").as_uri(), "--observation", str(output)]
    step("observe", *flags, *more)
    return output


def test_the_rows_of_the_window_get_the_scores_of_the_released_version(made: MadeModel, world: Path) -> None:
    output = observe(made, world, "--digest", made.digest)
    rows = pq.read_table(output / "data.parquet")
    assert rows.num_rows == 1_440
    assert min(rows["@event_time"].to_pylist()) == START + timedelta(hours=26)
    assert "@entity.id" not in rows.column_names
    np.testing.assert_array_equal(rows["@score"], load_model(made.model).scores(rows))
    assert rows["@prediction"].to_pylist() == [int(score >= 0.5) for score in rows["@score"].to_pylist()]
    assert read_json(output / "observation.json")["digest"] == made.digest
    rows = pq.read_table(observe(made, world, "--digest", made.digest, "--threshold", "0.8") / "data.parquet")
    assert rows["@prediction"].to_pylist() == [int(score >= 0.8) for score in rows["@score"].to_pylist()]


def test_what_is_written_is_what_drift_and_quality_read(made: MadeModel, world: Path) -> None:
    label = ["--label", json.dumps(LABEL), "--label-table", str(world / "outcomes")]
    output = observe(made, world, "--digest", made.digest, *label)
    drift = json.dumps([{"id": "inputs", "test": "psi", "above": 0.2, "window": "1d"}])
    step("drift", "--observation", str(output), "--monitors", drift, "--drift", str(world / "drift"))
    found = read_json(world / "drift" / "drift.json")
    # The windows end where those of the observation do, however much later they are measured.
    assert (found["as_of"], found["rows"], found["drifted"]) == ("2026-01-03T01:59:00+00:00", 1_440, False)
    quality = json.dumps([{"id": "auc", "metric": "roc_auc", "below": 0.5, "window": "1d"}])
    flags = ["--observation", str(output), "--monitors", quality, "--task", "binary"]
    step("quality", *flags, "--quality", str(world / "quality"))
    (monitor,) = read_json(world / "quality" / "quality.json")["monitors"]
    assert monitor["value"] > 0.7


def test_rows_are_told_apart_by_what_gates_cluster_them_by(made: MadeModel, world: Path) -> None:
    label = ["--label", json.dumps(LABEL), "--label-table", str(world / "outcomes"), "--clusters", '["region"]']
    output = observe(made, world, "--digest", made.digest, *label)
    rows = pq.read_table(output / "data.parquet")
    pairs = set(zip(rows["@cluster.region"].to_pylist(), rows["@slice.region"].to_pylist(), strict=True))
    assert sorted(number for number, _ in pairs) == [0, 1]
    quality = json.dumps([{"id": "auc", "metric": "roc_auc", "below": 0.5, "window": "1d"}])
    flags = ["--observation", str(output), "--monitors", quality, "--task", "binary"]
    step("quality", *flags, "--clusters", '{"g": {"column": "region"}}', "--quality", str(world / "quality"))
    (monitor,) = read_json(world / "quality" / "quality.json")["monitors"]
    assert (monitor["clusters"]["count"], monitor["low"]) == (2, None)


def test_a_label_counts_once_its_row_is_due(made: MadeModel, world: Path) -> None:
    label = ["--label", json.dumps(LABEL), "--label-table", str(world / "outcomes")]
    rows = pq.read_table(observe(made, world, "--digest", made.digest, *label) / "data.parquet")
    labels = rows["@label"].to_pylist()
    # The newest outcome is of 42 h 39 min; rows from an hour before are not due, although some of theirs are known.
    due = [time <= START + timedelta(minutes=2_499 + 60 - 120) for time in rows["@event_time"].to_pylist()]
    assert [each is not None for each in labels] == due
    table = made_table(3_000, 5)
    truth = dict(zip(table["x0"].to_pylist(), table["@label"].to_pylist(), strict=True))
    assert all(label is None or label == truth[x] for x, label in zip(rows["x0"].to_pylist(), labels, strict=True))


def test_labels_that_nothing_can_be_made_of_are_a_warning_with_the_reason(
    made: MadeModel, world: Path, caplog: pytest.LogCaptureFixture
) -> None:
    label = ["--label", json.dumps(LABEL | {"positive": "never"}), "--label-table", str(world / "outcomes")]
    output = observe(made, world, "--digest", made.digest, *label)
    assert pq.read_table(output / "data.parquet")["@label"].null_count == 1_440
    (warning,) = (record.getMessage() for record in caplog.records if "labelled" in record.getMessage())
    assert warning.startswith("warning: no row counts as labelled: label `")
    assert warning.endswith("the positive value `never` does not occur")


def test_without_a_digest_the_champion_is_asked(made: MadeModel, world: Path) -> None:
    tracking = f"sqlite:///{world / 'mlflow.db'}"
    registry = Registry(tracking)
    registry.crown("made", registry.register("made", made.digest, "file:///x", {}, Figures({}, {})))
    output = observe(made, world, "--digest", "", "--tracking", tracking)
    assert Observation.read(output).digest == made.digest


def test_a_window_without_rows_is_a_figure_and_no_error(made: MadeModel, world: Path) -> None:
    label = ["--label", json.dumps(LABEL), "--label-table", str(world / "outcomes")]
    output = observe(made, world, "--digest", made.digest, *label, as_of="2027-01-01T00:00:00Z")
    observation = Observation.read(output)
    assert observation.rows.num_rows == 0
    assert {"@score", "@prediction", "@label"} <= set(observation.rows.column_names)


def test_a_feature_that_is_gone_is_named(made: MadeModel, world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--model", "made", "--task", "binary", "--features", f"made={world / 'features'}", "--window", "1d"]
    flags += ["--choice", '{"made": {"except": ["x0"]}}', "--digest", made.digest, "--observation", str(world / "o")]
    assert main(["observe", *flags, "--model-store", (made.root / "store").as_uri()]) == 2
    assert "reads `x0`, which the feature sets no longer have" in capsys.readouterr().err


def test_a_feature_that_has_become_another_type_is_named(
    made: MadeModel, world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = world / "features"
    table = pq.read_table(directory / "data.parquet")
    colors = pa.array([number % 3 for number in range(table.num_rows)])
    write_table(directory / "data.parquet", table.set_column(table.column_names.index("color"), "color", colors))
    facts = read_json(directory / "features.json")
    retyped = [each | {"type": "int"} if each["name"] == "color" else each for each in facts["features"]]
    write_json(directory / "features.json", facts | {"features": retyped})
    flags = ["--model", "made", "--task", "binary", "--features", f"made={directory}", "--window", "1d"]
    flags += ["--choice", '{"made": "all"}', "--digest", made.digest, "--observation", str(world / "o")]
    assert main(["observe", *flags, "--as-of", AS_OF, "--model-store", (made.root / "store").as_uri()]) == 2
    assert "the model `made` learned `color` as string, but here it is int: release" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--task", "regression"], "the released version is for a binary task, but --task is regression"),
        (["--label", json.dumps(LABEL)], "--label needs --label-table, the table that holds the labels"),
    ],
    ids=["task", "labels"],
)
def test_what_cannot_be_observed_is_a_sentence(
    made: MadeModel, world: Path, capsys: pytest.CaptureFixture[str], more: list[str], sentence: str
) -> None:
    flags = ["--model", "made", "--task", "binary", "--features", f"made={world / 'features'}", "--window", "1d"]
    flags += ["--choice", '{"made": "all"}', "--digest", made.digest, "--observation", str(world / "o")]
    store = ["--as-of", AS_OF, "--model-store", (made.root / "store").as_uri()]
    assert main(["observe", *flags, *store, *more]) == 2
    assert sentence in capsys.readouterr().err
    assert not (world / "o" / "observation.json").exists()


def test_labels_that_are_all_negative_count(made: MadeModel, world: Path) -> None:
    outcomes = pq.read_table(world / "outcomes" / "data.parquet")
    nothing = pa.array(np.zeros(outcomes.num_rows, np.int64))
    write_table(world / "outcomes" / "data.parquet", outcomes.set_column(1, "outcome", nothing))
    label = ["--label", json.dumps(LABEL), "--label-table", str(world / "outcomes")]
    rows = pq.read_table(observe(made, world, "--digest", made.digest, *label) / "data.parquet")
    assert set(rows["@label"].to_pylist()) == {0, None}

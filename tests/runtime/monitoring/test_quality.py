"""The step ``quality``: the metric of rows whose labels came in, and silence where too few have."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from penstock.runtime.measures.metrics import compute
from runtime.evaluation.worlds import step, trained
from runtime.made_splits import made_table
from runtime.monitoring.made_observation import baseline, observe, quality

AUC = {"id": "ranking", "metric": "roc_auc", "below": 0.7, "window": "1d", "minLabels": 300}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = trained(tmp_path_factory.mktemp("world"))
    baseline(world)
    return world


def labelled(rows: int, share: float, seed: int = 5) -> pa.Table:
    """Rows of which a share has a label."""
    table = made_table(rows, seed)
    absent = np.random.default_rng(0).random(rows) >= share
    place = table.column_names.index("@label")
    return table.set_column(place, "@label", pa.array(table["@label"].to_numpy(), mask=absent))


def test_the_metric_is_that_of_the_labelled_rows(world: Path) -> None:
    observe(world, labelled(2000, 0.5))
    found = quality(world, AUC)
    (monitor,) = found["monitors"]
    assert monitor["rows"] == 2000
    assert 900 < monitor["labels"] < 1100
    assert 0.8 < monitor["low"] < monitor["value"] < monitor["high"] < 1
    assert monitor["breached"] is False
    samples = {each["name"]: each for each in found["samples"]}
    assert samples["penstock_quality_value"]["value"] == monitor["value"]
    assert samples["penstock_quality_value"]["labels"] == {"monitor": "ranking", "metric": "roc_auc"}
    assert samples["penstock_quality_labels"]["value"] == monitor["labels"]


def test_the_rows_that_are_pushed_are_those_of_the_longest_window(world: Path) -> None:
    observe(world, labelled(3000, 1.0), spread=timedelta(days=3))
    found = quality(world, AUC, AUC | {"id": "longer", "window": "2d"}, AUC | {"id": "short", "window": "12h"})
    assert [monitor["rows"] for monitor in found["monitors"]] == pytest.approx([1000, 2000, 500], abs=4)
    [rows] = [each["value"] for each in found["samples"] if each["name"] == "penstock_monitoring_observed_rows"]
    assert rows == found["rows"] == found["monitors"][1]["rows"]


def test_the_threshold_decides_which_rows_are_positive(world: Path) -> None:
    import pyarrow.parquet as pq

    rows = pq.read_table(observe(world, labelled(2000, 0.5)) / "data.parquet").to_pandas()
    recall = {"id": "recall", "metric": "recall", "below": 0.1, "window": "1d"}
    for threshold in (0.3, 0.8):
        (monitor,) = quality(world, recall, threshold=threshold)["monitors"]
        expected = (rows["@score"][rows["@label"] == 1] >= threshold).mean()
        assert monitor["value"] == pytest.approx(expected)
        assert monitor["low"] < monitor["value"] < monitor["high"]


def test_an_observation_of_another_task_is_refused(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    observation = observe(world, labelled(400, 1.0))
    monitor = {"id": "m", "metric": "accuracy", "below": 0.5, "window": "1d"}
    flags = {"observation": observation, "monitors": json.dumps([monitor])}
    assert step("quality", **flags, task="multiclass", quality=world / "refused") == 2
    assert "the observation is of a binary task, but --task is multiclass" in capsys.readouterr().err
    assert not (world / "refused" / "quality.json").exists()


def test_too_few_labels_push_their_number_and_no_metric(world: Path) -> None:
    observe(world, labelled(2000, 0.1))
    found = quality(world, AUC)
    assert found["monitors"][0]["value"] is None
    assert found["monitors"][0]["breached"] is False
    assert {each["name"] for each in found["samples"]} == {
        "penstock_quality_labels",
        "penstock_monitoring_observed_rows",
    }


@pytest.mark.parametrize(("labels", "is_measured"), [(299, False), (300, True)])
def test_as_many_labels_as_are_needed_are_enough(world: Path, labels: int, is_measured: bool) -> None:
    observe(world, made_table(labels, 5))
    (monitor,) = quality(world, AUC)["monitors"]
    assert monitor["labels"] == labels
    assert (monitor["value"] is not None) == is_measured


def test_rows_without_any_label_are_no_crash(world: Path) -> None:
    observe(world, made_table(400, 5).drop_columns(["@label"]))
    (monitor,) = quality(world, AUC)["monitors"]
    assert (monitor["rows"], monitor["labels"]) == (400, 0)


def test_a_window_holds_its_own_rows_only(world: Path) -> None:
    observe(world, labelled(3000, 1.0), spread=timedelta(days=3))
    (monitor,) = quality(world, AUC)["monitors"]
    assert monitor["labels"] == pytest.approx(1000, abs=3)


@pytest.mark.parametrize(
    ("bound", "breached"), [({"below": 0.99}, True), ({"below": 0.6}, False), ({"above": 0.6}, True)]
)
def test_a_bound_is_breached_on_its_own_side(bound: dict[str, float], breached: bool, world: Path) -> None:
    observe(world, labelled(2000, 1.0))
    monitor = {key: value for key, value in AUC.items() if key != "below"} | bound
    assert quality(world, monitor)["monitors"][0]["breached"] is breached


@pytest.mark.parametrize(("task", "metric"), [("multiclass", "macro_f1"), ("regression", "mean_absolute_error")])
def test_other_tasks_are_measured_too(task: str, metric: str, tmp_path: Path) -> None:
    from penstock.runtime.artifacts import Splits
    from penstock.runtime.evaluation.context import predictions_of
    from penstock.runtime.learning.model_files import load_model

    world = trained(tmp_path, task)
    baseline(world, task)
    rows = made_table(1000, 5, task)
    observe(world, rows)
    model, splits = load_model(world / "model"), Splits.read(world / "splits")
    expected = compute(metric, predictions_of(model, rows, rows["@label"].to_numpy(), splits.classes, 0.5))
    monitor = {"id": "m", "metric": metric, "below": 0.1, "window": "1d"}
    assert quality(world, monitor, task=task)["monitors"][0]["value"] == pytest.approx(expected)


def test_a_class_that_the_model_does_not_know_is_one_that_it_never_says(tmp_path: Path) -> None:
    world = trained(tmp_path, "multiclass")
    baseline(world, "multiclass")
    rows = made_table(1000, 5, "multiclass")
    monitor = {"id": "m", "metric": "accuracy", "below": 0.1, "window": "1d"}
    observe(world, rows)
    known = quality(world, monitor, task="multiclass")["monitors"][0]["value"]
    label = ["never seen" if number % 2 else name for number, name in enumerate(rows["@label"].to_pylist())]
    observe(world, rows.set_column(rows.column_names.index("@label"), "@label", pa.array(label)))
    for metric in ("accuracy", "macro_f1", "balanced_accuracy", "log_loss"):
        (found,) = quality(world, monitor | {"metric": metric}, task="multiclass")["monitors"]
        assert found["labels"] == 1000
        assert found["low"] <= found["value"] <= found["high"]
        if metric == "accuracy":
            assert found["value"] == pytest.approx(known / 2, abs=0.05)


def test_a_row_without_an_answer_does_not_blind_the_monitor(world: Path) -> None:
    import pyarrow.parquet as pq

    file = observe(world, labelled(1000, 1.0)) / "data.parquet"
    table = pq.read_table(file)
    score = table["@score"].to_numpy().copy()
    place = table.column_names.index("@score")
    for unanswered, labels in ((20, 980), (900, 100)):
        score[:unanswered] = np.nan
        pq.write_table(table.set_column(place, "@score", pa.array(score)), file)
        found = quality(world, AUC)
        (monitor,) = found["monitors"]
        assert (monitor["labels"], monitor["unanswered"]) == (labels, unanswered)
        assert (monitor["value"] is None) == (labels < 300)
        assert {each["name"]: each["value"] for each in found["samples"]}["penstock_quality_labels"] == labels


def test_a_metric_of_another_task_is_a_sentence(world: Path, capfd: pytest.CaptureFixture[str]) -> None:
    observe(world, labelled(400, 1.0))
    flags = {
        "observation": world / "observation",
        "monitors": '[{"id": "m", "metric": "r2", "below": 0, "window": "1d"}]',
    }
    assert step("quality", **flags, task="binary", quality=world / "quality") == 2
    assert "monitor `m`: `r2` is not a metric of a binary task" in capfd.readouterr().err


def in_clusters(rows: int, size: int, seed: int = 5) -> pa.Table:
    """Labelled rows of which each `size` in a row are copies of one: they tell no more than it alone."""
    copies = np.repeat(np.arange(rows // size), size)
    return made_table(rows // size, seed).take(copies).append_column("@cluster.house", pa.array(copies))


def test_the_interval_is_over_the_clusters_that_a_gate_declares(world: Path) -> None:
    observe(world, in_clusters(4000, 20))
    (alone,) = quality(world, AUC)["monitors"]
    (together,) = quality(world, AUC, clusters={"release": {"column": "house"}})["monitors"]
    assert alone["clusters"] is None
    assert together["clusters"] == {"by": "`house`", "count": 200, "effective": 200, "rows_without": 0}
    assert alone["value"] == together["value"]
    # Twenty copies of a row are one row: the interval is about sqrt(20) times as wide.
    assert 3.5 < (together["high"] - together["low"]) / (alone["high"] - alone["low"]) < 5.5


def test_the_groups_of_a_split_are_clusters_without_a_word_of_a_gate(world: Path) -> None:
    observe(world, in_clusters(4000, 20))
    (found,) = quality(world, AUC, groups=["house"])["monitors"]
    assert found["clusters"]["count"] == 200


def test_of_several_gates_the_fewest_clusters_count(world: Path) -> None:
    observe(world, in_clusters(4000, 20), spread=timedelta(days=25))
    monitor = AUC | {"window": "25d"}
    declared = {"one": {"column": "house"}, "other": {"every": "1d"}}
    (found,) = quality(world, monitor, clusters=declared)["monitors"]
    assert found["clusters"]["by"] == "periods of 1d"
    assert found["clusters"]["count"] == 26  # the window begins in the midst of a day
    assert found["low"] < found["value"] < found["high"]


def test_too_few_clusters_make_no_interval_and_silence_no_bound(world: Path, caplog: pytest.LogCaptureFixture) -> None:
    observe(world, in_clusters(4000, 20))
    (found,) = quality(world, AUC | {"below": 0.99}, clusters={"release": {"every": "1h"}})["monitors"]
    assert found["clusters"]["count"] == 25
    (found,) = quality(world, AUC | {"below": 0.99}, clusters={"release": {"every": "6h"}})["monitors"]
    assert (found["low"], found["high"], found["breached"]) == (None, None, True)
    assert "clusters, too few for an interval: 20 are needed), beyond its bound" in caplog.text


def test_rows_without_the_column_of_the_clusters_are_refused(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    observation = observe(world, labelled(1000, 1.0))
    flags = {"observation": observation, "monitors": json.dumps([AUC]), "task": "binary"}
    declared = json.dumps({"release": {"column": "house"}})
    assert step("quality", **flags, clusters=declared, quality=world / "refused") == 2
    assert "`clusters`: the splits have no column `house`" in capsys.readouterr().err

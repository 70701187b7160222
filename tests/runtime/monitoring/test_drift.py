"""The step ``drift``: which columns are beyond the bound, in how many windows, and what is pushed of it."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from penstock.runtime.measures.drift import CHOSEN
from penstock.runtime.measures.profile import profile_numbers
from penstock.runtime.monitoring.drift import column_of, counting_distance
from penstock.specs.monitor import DriftMonitor
from penstock.specs.series import FEWEST_DRIFT_ROWS, GROUPING, SERIES
from runtime.evaluation.worlds import step, trained
from runtime.made_splits import made_table, write_splits
from runtime.monitoring.made_observation import END, baseline, drift, observe

PSI = {"id": "inputs", "test": "psi", "above": 0.2, "window": "1d"}


@pytest.fixture(scope="module", params=["binary", "multiclass", "regression"])
def every_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = trained(tmp_path_factory.mktemp(request.param), request.param)
    baseline(world, request.param)
    return world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = trained(tmp_path_factory.mktemp("world"))
    baseline(world)
    return world


def moved(table: pa.Table, by: float, column: str = "x2") -> pa.Table:
    place = table.column_names.index(column)
    return table.set_column(place, column, pc.add(table[column], by))


def columns(monitor: dict[str, Any]) -> dict[str, Any]:
    return {column["feature"]: column for column in monitor["columns"]}


@pytest.mark.parametrize("test", ["psi", "ks", "wasserstein", "jensen_shannon"])
def test_only_the_feature_that_moved_drifts(test: str, world: Path) -> None:
    observe(world, moved(made_table(2000, seed=77), 0.8))
    (monitor,) = drift(world, PSI | {"test": test})["monitors"]
    assert monitor["drifted"] == ["x2"]
    assert columns(monitor)["x2"]["p_value"] < 1e-6
    assert set(columns(monitor)) == {"x0", "x1", "x2", "x3", "color", "flag"}
    assert columns(monitor)["x2"]["distance"] == columns(monitor)["x2"]["distances"][test]


def test_a_feature_that_is_left_out_is_not_watched(world: Path) -> None:
    observe(world, moved(made_table(2000, seed=77), 0.8))
    found = drift(world, PSI | {"except": ["x2"]}, PSI | {"id": "all"})
    assert [monitor["drifted"] for monitor in found["monitors"]] == [[], ["x2"]]
    assert found["drifted"] is True


def test_predictions_of_every_task_are_watched(every_world: Path) -> None:
    task = every_world.name.rstrip("0123456789")
    watched = {"id": "said", "of": "prediction", "test": "psi", "above": 0.2, "window": "1d"}
    observe(every_world, made_table(2000, seed=78, task=task))
    assert drift(every_world, watched)["monitors"][0]["drifted"] == []
    observe(every_world, moved(made_table(2000, seed=78, task=task), 1.5, "x0"))
    assert drift(every_world, watched)["monitors"][0]["drifted"] == ["prediction"]


def test_every_row_more_makes_p_smaller_and_leaves_the_distance(world: Path) -> None:
    found = {}
    for rows in (500, 20_000):
        observe(world, moved(made_table(rows, seed=5), 0.12))
        found[rows] = columns(drift(world, PSI)["monitors"][0])["x2"]
    assert found[20_000]["p_value"] < 0.001
    assert found[20_000]["distance"] < 0.05
    assert found[500]["chance_psi"] > found[20_000]["chance_psi"]


@pytest.mark.parametrize(("test", "above"), [("psi", 0.1), ("jensen_shannon", 0.1), ("ks", 0.1)])
@pytest.mark.parametrize(("reference", "rows"), [(200, 200), (200, 600), (800, 200)])
def test_a_few_rows_of_the_same_distribution_do_not_drift(test: str, above: float, reference: int, rows: int) -> None:
    monitor = DriftMonitor.model_validate(PSI | {"test": test, "above": above})
    rng = np.random.default_rng(7)
    beyond, counted = 0, 0
    for _ in range(200):
        column = column_of(profile_numbers(rng.normal(size=reference)), rng.normal(size=rows))
        beyond += CHOSEN[test](column.distances) > above
        counted += counting_distance(column, monitor) > above
    assert beyond >= 5, "chance alone is beyond the bound"
    # One window of a thousand is promised; the distribution of so few rows is not quite the one of many.
    assert counted <= 2


def test_a_distance_that_chance_would_hardly_make_counts_as_it_is() -> None:
    rng = np.random.default_rng(8)
    reference = profile_numbers(rng.normal(size=300))
    for test in ("psi", "jensen_shannon", "ks", "wasserstein"):
        monitor = DriftMonitor.model_validate(PSI | {"test": test})
        column = column_of(reference, rng.normal(size=300) + 0.8)
        assert counting_distance(column, monitor) == CHOSEN[test](column.distances) > 0.2
        gone = column_of(reference, np.where(np.arange(300) < 90, np.nan, rng.normal(size=300)))
        assert counting_distance(gone, monitor) == CHOSEN[test](gone.distances)
    # A few wild values are seen by no test of ranks, and are what this distance is for.
    wild = column_of(reference, np.where(np.arange(300) < 3, 1e6, rng.normal(size=300)))
    far = DriftMonitor.model_validate(PSI | {"test": "wasserstein"})
    assert wild.test.p_value > 0.01
    assert counting_distance(wild, far) > 1000


def test_a_distance_within_chance_is_pushed_as_none_with_what_chance_makes_of_it(world: Path) -> None:
    observe(world, made_table(300, seed=6))
    (monitor,) = drift(world, PSI | {"above": 0.01})["monitors"]
    assert monitor["drifted"] == []
    x2 = columns(monitor)["x2"]
    assert x2["distances"]["psi"] > 0.01
    assert x2["distance"] == 0
    assert 0.001 <= x2["chance"] <= 1


def test_windows_are_counted_back_from_the_moment(world: Path) -> None:
    # Six days: the oldest three are as in training, of the newest three one is, too.
    days = [moved(made_table(400, seed=day), 0.8 if day in (0, 2) else 0.0) for day in range(6)]
    observe(world, pa.concat_tables(days), spread=timedelta(days=6))
    watched = PSI | {"persist": {"breaches": 2, "of": 3}}
    (monitor,) = drift(world, watched)["monitors"]
    x2 = columns(monitor)["x2"]
    assert [window["rows"] for window in x2["windows"]] == pytest.approx([400] * 3, abs=2)
    assert [window["distance"] > 0.2 for window in x2["windows"]] == [True, False, True]
    assert x2["breaches"] == 2
    assert monitor["drifted"] == ["x2"]
    observe(world, pa.concat_tables(days), spread=timedelta(days=6), as_of=END - timedelta(days=1))
    earlier = drift(world, watched)["monitors"][0]
    assert columns(earlier)["x2"]["breaches"] == 1
    assert earlier["drifted"] == []


def test_the_rows_that_are_pushed_are_those_of_the_longest_window(world: Path) -> None:
    observe(world, made_table(1200, seed=5), spread=timedelta(days=3))
    found = drift(world, PSI, PSI | {"id": "longer", "window": "2d"}, PSI | {"id": "short", "window": "12h"})
    assert [monitor["rows"] for monitor in found["monitors"]] == pytest.approx([400, 800, 200], abs=3)
    [rows] = [each["value"] for each in found["samples"] if each["name"] == "penstock_monitoring_observed_rows"]
    assert rows == found["rows"] == found["monitors"][1]["rows"]


def test_rows_without_a_time_are_one_window_and_not_several(world: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import pyarrow.parquet as pq

    observation = observe(world, moved(made_table(400, seed=5), 0.8))
    file = observation / "data.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["@event_time"]), file)
    assert drift(world, PSI)["monitors"][0]["drifted"] == ["x2"]
    counted = [PSI | {"persist": {"breaches": 2, "of": 3}}]
    flags = {"observation": observation, "monitors": json.dumps(counted), "drift": world / "drift"}
    assert step("drift", **flags) == 2
    assert "monitor `inputs` counts breaches in 3 windows, but the rows have no event time" in capfd.readouterr().err


def test_a_window_of_too_few_rows_counts_as_none_of_the_breaches(world: Path) -> None:
    # Newest first: beyond the bound, too few to say, beyond the bound.
    days = [moved(made_table(rows, seed=rows), 0.8) for rows in (400, 50, 400)]
    times = [END - timedelta(days=day, hours=12) for day, table in enumerate(days) for _ in range(table.num_rows)]
    observation = observe(world, pa.concat_tables(days))
    import pyarrow.parquet as pq

    file = observation / "data.parquet"
    table = pq.read_table(file)
    place = table.column_names.index("@event_time")
    pq.write_table(table.set_column(place, "@event_time", pa.array(times, pa.timestamp("us"))), file)
    (monitor,) = drift(world, PSI | {"persist": {"breaches": 2, "of": 3}})["monitors"]
    x2 = columns(monitor)["x2"]
    assert [window["rows"] for window in x2["windows"]] == [400, 50, 400]
    assert x2["windows"][1]["distance"] is None
    assert x2["breaches"] == 2
    assert monitor["drifted"] == ["x2"]


def test_a_feature_that_never_varies_and_one_of_great_integers_are_measured(world: Path) -> None:
    import pyarrow.parquet as pq

    observation = observe(world, made_table(400, seed=5))
    for file in (observation / "data.parquet", observation / "baseline" / "sample.parquet"):
        table = pq.read_table(file)
        constant = pa.array(np.zeros(table.num_rows))
        pq.write_table(table.set_column(table.column_names.index("x3"), "x3", constant), file)
    profile = observation / "baseline" / "profile.json"
    facts = json.loads(profile.read_text())
    facts["features"]["x3"] |= {"mean": 0.0, "deviation": 0.0}
    profile.write_text(json.dumps(facts))
    table = pq.read_table(observation / "data.parquet")
    great = pa.array([2**60 + number for number in range(400)])
    table = table.set_column(table.column_names.index("x2"), "x2", great)
    pq.write_table(table, observation / "data.parquet")
    found = drift(world, PSI)
    assert found["joint"]["columns"]["x3"] == {"anderson_darling_p": 1, "cramer_von_mises_p": 1}
    assert found["monitors"][0]["drifted"][0] == "x2"


def test_too_few_rows_decide_and_push_nothing(world: Path, caplog: pytest.LogCaptureFixture) -> None:
    observe(world, moved(made_table(150, seed=5), 3.0))
    caplog.set_level(logging.INFO)
    found = drift(world, PSI | {"persist": {"breaches": 1, "of": 1}})
    assert found["drifted"] is False
    assert columns(found["monitors"][0])["x2"]["distance"] is None
    assert {sample["name"] for sample in found["samples"]} == {
        "penstock_drift_breaches",
        "penstock_drift_rows",
        "penstock_monitoring_observed_rows",
    }
    rows = {one["name"]: one["value"] for one in found["samples"]}["penstock_drift_rows"]
    assert 0 < rows < FEWEST_DRIFT_ROWS
    assert f"{rows:.0f} rows in the newest window, fewer than the 200 needed." in caplog.text
    assert "nothing drifted" not in caplog.text


def test_the_fewest_rows_decide_and_a_distance_at_its_bound_is_no_breach(world: Path) -> None:
    for rows, decide in ((FEWEST_DRIFT_ROWS - 1, False), (FEWEST_DRIFT_ROWS, True)):
        observe(world, moved(made_table(rows, seed=77), 0.8))
        distance = columns(drift(world, PSI)["monitors"][0])["x2"]["distance"]
        assert (distance is not None) is decide
    bounds = {"at": distance, "below": float(np.nextafter(distance, 0))}
    found = drift(world, *(PSI | {"id": name, "above": above} for name, above in bounds.items()))["monitors"]
    assert [monitor["id"] for monitor in found if "x2" in monitor["drifted"]] == ["below"]


def test_no_rows_are_no_drift_and_no_crash(world: Path) -> None:
    observe(world, made_table(300, seed=5), as_of=END + timedelta(days=90))
    found = drift(world, PSI)
    assert found["rows"] == 0
    assert found["joint"] is None
    assert {sample["name"]: sample["value"] for sample in found["samples"]} == {
        "penstock_monitoring_observed_rows": 0,
        "penstock_drift_rows": 0,
    }


def test_samples_are_of_the_series_that_rules_read(world: Path) -> None:
    observe(world, moved(made_table(2000, seed=77), 0.8))
    scores = {"id": "scores", "of": "prediction", "test": "ks", "above": 0.1, "window": "1d"}
    found = drift(world, PSI | {"persist": {"breaches": 1, "of": 2}}, scores)
    known = {series.name: set(series.labels) - set(GROUPING) for series in SERIES}
    for sample in found["samples"]:
        assert set(sample["labels"]) == known[sample["name"]]
    distances = {
        (each["labels"]["monitor"], each["labels"]["feature"]): each["value"]
        for each in found["samples"]
        if each["name"] == "penstock_drift_distance"
    }
    assert distances["inputs", "x2"] > 0.2
    assert ("scores", "prediction") in distances


def test_an_infinite_distance_is_pushed_as_one(world: Path) -> None:
    rows = made_table(1000, seed=5)
    gone = rows.set_column(rows.column_names.index("x2"), "x2", pa.nulls(1000, pa.float64()))
    observe(world, gone)
    found = drift(world, PSI | {"test": "wasserstein"})
    (value,) = [each["value"] for each in found["samples"] if each["labels"].get("feature") == "x2"]
    assert float(value) == np.inf
    assert found["monitors"][0]["drifted"] == ["x2"]


def test_tests_on_samples_stand_beside_the_distances(world: Path) -> None:
    observe(world, moved(made_table(5000, seed=77), 0.8))
    joint = drift(world, PSI)["joint"]
    assert joint["rows"] == [1000, 1000]
    assert joint["maximum_mean_discrepancy"]["p_value"] < 0.01
    assert joint["columns"]["x2"]["anderson_darling_p"] < 0.01
    assert joint["columns"]["x3"]["cramer_von_mises_p"] > 0.01


def test_the_sample_of_a_baseline_names_no_row(world: Path) -> None:
    import pyarrow.parquet as pq

    sample = pq.read_table(world / "baseline" / "sample.parquet")
    assert sample.column_names == ["x0", "x1", "x2", "x3"]
    assert sample.num_rows == 1000


def test_a_baseline_of_another_task_is_refused(world: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    flags = {"splits": world / "splits", "model_dir": world / "model", "baseline": tmp_path / "baseline"}
    assert step("baseline", **flags, task="regression") == 2
    numbers = write_splits(tmp_path / "numbers", "regression")
    assert step("baseline", **(flags | {"splits": numbers}), task="binary") == 2
    assert "the model is for a binary task, but the splits are for a regression task" in capfd.readouterr().err
    assert not (tmp_path / "baseline" / "profile.json").exists()


def test_a_baseline_holds_distributions_and_no_figures_of_quality(world: Path) -> None:
    """It does not know the model's threshold: `figures.json` and the card say what the model is worth."""
    profile = json.loads((world / "baseline" / "profile.json").read_text())
    distributions = {"features", "prediction"}
    assert set(profile) == {"format", "model", "digest", "task", "rows", "prediction_rows"} | distributions
    assert (profile["rows"], profile["prediction_rows"]) == (1200, 1200)


def test_a_baseline_of_another_format_is_refused_with_what_to_do(
    world: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    observation = observe(world, made_table(300, seed=5))
    file = observation / "baseline" / "profile.json"
    facts = json.loads(file.read_text())
    del facts["format"]
    file.write_text(json.dumps(facts))
    flags = {"observation": observation, "monitors": json.dumps([PSI]), "drift": world / "drift"}
    assert step("drift", **flags) == 2
    said = capfd.readouterr().err
    assert "is a baseline of format 1, but this step reads format 2: train the model" in said


def test_a_directory_that_is_no_observation_is_a_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    flags = {"observation": tmp_path, "monitors": json.dumps([PSI]), "drift": tmp_path / "drift"}
    assert step("drift", **flags) == 2
    assert "observation.json` is missing" in capfd.readouterr().err

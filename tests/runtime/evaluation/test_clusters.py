"""Gates whose intervals are of whole clusters: by a column, by a period of time, by the groups of the split."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.runtime.evaluation.clustering import Clustering, clustered
from penstock.runtime.evaluation.figures import clusters_said
from penstock.runtime.faults import EXIT_REJECTED, InputError
from penstock.runtime.measures.clusters import clusters_of
from penstock.runtime.measures.predictions import binary
from penstock.specs.gate import Clusters
from runtime.evaluation.worlds import ESTIMATORS, evaluate, figures, gate, step, train
from runtime.made_splits import START, write_splits

RULES: list[dict[str, Any]] = [
    {"id": "quality", "metric": "roc_auc", "atLeast": 0.6, "confidence": "95%"},
    {"id": "right", "metric": "accuracy", "atLeast": 0.6, "confidence": "95%"},
    {"id": "skill", "compare": {"to": "baseline", "metric": "average_precision", "margin": 0.0}},
]
HOUSES = '{"release": {"column": "house"}}'


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_splits(folder / "splits", rows=1200, houses=30)
    train(folder / "splits", folder / "model", ESTIMATORS["binary"])
    return folder


def split_by(world: Path, tmp_path: Path, split: dict[str, Any]) -> Path:
    """The same world whose rows were split in another way."""
    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "splits" / "splits.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"split": split}))
    return tmp_path


def test_a_column_makes_the_clusters_and_the_verdict_tells_how_many(world: Path) -> None:
    assert evaluate(world, RULES, clusters=HOUSES) == 0
    found = figures(world)
    # The row without a house is a cluster of its own.
    assert found["clusters"] == found["gate_clusters"]["release"]
    assert found["clusters"] == {
        "by": "`house`",
        "count": 31,
        "effective": pytest.approx(30.1, abs=0.1),
        "rows_without": 1,
    }
    assert found["metrics"]["roc_auc"]["method"] == "obuchowski"
    assert {found["metrics"][name]["method"] for name in ("accuracy", "f1")} == {"cluster-bootstrap"}
    assert "mcnemar_p" not in found["gates"]["release"]["skill"]["details"]["decisions"]
    assert gate(world, RULES) == 0
    assert json.loads((world / "verdict" / "gate.json").read_text())["clusters"] == found["clusters"]
    said = pq.read_table(world / "evaluation" / "predictions.parquet")
    assert len(set(said["@cluster"].to_pylist())) == 31


def test_without_clusters_nothing_is_said_of_them(world: Path) -> None:
    assert evaluate(world, RULES) == 0
    assert figures(world)["clusters"] is None
    assert figures(world)["metrics"]["accuracy"]["method"] == "wilson"
    assert gate(world, RULES) == 0
    assert "@cluster" not in pq.read_table(world / "evaluation" / "predictions.parquet").column_names


def test_periods_of_time_are_counted_in_utc(world: Path) -> None:
    # The rows come a minute after each other, from the midnight of a Thursday on, 600 of them.
    for every, count in (("20m", 30), ("7h", 2), ("7d", 1)):
        assert evaluate(world, [], clusters=json.dumps({"release": {"every": every}})) == 0
        assert figures(world)["clusters"] | {"effective": 0} == {
            "by": f"periods of {every}",
            "count": count,
            "effective": 0,
            "rows_without": 0,
        }


@pytest.mark.parametrize("year", [1969, 1970, 2026])
def test_rows_without_a_time_are_a_cluster_of_their_own(year: int) -> None:
    first = datetime(year, 1, 1, 12)
    moments = [first, first + timedelta(hours=3), first + timedelta(hours=13), None, first - timedelta(days=9), None]
    times = pa.chunked_array([pa.array(moments, pa.timestamp("us"))])
    found = clustered([], Clusters.model_validate({"every": "1d"}), pa.table({}), times)
    assert found is not None
    together = found.clusters.of_row
    assert [list(together).index(cluster) for cluster in together] == [0, 0, 2, 3, 4, 3]
    assert found.without == 2
    assert found.as_json() == {"by": "periods of 1d", "count": 4, "effective": 3.6, "rows_without": 2}


def test_a_row_is_without_a_value_where_it_lacks_one_of_several() -> None:
    houses = pa.table({"house": pa.array([0, None, 2, None])})
    times = pa.chunked_array([pa.array([datetime(2026, 1, 1), datetime(2026, 1, 2), None, None], pa.timestamp("us"))])
    found = clustered(["house"], Clusters.model_validate({"every": "1d"}), houses, times)
    assert found is not None
    assert found.without == 3


def test_rows_of_a_dataset_without_times_have_no_periods() -> None:
    with pytest.raises(
        InputError, match=r"`clusters\.every`: the rows have no event time; their dataset declares none"
    ):
        clustered([], Clusters.model_validate({"every": "1d"}), pa.table({}), None)


def test_too_few_clusters_are_a_refusal_that_says_so(world: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert evaluate(world, RULES, clusters='{"release": {"every": "1h"}}') == 0
    assert figures(world)["clusters"]["count"] == 10
    # The card and the table of `penstock run` show no end of an interval, and say why.
    assert clusters_said(figures(world)["clusters"]).endswith(", too few for an interval: 20 are needed)")
    assert gate(world, RULES) == EXIT_REJECTED
    assert "nan, nan" not in capfd.readouterr().err
    said = json.loads((world / "verdict" / "gate.json").read_text())["rules"][0]
    assert said["notes"] == [
        "the test rows are 10 clusters by periods of 1h, but an interval needs 20: it is unknown whether the rule holds"
    ]
    assert "its interval could not be computed" in said["reasons"][0]
    # The last lines of the step are what `penstock run` shows: the reason stands in them.
    assert said["reasons"][0].endswith(f": {said['notes'][0]}")


@pytest.mark.parametrize(
    ("houses", "said"),
    [
        (np.repeat(np.arange(20), 5), None),
        (np.repeat(np.arange(19), 5), "the test rows are 19 clusters by `house`, but an interval needs 20"),
        (np.zeros(9, np.int64), "the test rows are 1 cluster by `house`, but an interval needs 20"),
        (
            np.repeat(np.arange(20), [81, *[1] * 19]),
            "the test rows are 20 clusters by `house`, of sizes that make them worth 1.5, but an interval needs 20",
        ),
    ],
    ids=["enough", "too few", "one", "too unequal"],
)
def test_of_clusters_that_are_too_few_it_is_said_how_many_they_are(houses: np.ndarray, said: str | None) -> None:
    found = Clustering("`house`", clusters_of(houses), 0)
    assert found.refusal() == (said and f"{said}: it is unknown whether the rule holds")


@pytest.mark.parametrize(
    ("having", "said"),
    [
        (10, None),
        (9, "are in 9 clusters by `house`, of sizes that make them worth 9.0"),
        (2, "are in 2 clusters by `house`, of sizes that make them worth 2.0"),
        (1, "are in 1 cluster by `house`"),
    ],
)
def test_of_a_metric_about_rows_in_few_clusters_it_is_said_which_rows(having: int, said: str | None) -> None:
    houses = np.repeat(np.arange(40), 5)
    model = binary((houses < having).astype(np.int64), np.full(200, 0.7), 0.5)
    found = Clustering("`house`", clusters_of(houses), 0)
    rest = "but an interval of `recall` needs 10: it is unknown whether the rule holds"
    assert found.refusal_of("recall", (), model) == (said and f"the positive test rows {said}, {rest}")
    assert found.refusal_of("accuracy", (), model) is None


def test_the_groups_of_the_split_are_clusters_by_themselves(world: Path, tmp_path: Path) -> None:
    other = split_by(world, tmp_path, {"by": "group", "column": "house", "validation": "20%", "test": "20%"})
    assert evaluate(other, RULES) == 0
    assert figures(other)["gate_clusters"]["release"]["by"] == "`house`"
    assert evaluate(other, RULES, clusters=HOUSES) == 0
    assert figures(other)["gate_clusters"]["release"]["by"] == "`house`"
    # What a gate adds can only put clusters together.
    assert evaluate(other, RULES, clusters='{"release": {"every": "10h"}}') == 0
    assert figures(other)["gate_clusters"]["release"]["by"] == "`house` and periods of 10h"
    assert figures(other)["gate_clusters"]["release"]["count"] == 1


def test_the_report_is_of_the_fewest_clusters_that_a_gate_names(world: Path) -> None:
    gates = {"rows": [], "hours": [], "houses": []}
    clusters = {"hours": {"every": "1h"}, "houses": {"column": "house"}}
    assert evaluate(world, [], gates=json.dumps(gates), clusters=json.dumps(clusters)) == 0
    found = figures(world)
    assert found["gate_clusters"]["rows"] is None
    assert found["clusters"] == found["gate_clusters"]["hours"]


def test_of_more_clusters_that_are_worth_fewer_is_the_report(world: Path, tmp_path: Path) -> None:
    """Of 101 hours, one has five sixths of the rows: they vary more than 31 houses, and allow no interval."""
    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "splits" / "test.parquet"
    table = pq.read_table(path)
    times = [START + timedelta(hours=max(0, number - 499)) for number in range(table.num_rows)]
    place = table.column_names.index("@event_time")
    pq.write_table(table.set_column(place, "@event_time", pa.array(times, pa.timestamp("us"))), path)
    clusters = {"hours": {"every": "1h"}, "houses": {"column": "house"}}
    assert evaluate(tmp_path, [], gates=json.dumps({"hours": [], "houses": []}), clusters=json.dumps(clusters)) == 0
    found = figures(tmp_path)
    assert [found["gate_clusters"][gate]["count"] for gate in clusters] == [101, 31]
    assert found["clusters"] == found["gate_clusters"]["hours"]
    assert found["metrics"]["accuracy"]["low"] is None
    assert clusters_said(found["clusters"]) == "periods of 1h (101 clusters, too few for an interval: 20 are needed)"


def test_a_function_of_ones_own_is_given_whole_clusters(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "return float((truth == (said >= 0.5)).mean())"
    (tmp_path / "own.py").write_text(f"def share(truth, said, rows):\n    {body}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    rules = [*RULES[1:2], {"id": "own", "python": "own:share", "atLeast": 0.5, "confidence": "95%"}]
    assert evaluate(world, rules, clusters=HOUSES) == 0
    found = figures(world)["gates"]["release"]
    ours, own = found["right"]["figures"]["value"], found["own"]["figures"]["value"]
    assert (own["low"], own["high"]) == pytest.approx((ours["low"], ours["high"]), abs=0.01)


def test_columns_that_the_splits_do_not_hold_are_an_error(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(world, RULES, clusters='{"release": {"column": "street"}}') == 2
    assert "`clusters`: the splits have no column `street`" in capsys.readouterr().err


def test_the_flag_is_one_of_the_step(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        step("evaluate", clusters='{"release": {"column": "house", "every": "1d"}}')
    assert "exactly one of `column`, `every`" in capsys.readouterr().err

"""The example systems: their data keeps its contracts, and their features do not know the future."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from penstock.runtime.data.checks import judge_checks
from penstock.runtime.data.contract import RowJudgement, judge_columns
from penstock.runtime.data.features import compute
from penstock.runtime.data.snapshot import take
from penstock.runtime.data.sources import read_source
from penstock.runtime.data.timed import TimedTable, with_position
from penstock.specs.dataset import DatasetSpec
from penstock.specs.feature_set import FeatureSetSpec
from penstock.specs.kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def documents() -> Iterator[dict[str, Any]]:
    for path in sorted((ROOT / "specs").rglob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text())


@cache
def specs(kind: str) -> dict[str, Any]:
    found = (each for each in documents() if each["kind"] == kind)
    return {each["metadata"]["name"]: KINDS[kind].model_validate_json(json.dumps(each)).spec for each in found}  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))


@cache
def judged(name: str) -> RowJudgement:
    """A dataset of the specs through snapshot and contract."""
    contract: DatasetSpec = specs("Dataset")[name]
    tables = {}
    if contract.source.sql is not None:
        upstream = [other for other in specs("Dataset") if f'"{other}"' in contract.source.sql]
        tables = {other: judged(other).table for other in upstream}
    raw = read_source(contract.source, list(contract.columns), tables)
    table, _ = take(raw, contract, NOW)
    judgement = judge_columns(table, name, contract)
    return RowJudgement(
        judgement.table,
        judgement.quarantine,
        (*judgement.findings, *judge_checks(judgement.table, name, contract)),
    )


def timed(name: str, table: pa.Table | None = None) -> TimedTable:
    contract: DatasetSpec = specs("Dataset")[name]
    rows = judged(name).table if table is None else table
    return TimedTable(name, with_position(rows), contract.event_time, contract.known_at, tuple(contract.primary_key))


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("scheduled-flights", 336_776),
        ("departures", 328_521),
        ("arrivals", 327_346),
        ("planes", 3_322),
        ("census-persons", 277_677),
        ("working-age-persons", 233_408),
        ("bike-hours", 8_645),
        ("calendar-hours", 8_645),
    ],
)
def test_a_dataset_keeps_its_contract(name: str, rows: int) -> None:
    judgement = judged(name)
    assert [finding.sentence for finding in judgement.findings] == []
    assert judgement.table.num_rows == rows


def test_one_impossible_wind_of_the_year_is_set_aside() -> None:
    judgement = judged("weather")
    assert judgement.table.num_rows == 26_114
    assert [finding.sentence for finding in judgement.findings] == [
        "weather.wind_speed: 1 of 26,115 rows is above max 120 (largest 1048.36058)"
    ]


def test_every_dataset_of_the_specs_is_covered_above() -> None:
    assert len(specs("Dataset")) == 9


def test_a_flight_arrives_after_it_departs_by_the_time_it_was_in_the_air_and_more() -> None:
    departures, arrivals = judged("departures").table, judged("arrivals").table
    both = arrivals.join(departures, "flight_id", join_type="inner", right_suffix="_departure")
    assert both.num_rows == arrivals.num_rows
    minutes = pc.divide(pc.cast(pc.subtract(both["arrived_at"], both["departed_at"]), "int64"), 60_000_000)
    assert pc.min(minutes).as_py() >= 25
    assert pc.max(minutes).as_py() <= 13 * 60


def until(table: TimedTable, moment: datetime) -> TimedTable:
    """The table as it could be read at a moment."""
    column = table.known_at or table.event_time
    if column is None:
        return table
    rows = table.table.drop_columns(["@position"])
    return timed(table.name, rows.filter(pc.less_equal(rows[column], pa.scalar(moment, pa.timestamp("us")))))


def features_before(name: str, tables: Mapping[str, TimedTable], moment: datetime) -> list[dict[str, Any]]:
    definition: FeatureSetSpec = specs("FeatureSet")[name]
    rows = compute(name, definition, tables)
    return list(rows.filter(pc.less_equal(rows["@event_time"], pa.scalar(moment, pa.timestamp("us")))).to_pylist())


@pytest.mark.parametrize(
    ("name", "moment", "datasets"),
    [
        ("flight-plan", datetime(2013, 2, 10, 12), ["scheduled-flights", "planes"]),
        ("flight-conditions", datetime(2013, 2, 10, 12), ["scheduled-flights", "departures", "arrivals", "weather"]),
        ("bike-hour", datetime(2011, 6, 5, 17), ["calendar-hours", "bike-hours"]),
    ],
)
def test_features_are_the_same_without_what_came_later(name: str, moment: datetime, datasets: list[str]) -> None:
    # Two weeks of future are enough, and leave the test quick.
    whole = {each: until(timed(each), moment + timedelta(days=14)) for each in datasets}
    past = {each: until(table, moment) for each, table in whole.items()}
    assert past[datasets[0]].table.num_rows < whole[datasets[0]].table.num_rows
    assert features_before(name, whole, moment) == features_before(name, past, moment)

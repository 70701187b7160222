"""Tables of many columns: what a step costs grows with their number, and not with its square."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from penstock.runtime.artifacts import read_json, read_table
from runtime.data.tables import at, run, validate

FEW, MANY = 100, 800


def test_many_columns_cost_no_more_than_as_many_narrow_tables(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _cost(tmp_path / "first", 1, capfd)
    few, many = (_cost(tmp_path / f"{count}", count, capfd) for count in (FEW, MANY))
    # Eight times as many columns. A query for each column of the whole table would cost their square.
    assert many < 16 * few


def _cost(folder: Path, count: int, capfd: pytest.CaptureFixture[str]) -> float:
    """Seconds of the processor for validation and features of so many columns, which are what they are to be."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    names = [f"c{number}" for number in range(count)]
    table = pa.table(
        {"id": list(range(50)), "seen": pa.array([at(hour) for hour in range(50)], pa.timestamp("us"))}
        | {name: rng.normal(size=50) for name in names}
    )
    columns = {"id": {"type": "int"}, "seen": {"type": "timestamp"}} | {name: {"type": "float"} for name in names}
    began = time.process_time()
    code, validated = validate(folder, table, columns=columns, primaryKey=["id"], eventTime="seen")
    assert code == 0
    features = {name: {"type": "float", "sql": f"{name} * 2"} for name in names}
    definition = {"source": "rows", "entity": ["id"], "features": features}
    out = folder / "features"
    flags = {"feature_set": "wide", "definition": json.dumps(definition), "table": f"rows={validated}"}
    assert run("features", **flags, features=out) == 0
    cost = time.process_time() - began
    assert [each["name"] for each in read_json(out / "features.json")["features"]] == names
    made = read_table(out / "data.parquet")
    assert all(made[name].to_pylist() == (table[name].to_numpy() * 2).tolist() for name in (names[0], names[-1]))

    features[names[-1]]["sql"] = "nonsense + 1"
    assert run("features", **flags | {"definition": json.dumps(definition)}, features=out) == 2
    assert f"feature `wide.{names[-1]}`" in capfd.readouterr().err
    return cost

"""Made-up splits in the form of the step ``split``: the label depends on `x0`, a little on `x1`, and on `color`."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from penstock.runtime.artifacts import write_json, write_table

COLORS = ("amber", "blue", "cyan")
START = datetime(2026, 1, 1)


def made_table(rows: int, seed: int, task: str = "binary", numbers: int = 4) -> pa.Table:
    """Rows with the features `x0`... (float, `x1` sometimes missing), `color` (sometimes missing), `flag`."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, numbers))
    color = rng.integers(0, 3, rows)
    signal = 1.5 * x[:, 0] + 0.5 * x[:, 1] + (color == 0) + rng.normal(size=rows)
    if task == "binary":
        label: Any = pa.array((signal > 0.3).astype(np.int64))
    elif task == "multiclass":
        label = pa.array(np.array(["high", "low", "mid"])[np.digitize(signal, [-1, 1]) - 1])
    else:
        label = pa.array(signal)
    columns: dict[str, Any] = {f"x{i}": pa.array(x[:, i]) for i in range(numbers)}
    columns["x1"] = pa.array(x[:, 1], mask=rng.random(rows) < 0.05)
    columns["color"] = pa.array([COLORS[each] for each in color], mask=rng.random(rows) < 0.05)
    columns["flag"] = pa.array(rng.random(rows) < 0.5)
    columns["@label"] = label
    columns["@event_time"] = pa.array(
        [START + timedelta(minutes=int(each)) for each in range(rows)], pa.timestamp("us")
    )
    columns["@entity.id"] = pa.array([f"r{each}" for each in range(rows)])
    columns["@slice.region"] = pa.array([("north", "south")[each % 2] for each in range(rows)])
    return pa.table(columns)


def features(numbers: int = 4) -> list[dict[str, str]]:
    """The features of `made_table`, as ``splits.json`` lists them."""
    named = [(f"x{i}", "float") for i in range(numbers)] + [("color", "string"), ("flag", "bool")]
    return [
        {"name": name, "type": type_, "set": "made", "kind": "numeric" if type_ == "float" else "categorical"}
        for name, type_ in named
    ]


def without_values(splits: Path, feature: str) -> None:
    """Take from all rows of some splits the value of a float feature."""
    for part in splits.glob("*.parquet"):
        table = pq.read_table(part)
        nothing = pa.nulls(table.num_rows, pa.float64())
        pq.write_table(table.set_column(table.column_names.index(feature), feature, nothing), part)


def write_splits(
    directory: Path, task: str = "binary", rows: int = 800, seed: int = 0, numbers: int = 4, houses: int = 0
) -> Path:
    """Splits of `rows` training rows and half as many for each other part, each of them in one of some `houses`."""
    directory.mkdir(parents=True, exist_ok=True)
    parts = {"train": rows, "validation": rows // 2, "test": rows // 2}
    for number, (part, count) in enumerate(parts.items()):
        table = made_table(count, seed * 10 + number, task, numbers)
        if houses:
            numbered = pa.array([each % houses for each in range(count)], mask=[each == 5 for each in range(count)])
            table = table.append_column("@cluster.house", numbered)
        write_table(directory / f"{part}.parquet", table)
    classes = ["high", "low", "mid"] if task == "multiclass" else []
    facts = {
        "model": "made",
        "task": task,
        "features": features(numbers),
        "slices": ["region"],
        "clusters": ["house"] if houses else [],
        "entity": ["id"],
        "label": {"dataset": "made", "column": "label", "classes": classes},
        "split": {"by": "random", "validation": 0.2, "test": 0.2},
        "rows": sum(parts.values()),
        "left_out": {"without_label": 0, "not_due": 0, "gap": 0},
        "parts": {part: {"rows": count} for part, count in parts.items()},
    }
    write_json(directory / "splits.json", facts)
    return directory

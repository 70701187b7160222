"""Observations as the step ``observe`` writes them, of made-up rows."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from penstock.runtime.artifacts import EVENT_TIME, Splits, learner_frame, write_json, write_table
from penstock.runtime.learning.model_files import load_model
from penstock.runtime.monitoring.observation import BASELINE_FOLDER, OBSERVATION_FILE
from runtime.evaluation.worlds import step

END = datetime(2026, 7, 1)


def baseline(world: Path, task: str = "binary") -> Path:
    """The baseline of a world's model."""
    target = world / "baseline"
    flags: dict[str, object] = {"splits": world / "splits", "model_dir": world / "model", "task": task}
    assert step("baseline", **flags, baseline=target) == 0
    return target


def observe(
    world: Path,
    rows: pa.Table,
    newest: datetime = END,
    spread: timedelta = timedelta(days=1),
    as_of: datetime | None = None,
) -> Path:
    """An observation, made `as_of` a moment, of `rows` that came in evenly during the `spread` before `newest`."""
    model, splits = load_model(world / "model"), Splits.read(world / "splits")
    frame = learner_frame(rows, splits.features)
    said: dict[str, Any] = {"@prediction": model.scores(frame)}
    if model.task == "binary":
        said = {"@score": model.scores(frame), "@prediction": model.decisions(frame)}
    elif model.task == "multiclass":
        scores = model.scores(frame)
        said = {f"@score.{name}": scores[:, number] for number, name in enumerate(model.classes)}
        said["@prediction"] = pa.array(model.decisions(frame).tolist())
    age = np.linspace(0, spread.total_seconds() * 0.999, rows.num_rows)
    times = pa.array([newest - timedelta(seconds=float(each)) for each in age], pa.timestamp("us"))
    kept = {name: rows[name] for name in rows.column_names if name not in (EVENT_TIME, *said)}
    target = world / "observation"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    write_table(target / "data.parquet", pa.table({**kept, EVENT_TIME: times, **said}))
    facts = {"model": model.name, "digest": model.digest, "task": model.task, "classes": list(model.classes)}
    facts |= {"as_of": (as_of or newest).replace(tzinfo=UTC).isoformat()}
    write_json(target / OBSERVATION_FILE, facts | {"features": [each.as_json() for each in splits.features]})
    shutil.copytree(world / "baseline", target / BASELINE_FOLDER)
    return target


def drift(world: Path, *monitors: dict[str, Any]) -> dict[str, Any]:
    """Run the step ``drift``; what ``drift.json`` says."""
    flags: dict[str, object] = {"observation": world / "observation", "monitors": json.dumps(monitors)}
    assert step("drift", **flags, drift=world / "drift") == 0
    found: dict[str, Any] = json.loads((world / "drift" / "drift.json").read_text())
    return found


def quality(world: Path, *monitors: dict[str, Any], task: str = "binary", **structured: Any) -> dict[str, Any]:
    """Run the step ``quality``; what ``quality.json`` says."""
    flags: dict[str, object] = {"observation": world / "observation", "monitors": json.dumps(monitors), "task": task}
    flags |= {flag: json.dumps(value) for flag, value in structured.items()}
    assert step("quality", **flags, quality=world / "quality") == 0
    found: dict[str, Any] = json.loads((world / "quality" / "quality.json").read_text())
    return found

"""Small tables and contracts for the tests of the data steps, and the steps themselves as a command would run them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from penstock.runtime.data.timed import TimedTable, with_position
from penstock.runtime.main import main
from penstock.specs.dataset import DatasetSpec
from penstock.specs.feature_set import FeatureSetSpec

START = datetime(2026, 1, 1)


def at(hours: float) -> datetime:
    """The moment so many hours after the start of 2026, UTC."""
    return START + timedelta(hours=hours)


def contract(**fields: Any) -> DatasetSpec:
    """A dataset's spec from its fields as YAML would hold them."""
    return DatasetSpec.model_validate_json(json.dumps({"source": {"parquet": "rows.parquet"}, **fields}))


def feature_set(**fields: Any) -> FeatureSetSpec:
    """A feature set's spec from its fields as YAML would hold them."""
    return FeatureSetSpec.model_validate_json(json.dumps(fields))


def timed(
    name: str,
    columns: Mapping[str, Any],
    event_time: str | None = None,
    known_at: str | None = None,
    primary_key: Sequence[str] = (),
) -> TimedTable:
    """A validated dataset; lists of datetimes become timestamps in microseconds."""
    return TimedTable(name, with_position(table(columns)), event_time, known_at, tuple(primary_key))


def table(columns: Mapping[str, Any]) -> pa.Table:
    """An Arrow table in which datetimes are microseconds without a zone."""
    built = pa.table(columns)
    types = [pa.timestamp("us") if pa.types.is_timestamp(field.type) else field.type for field in built.schema]
    return built.cast(pa.schema([field.with_type(type_) for field, type_ in zip(built.schema, types, strict=True)]))


def snapshot(directory: Path, rows: Mapping[str, Any] | pa.Table, **fields: Any) -> tuple[Path, str]:
    """Run the step over a Parquet file; the directory it wrote, and the contract as JSON."""
    source = directory / "source.parquet"
    pq.write_table(rows if isinstance(rows, pa.Table) else table(rows), source)
    text = json.dumps({"source": {"parquet": str(source)}, **fields})
    out = directory / "snapshot"
    assert run("snapshot", dataset="rows", contract=text, snapshot=out) == 0
    return out, text


def validate(directory: Path, rows: Mapping[str, Any] | pa.Table, **fields: Any) -> tuple[int, Path]:
    """Run snapshot and validate over a Parquet file; the exit code, and the directory of the table."""
    taken, text = snapshot(directory, rows, **fields)
    out = directory / "table"
    return run("validate", dataset="rows", contract=text, snapshot=taken, table=out, as_of="2026-02-01T00:00:00Z"), out


def run(step: str, **flags: Any) -> int:
    """The exit code of ``penstock-step``; a list repeats its flag."""
    argv = [step]
    for name, value in flags.items():
        for each in value if isinstance(value, list) else [value]:
            argv += [f"--{name.replace('_', '-')}", str(each)]
    return main(argv)


def moment(value: datetime) -> datetime:
    """The same moment with its zone."""
    return value.replace(tzinfo=UTC)


def rows(times: list[datetime], **columns: list[Any]) -> pa.Table:
    """Rows of one entity each, at their times, with columns of their own."""
    return table({"@entity.id": list(range(len(times))), "@event_time": times, **columns})

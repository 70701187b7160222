"""Real traffic: bike hires by the hour."""

from __future__ import annotations

from functools import cache
from pathlib import Path

HIRES = Path(__file__).parents[2] / "data" / "bike-hire-2011.parquet"


@cache
def bike_hires() -> list[int]:
    """The hires of each hour of 2011, from its first; an hour that has no row had none."""
    import pyarrow.parquet as parquet

    rows = parquet.read_table(HIRES, columns=["hour_start", "bikers"]).to_pylist()
    first = min(row["hour_start"] for row in rows)
    hours = {int((row["hour_start"] - first).total_seconds()) // 3600: row["bikers"] for row in rows}
    return [hours.get(hour, 0) for hour in range(max(hours) + 1)]

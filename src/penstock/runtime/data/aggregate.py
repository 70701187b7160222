"""``aggregate``: over the rows of another dataset (or the same) that became known in a window before the row's time.

The window is half open: with `t` the row's time, rows known in (t - window, t] count. Rows that ask and rows that count
are laid into one sequence for each key, over which the database slides a frame; no pair of rows is ever formed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from penstock.runtime.data.engine import identifier, query
from penstock.runtime.data.expressions import AggregateCall, aggregates, condition
from penstock.runtime.data.timed import POSITION, TimedTable, matched
from penstock.runtime.faults import InputError
from penstock.specs.feature_set import Aggregate

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def aggregated_values(
    connection: duckdb.DuckDBPyConnection,
    rows: TimedTable,
    theirs: TimedTable,
    features: Mapping[str, Aggregate],
    place: str,
) -> pa.Table:
    """A column for each of `features`, which share their dataset and match, in the order of `rows`."""
    pairs = matched(next(iter(features.values())).match)
    rows.require([ours for _, ours in pairs], place)
    theirs.require([name for name, _ in pairs], place)
    if rows.happened is None:
        raise InputError(f"{place}: `{rows.name}` has no event time, so there is no window before a row's time")
    if theirs.known is None:
        raise InputError(f"{place}: `{theirs.name}` has no time, so no row of it lies in a window")
    keys = [identifier(f"@key{position}") for position in range(len(pairs))]
    our_keys = "".join(f", {identifier(ours)} AS {key}" for key, (_, ours) in zip(keys, pairs, strict=True))
    their_keys = "".join(f", {identifier(name)} AS {key}" for key, (name, _) in zip(keys, pairs, strict=True))
    present = " AND ".join([f"{theirs.known} IS NOT NULL", *(f"{identifier(name)} IS NOT NULL" for name, _ in pairs)])
    partition = f"PARTITION BY {', '.join(keys)} " if keys else ""
    calls: list[str] = []
    values: list[str] = []
    frames: dict[int, str] = {}
    for number, (name, feature) in enumerate(features.items()):
        where = f"{place}, `{name}`"
        if feature.window <= 0:
            raise InputError(f"{where}: the window is empty")
        # Moments are whole microseconds, so one less than the window leaves its open end out.
        frame = frames.setdefault(int(feature.window) * 1000 - 1, f"w{len(frames)}")
        value, found = aggregates(feature.sql, f"@{number}.", where, connection)
        counts = ['NOT "@asks"', *([condition(feature.where, where, connection)] if feature.where else [])]
        calls += [_framed(call, counts, frame) for call in found]
        values.append(f"{value} AS {identifier(name)}")
    windows = ", ".join(
        f'{frame} AS ({partition}ORDER BY "@moment" RANGE BETWEEN {width} PRECEDING AND CURRENT ROW)'
        for width, frame in frames.items()
    )
    sql = f"""
        WITH sequence AS (
            SELECT TRUE AS "@asks", {identifier(POSITION)} AS "@row", epoch_us({rows.happened}) AS "@moment"{our_keys}
            FROM {identifier(rows.name)}
            UNION ALL BY NAME
            SELECT FALSE AS "@asks", epoch_us({theirs.known}) AS "@moment"{their_keys},
                   * EXCLUDE ({identifier(POSITION)})
            FROM {identifier(theirs.name)} WHERE {present}
        ),
        framed AS (SELECT "@asks", "@row", {", ".join(calls)} FROM sequence WINDOW {windows})
        SELECT {", ".join(values)} FROM framed WHERE "@asks" ORDER BY "@row"
    """
    return query(connection, sql, place)


def _framed(call: AggregateCall, counts: Sequence[str], frame: str) -> str:
    """One aggregate over the rows of its frame that count."""
    conditions = " AND ".join([*counts, *([f"({call.where})"] if call.where else [])])
    return f"{call.call} FILTER (WHERE {conditions}) OVER {frame} AS {identifier(call.name)}"

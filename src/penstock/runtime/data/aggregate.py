"""``aggregate``: over the rows of another dataset (or the same) that became known in a window before the row's time.

The window is half open: with `t` the row's time, rows known in (t - window, t] count. No pair of rows is ever formed:
for each key, the rows that count, the rows that ask, and a mark where the window of each asking row starts are laid
into one order, by moment and then by class. An asking row's frame reaches back to its mark, a known number of places.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from penstock.runtime.data.engine import identifier, query
from penstock.runtime.data.expressions import PLACE, AggregateCall, aggregates, condition
from penstock.runtime.data.timed import POSITION, TimedTable, matched, refuse_other_kinds
from penstock.runtime.faults import InputError
from penstock.specs.feature_set import Aggregate

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_CLASS = '"@class"'
# At one moment, rows that count come first: known at a window's start is outside of it, known at `t` inside.
_COUNTS, _STARTS, _ASKS = 0, 1, 2


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
    refuse_other_kinds(theirs.table, rows.table, pairs, place)
    if rows.happened is None:
        raise InputError(f"{place}: `{rows.name}` has no event time, so there is no window before a row's time")
    if theirs.known is None:
        raise InputError(f"{place}: `{theirs.name}` has no time, so none of its rows is in a window")
    keys = [identifier(f"@key{position}") for position in range(len(pairs))]
    our_keys = "".join(f", {identifier(ours)} AS {key}" for key, (_, ours) in zip(keys, pairs, strict=True))
    their_keys = "".join(f", {identifier(name)} AS {key}" for key, (name, _) in zip(keys, pairs, strict=True))
    present = " AND ".join([f"{theirs.known} IS NOT NULL", *(f"{identifier(name)} IS NOT NULL" for name, _ in pairs)])
    partition = f"PARTITION BY {', '.join(keys)} " if keys else ""
    counted: list[str] = []
    calls: list[str] = []
    values: list[str] = []
    for number, (name, feature) in enumerate(features.items()):
        where = f"{place}, `{name}`"
        value, found = aggregates(feature.sql, f"@{number}.", where)
        rows_that_count = condition(feature.where, where) if feature.where else None
        counted += [f"{_counting(rows_that_count, call.where)} AS {identifier(call.counts)}" for call in found]
        calls += [_framed(call, f"w{int(feature.window)}") for call in found]
        values.append(f"{value} AS {identifier(name)}")
    windows = sorted({int(feature.window) for feature in features.values()})
    asking = f'{identifier(POSITION)} AS "@row"{our_keys}, epoch_us({rows.happened})'
    marks = "".join(
        f"""
            UNION ALL BY NAME
            SELECT {_STARTS} AS {_CLASS}, {window} AS "@window", {asking} - {window * 1000} AS "@moment"
            FROM {identifier(rows.name)}"""
        for window in windows
    )
    starts = "".join(
        f"""
            LEFT JOIN placed AS s{window}
            ON s{window}."@row" = placed."@row" AND s{window}."@window" = {window} AND placed.{_CLASS} = {_ASKS}"""
        for window in windows
    )
    sizes = "".join(
        f', coalesce(placed."{PLACE}" - s{window}."{PLACE}" - 1, 0) AS "@size{window}"' for window in windows
    )
    frames = ", ".join(
        f'w{window} AS ({partition}ORDER BY "{PLACE}" ROWS BETWEEN "@size{window}" PRECEDING AND CURRENT ROW)'
        for window in windows
    )
    sql = f"""
        WITH laid AS (
            SELECT {_COUNTS} AS {_CLASS}, epoch_us({theirs.known}) AS "@moment"{their_keys},
                   {identifier(POSITION)} AS "@row", * EXCLUDE ({identifier(POSITION)})
            FROM {identifier(theirs.name)} WHERE {present}
            UNION ALL BY NAME
            SELECT {_ASKS} AS {_CLASS}, {asking} AS "@moment" FROM {identifier(rows.name)}{marks}
        ),
        placed AS (
            SELECT *, row_number() OVER ({partition}ORDER BY "@moment", {_CLASS}, "@row") AS "{PLACE}" FROM laid
        ),
        sized AS (SELECT placed.*{sizes} FROM placed{starts}),
        counted AS (SELECT *, {", ".join(counted)} FROM sized AS {identifier(theirs.name)}),
        framed AS (
            SELECT {_CLASS}, "@row", {", ".join(calls)} FROM counted AS {identifier(theirs.name)} WINDOW {frames}
        )
        SELECT {", ".join(values)} FROM framed WHERE {_CLASS} = {_ASKS} ORDER BY "@row"
    """
    return query(connection, sql, place, shows_values=not (rows.is_withheld or theirs.is_withheld))


def _counting(*conditions: str | None) -> str:
    """Whether a row counts: each condition is asked only of the rows that the ones before it leave."""
    counts = f"{_CLASS} = {_COUNTS}"
    for each in conditions:
        if each is not None:
            counts = f"CASE WHEN {counts} THEN ({each}) AND TRUE ELSE FALSE END"
    return counts


def _framed(call: AggregateCall, frame: str) -> str:
    """One aggregate over the rows of its frame that count."""
    return f"{call.call} FILTER (WHERE {identifier(call.counts)}) OVER {frame} AS {identifier(call.name)}"

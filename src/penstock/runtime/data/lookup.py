"""``lookup``: a value of another dataset by its key, where that dataset has at most one row for a key.

Where the dataset has a time, its row is seen only once it was known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from penstock.runtime.data.engine import identifier, query
from penstock.runtime.data.timed import POSITION, TimedTable, matched, refuse_other_kinds
from penstock.runtime.faults import InputError
from penstock.specs.feature_set import Lookup

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def looked_up_values(
    connection: duckdb.DuckDBPyConnection,
    rows: TimedTable,
    theirs: TimedTable,
    features: Mapping[str, Lookup],
    place: str,
) -> pa.Table:
    """A column for each of `features`, which share their dataset and match, in the order of `rows`."""
    pairs = matched(next(iter(features.values())).match)
    rows.require([ours for _, ours in pairs], place)
    theirs.require([name for name, _ in pairs], place)
    refuse_other_kinds(theirs.table, rows.table, pairs, place)
    theirs.require([feature.column for feature in features.values()], place)
    _refuse_duplicates(connection, theirs, [name for name, _ in pairs], place)
    meets = [f"ours.{identifier(our)} = theirs.{identifier(their)}" for their, our in pairs]
    if theirs.known is not None:
        if rows.happened is None:
            raise InputError(f"{place}: `{theirs.name}` changes with time, and `{rows.name}` has no event time")
        column = identifier(theirs.known_at or theirs.event_time or "")
        asked = identifier(rows.event_time or rows.known_at or "")
        meets.append(f"CAST(theirs.{column} AS TIMESTAMP) <= CAST(ours.{asked} AS TIMESTAMP)")
    values = ", ".join(f"theirs.{identifier(each.column)} AS {identifier(name)}" for name, each in features.items())
    sql = f"""
        SELECT {values}
        FROM {identifier(rows.name)} AS ours LEFT JOIN {identifier(theirs.name)} AS theirs ON {" AND ".join(meets)}
        ORDER BY ours.{identifier(POSITION)}
    """
    return query(connection, sql, place)


def _refuse_duplicates(
    connection: duckdb.DuckDBPyConnection, theirs: TimedTable, columns: list[str], place: str
) -> None:
    listed = ", ".join(identifier(column) for column in columns)
    present = " AND ".join(f"{identifier(column)} IS NOT NULL" for column in columns)
    sql = (
        f"SELECT count(*) FROM (SELECT 1 FROM {identifier(theirs.name)} WHERE {present} "
        f"GROUP BY {listed} HAVING count(*) > 1)"
    )
    repeated = query(connection, sql, place).column(0)[0].as_py()
    if repeated:
        raise InputError(
            f"{place}: {repeated:,} values of {', '.join(f'`{column}`' for column in columns)} occur more than once in "
            f"`{theirs.name}`, so a lookup is ambiguous; use `latest`, or match on its primary key"
        )

"""Which rows train, validate and test: by time, by a hash of the entity, or by a hash of a group.

A hash is the first 52 bits of MD5 over the seed and the values as text, all joined by the unit separator (0x1F), as a
share of 2^52: below `test` a row tests, below `test` + `validation` it validates. It depends on nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from penstock.runtime.artifacts import ENTITY_PREFIX, EVENT_TIME, SLICE_PREFIX
from penstock.runtime.data.engine import connect, identifier, query
from penstock.runtime.faults import InputError
from penstock.specs.model import GroupSplit, RandomSplit, TimeSplit

if TYPE_CHECKING:
    import pyarrow as pa

AnySplit = TimeSplit | RandomSplit | GroupSplit


def assign(table: pa.Table, split: AnySplit) -> pa.ChunkedArray:
    """For each row ``train``, ``validation``, ``test``, or null where it lies in a gap."""
    if isinstance(split, TimeSplit):
        return _by_time(table, split)
    if isinstance(split, GroupSplit):
        return _by_hash(table, [carried(table, split.column, "`split.column`")], split)
    return _by_hash(table, [name for name in table.column_names if name.startswith(ENTITY_PREFIX)], split)


def carried(table: pa.Table, column: str, place: str) -> str:
    """The name under which the features carry a column of their source: kept beside them, or of their entity."""
    for name in (SLICE_PREFIX + column, ENTITY_PREFIX + column):
        if name in table.column_names:
            return name
    raise InputError(f"{place}: the features do not carry the column `{column}` of their source")


def _by_time(table: pa.Table, split: TimeSplit) -> pa.ChunkedArray:
    """The newest row's time ends the test period; each period is half open, (end - length, end]."""
    if EVENT_TIME not in table.column_names:
        raise InputError("`split.by: time`: the rows have no event time; their dataset declares none")
    moment, gap = f"epoch_us({identifier(EVENT_TIME)})", int(split.gap) * 1000
    test, validation = int(split.test) * 1000, int(split.validation) * 1000
    connection = connect({"source": table})
    # By itself: in one query with the rows it would be a join, after which they may stand in another order.
    newest = query(connection, f"SELECT max({moment}) FROM source", "`split`").column(0)[0].as_py() or 0
    sql = f"""
        SELECT CASE
            WHEN {moment} > {newest - test} THEN 'test'
            WHEN {moment} > {newest - test - gap} THEN NULL
            WHEN {moment} > {newest - test - gap - validation} THEN 'validation'
            WHEN {moment} > {newest - test - gap - validation - gap} THEN NULL
            WHEN {moment} IS NOT NULL THEN 'train'
        END AS part
        FROM source
    """
    return query(connection, sql, "`split`").column(0)


def _by_hash(table: pa.Table, columns: Sequence[str], split: RandomSplit | GroupSplit) -> pa.ChunkedArray:
    test, validation = float(split.test), float(split.validation)
    if test + validation >= 1:
        raise InputError("`split`: `validation` and `test` together leave no rows to train on")
    texts = ", ".join(f"coalesce(CAST({identifier(column)} AS VARCHAR), '')" for column in columns)
    digest = f"md5(concat_ws(chr(31), '{split.seed}', {texts}))"
    sql = f"""
        WITH hashed AS (
            SELECT CAST('0x' || substr({digest}, 1, 13) AS BIGINT) / CAST({2**52} AS DOUBLE) AS share FROM source
        )
        SELECT CASE
            WHEN share < {test!r} THEN 'test'
            WHEN share < {test + validation!r} THEN 'validation'
            ELSE 'train'
        END AS part
        FROM hashed
    """
    return query(connect({"source": table}), sql, "`split`").column(0)

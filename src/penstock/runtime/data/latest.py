"""``latest``: the newest value of another dataset that could be known at the row's time, by an ASOF join.

Of the rows that were known and had happened by then, the one that happened last counts; of several versions of it, the
one that became known last; of rows that tie in both, the last one in the table's order, and the log tells where their
values differ. Its value counts as it is: a missing value is missing, and an older one does not stand in for it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from penstock.runtime.data.engine import identifier, query
from penstock.runtime.data.timed import POSITION, TimedTable, matched, refuse_other_kinds
from penstock.runtime.faults import InputError
from penstock.specs.feature_set import Latest

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb
    import pyarrow as pa

_log = logging.getLogger(__name__)


def latest_values(
    connection: duckdb.DuckDBPyConnection,
    rows: TimedTable,
    theirs: TimedTable,
    features: Mapping[str, Latest],
    place: str,
) -> pa.Table:
    """A column for each of `features`, which share their dataset and match, in the order of `rows`.

    `connection` knows both tables by their names.
    """
    pairs = matched(next(iter(features.values())).match)
    rows.require([ours for _, ours in pairs], place)
    theirs.require([name for name, _ in pairs], place)
    refuse_other_kinds(theirs.table, rows.table, pairs, place)
    theirs.require([feature.column for feature in features.values()], place)
    if rows.known is None or rows.happened is None:
        raise InputError(f"{place}: `{rows.name}` has no event time, so there is no latest value at a row's time")
    if theirs.known is None or theirs.happened is None:
        raise InputError(f"{place}: `{theirs.name}` has neither `eventTime` nor `knownAt`; use `lookup`")
    keys = [f"k{position}" for position in range(len(pairs))]
    their_keys = "".join(f"{identifier(name)} AS {key}, " for key, (name, _) in zip(keys, pairs, strict=True))
    our_keys = "".join(f"{identifier(ours)} AS {key}, " for key, (_, ours) in zip(keys, pairs, strict=True))
    usable = [f"{theirs.known} IS NOT NULL", f"{theirs.happened} IS NOT NULL"]
    usable += [f"{identifier(name)} IS NOT NULL" for name, _ in pairs]
    meets = [*(f"asking.{key} = states.{key}" for key in keys), "asking.asked >= states.visible"]
    # Named as no dataset is: one that is called `events` is to be read, and not taken for what is made on the way.
    events, states, asking, met = (identifier(f"@{name}") for name in ("events", "states", "asking", "met"))
    # Values are carried under numbers: a column of theirs may have any name, `asked` for one.
    carried = {column: f"v{position}" for position, column in enumerate(_columns(features))}
    columns = ", ".join(f"{identifier(column)} AS {short}" for column, short in carried.items())
    values = ", ".join(_value(name, feature, carried[feature.column]) for name, feature in features.items())
    partition = f"PARTITION BY {', '.join(keys)} " if keys else ""
    sql = f"""
        WITH {events} AS (
            SELECT {their_keys}{theirs.happened} AS happened, {theirs.known} AS known,
                   greatest({theirs.known}, {theirs.happened}) AS visible,
                   row_number() OVER (
                       ORDER BY {theirs.happened}, {theirs.known}, {identifier(POSITION)}
                   ) AS rank, {columns}
            FROM {identifier(theirs.name)}
            WHERE {" AND ".join(usable)}
        ),
        -- From each moment at which anything became visible, the event that is the latest from then on.
        {states} AS (
            SELECT DISTINCT {"".join(f"{key}, " for key in keys)}visible,
                   max(rank) OVER ({partition}ORDER BY visible RANGE UNBOUNDED PRECEDING) AS rank
            FROM {events}
        ),
        {asking} AS (
            SELECT {our_keys}{rows.happened} AS asked, {identifier(POSITION)} AS position
            FROM {identifier(rows.name)}
        ),
        {met} AS (
            SELECT asking.position, asking.asked, states.rank
            FROM {asking} AS asking ASOF LEFT JOIN {states} AS states
            ON {" AND ".join(meets)}
        )
    """
    joined = f"FROM {met} AS met LEFT JOIN {events} AS events ON met.rank = events.rank"
    result = query(connection, f"{sql} SELECT {values} {joined} ORDER BY met.position", place)
    moment = f"{', '.join([*keys, 'happened', 'known'])}"
    differs = {v: f"count(DISTINCT {v}) + (count({v}) < count(*))::INT > 1" for v in carried.values()}
    tied = f"""
        SELECT max(rank) AS rank, {", ".join(f"{one} AS {v}" for v, one in differs.items())}
        FROM {events} GROUP BY {moment} HAVING count(*) > 1 AND ({" OR ".join(differs.values())})
    """
    if query(connection, f"{sql} SELECT count(*) FROM ({tied})", place).column(0)[0].as_py():
        met_ties = f"FROM {met} AS met JOIN {events} AS events USING (rank) JOIN ({tied}) AS tied USING (rank)"
        for name, feature in features.items():
            own = f"tied.{carried[feature.column]} AND {_is_young(feature)}"
            found = query(connection, f"{sql} SELECT count(*), min(events.happened) {met_ties} WHERE {own}", place)
            count, first = (column[0].as_py() for column in found.columns)
            _tell_tie(name, feature, theirs, count, first, len(result), place)
    return result


def _tell_tie(
    name: str, feature: Latest, theirs: TimedTable, rows: int, first: datetime | None, total: int, place: str
) -> None:
    if not rows:
        return
    times = list(dict.fromkeys(f"`{each}`" for each in (theirs.event_time, theirs.known_at) if each is not None))
    same = " and ".join([*(f"`{column}`" for column, _ in matched(feature.match)), *times])
    _log.warning(
        "warning: `%s`, %s: for %s of %s rows the latest value is one of several rows of `%s` with the same %s that "
        "differ in `%s`, as at %s; the last in the order of the primary key is used: match more columns, give "
        "a `knownAt` that distinguishes them, or combine them with `aggregate`",
        name, place, f"{rows:,}", f"{total:,}", theirs.name, same, feature.column, first,
    )  # fmt: skip


def _columns(features: Mapping[str, Latest]) -> list[str]:
    return list(dict.fromkeys(feature.column for feature in features.values()))


def _value(name: str, feature: Latest, carried: str) -> str:
    """SQL of a feature, given the column under which its value is carried."""
    if feature.max_age is None:
        return f"events.{carried} AS {identifier(name)}"
    return f"CASE WHEN {_is_young(feature)} THEN events.{carried} END AS {identifier(name)}"


def _is_young(feature: Latest) -> str:
    """SQL of whether what is the latest counts still."""
    if feature.max_age is None:
        return "TRUE"
    return f"epoch_us(met.asked) - epoch_us(events.happened) <= {int(feature.max_age) * 1000}"

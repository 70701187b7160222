"""The label of each row: the newest value that became known from the row's own time on, within the horizon."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.diagnostics.grammar import joined
from penstock.runtime.artifacts import ENTITY_PREFIX, EVENT_TIME, LABEL
from penstock.runtime.data.engine import connect, identifier, literal, query
from penstock.runtime.data.timed import POSITION, TimedTable, refuse_other_kinds, with_position
from penstock.runtime.faults import InputError
from penstock.specs.model import Label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    import pyarrow as pa

_log = logging.getLogger(__name__)

_OPPOSITES = {"1": "0", "0": "1", "true": "false", "false": "true"}
"""What is negative for sure where a value is positive."""
_ROWS = "@rows"
"""The rows among the tables: a name that no dataset can have."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """The rows that have a label, in the column `LABEL`, and why the others have none."""

    table: pa.Table
    classes: tuple[str, ...]
    """Multiclass tasks: the classes, sorted."""
    without_label: int
    """Rows whose label is unknown, or became known after the horizon."""
    not_due: int
    """Rows so new that their horizon is not over: only the quick ones among their labels are known, a biased part."""
    known_at_once: int
    """Rows of the table whose label counts as known at their own time, or before on the same day."""


def labelled(rows: pa.Table, label: Label, table: TimedTable, task: str, *, needs_positives: bool = True) -> Labelled:
    """Join the label to the rows of a feature set.

    The label's dataset carries the rows' entity under the same names. Where it has several rows for an entity, such as
    a correction, the one that became known last within the horizon counts. A row counts as not due where its horizon
    ends after the newest moment that the label's dataset knows of. What was known before a row's own time is the label
    of an earlier row, or of none.

    Args:
        needs_positives: refuse a dataset in which the positive value does not occur. Without, the labels may all be
            its opposite, such as 0 to 1, as those of some days are; others tell that it is misspelt.

    Raises:
        InputError: columns or times that this needs are not there, no row has a label, or nobody can tell to which of
            several rows of an entity a label belongs.
    """
    place = f"label `{label.dataset}.{label.column}`"
    entity = [name.removeprefix(ENTITY_PREFIX) for name in rows.column_names if name.startswith(ENTITY_PREFIX)]
    table.require([*entity, label.column], place)
    refuse_other_kinds(table.table, rows, [(name, ENTITY_PREFIX + name) for name in entity], place)
    timed = EVENT_TIME in rows.column_names and table.known is not None
    if label.horizon is not None and not timed:
        raise InputError(f"{place}: a horizon needs an event time in the rows and a time in `{label.dataset}`")
    connection = connect({_ROWS: with_position(rows), table.name: table.table})
    meets = [f"r.{identifier(ENTITY_PREFIX + name)} = l.{identifier(name)}" for name in entity]
    known = f"l.{identifier(table.known_at or table.event_time or '')}" if table.known is not None else None
    due, newest, at_once = "TRUE", f"l.{identifier(POSITION)}", "FALSE"
    asked = f"r.{identifier(EVENT_TIME)}"
    if timed:
        # A day begins before all that happens on it.
        from_then = f"date_trunc('day', {asked})" if table.is_known_by_day else asked
        meets.append(f"CAST({known} AS TIMESTAMP) >= {from_then}")
        at_once = f"CAST({known} AS TIMESTAMP) <= {asked}"
    if label.horizon is not None:
        limit = f"{asked} + to_microseconds({int(label.horizon) * 1000})"
        meets.append(f"CAST({known} AS TIMESTAMP) <= {limit}")
        due = f"{limit} <= (SELECT max({table.known}) FROM {identifier(table.name)})"
    if known is not None:
        # A row of which the time is not known comes first, wherever the database would put it.
        newest = f"ROW({known} IS NOT NULL, {known}, {newest})"
    else:
        one_row = (
            f"list in `entity` of the feature sets all columns that tell rows of `{table.name}` apart, or where none "
            f"do, a `surrogateKey` of `{table.name}`"
        )
        why = f"and no time decides which one counts: {one_row}, or declare its `eventTime`"
        _refuse_several(connection, {table.name: entity}, place, why)
    if known is not None and label.horizon is None:
        several = {table.name: entity, _ROWS: [f"{ENTITY_PREFIX}{name}" for name in entity]}
        why = (
            "here and in the features, and without a `horizon` it is unknown which of them belong together: add to "
            "`label` how long labels take"
        )
        _refuse_several(connection, several, place, why)
    value = _value(connection, label, table, task, place, needs_positives)
    sql = f"""
        WITH met AS (
            SELECT r.{identifier(POSITION)} AS position, {due} AS due,
                   -- In a row, since arg_max passes over a missing value, and a label that was taken back is missing.
                   arg_max(ROW(l.{identifier(LABEL)}, {at_once}), {newest})
                       FILTER (WHERE l.{identifier(POSITION)} IS NOT NULL) AS newest
            FROM {identifier(_ROWS)} AS r
            LEFT JOIN (SELECT *, {value} AS {identifier(LABEL)} FROM {identifier(table.name)}) AS l
            ON {" AND ".join(meets)}
            GROUP BY ALL
        )
        SELECT due, newest[1] AS value, newest[2] AS at_once FROM met ORDER BY position
    """
    found = query(connection, sql, place)
    if known is not None:
        labels = f"(SELECT *, {value} AS {identifier(LABEL)} FROM {identifier(table.name)})"
        _tell_ties(connection, label, table, labels, entity, f"{' AND '.join(meets)} WHERE {due}", place)
    return _kept(rows, found, task, place, label)


def _tell_ties(
    connection: duckdb.DuckDBPyConnection,
    label: Label,
    table: TimedTable,
    labels: str,
    entity: Sequence[str],
    meets: str,
    place: str,
) -> None:
    """Tell of rows whose label is one of several that became known at the same moment and differ.

    Args:
        labels: SQL of the dataset with its values in the column `LABEL`.
        meets: SQL of which of them belong to which row, and of which rows count.
    """
    own = ", ".join(identifier(name) for name in entity)
    time = identifier(table.known_at or table.event_time or "")
    value = identifier(LABEL)
    tied = f"""
        SELECT {own}, {time} AS "@moment" FROM {labels} GROUP BY ALL
        HAVING count(DISTINCT {value}) + (count({value}) < count(*))::INT > 1
    """
    if not query(connection, f"SELECT count(*) FROM ({tied})", place).column(0)[0].as_py():
        return
    sql = f"""
        WITH newest AS (
            SELECT r.{identifier(POSITION)}, {", ".join(f"l.{identifier(name)}" for name in entity)},
                   max(l.{time}) AS "@moment"
            FROM {identifier(_ROWS)} AS r JOIN {labels} AS l ON {meets} GROUP BY ALL
        )
        SELECT count(*), min(tied."@moment") FROM newest JOIN ({tied}) AS tied
        ON {" AND ".join(f"newest.{identifier(name)} = tied.{identifier(name)}" for name in entity)}
        AND newest."@moment" IS NOT DISTINCT FROM tied."@moment"
    """
    count, first = (column[0].as_py() for column in query(connection, sql, place).columns)
    if count:
        same = joined([f"`{name}`" for name in [*entity, table.known_at or table.event_time or ""]])
        _log.warning(
            "warning: %s: for %s rows `%s` has several rows with the same %s that differ in `%s`, as at %s; the "
            "last of them in the order of the primary key, then of the other columns, is used: give a `knownAt` that "
            "distinguishes them, or one row for each",
            place, f"{count:,}", table.name, same, label.column, first,
        )  # fmt: skip


def _kept(rows: pa.Table, found: pa.Table, task: str, place: str, label: Label) -> Labelled:
    import pyarrow.compute as pc

    horizon = label.horizon
    due = found["due"].combine_chunks()
    present = found["value"].combine_chunks().is_valid()
    keep = pc.and_(due, present)
    table = rows.append_column(LABEL, found["value"]).filter(keep)
    if not table.num_rows and rows.num_rows and due.true_count == 0:
        raise InputError(
            f"{place}: none of {rows.num_rows:,} rows is due yet: their horizon of {horizon!s} ends after the newest "
            f"moment that `{label.dataset}` tells of: wait, or check that labels still come in"
        )
    if not table.num_rows:
        when = "at its time or later" if horizon is None else f"within its horizon of {horizon!s}"
        asked = "" if horizon is None else "how long labels take, and "
        raise InputError(
            f"{place}: none of {rows.num_rows:,} rows has a label that became known {when}: check {asked}that both "
            f"datasets name an entity and its times alike"
        )
    if task == "regression" and not pc.all(pc.is_finite(table[LABEL])).as_py():
        raise InputError(f"{place}: a label is infinite")
    classes = tuple(sorted(pc.unique(table[LABEL]).to_pylist())) if task == "multiclass" else ()
    not_due = rows.num_rows - (pc.sum(due).as_py() or 0)
    at_once = pc.sum(found["at_once"].filter(keep)).as_py() or 0
    return Labelled(table, classes, rows.num_rows - not_due - table.num_rows, not_due, at_once)


def _value(
    connection: duckdb.DuckDBPyConnection,
    label: Label,
    table: TimedTable,
    task: str,
    place: str,
    needs_positives: bool,
) -> str:
    """SQL of the label as the learner takes it: 0 or 1, a number, or a class as text."""
    column = identifier(label.column)
    kind = str(query(connection, f"SELECT {column} FROM {identifier(table.name)}", place).schema.field(0).type)
    if task == "multiclass":
        return f"CAST({column} AS VARCHAR)"
    if task == "regression":
        if kind not in ("int64", "double"):
            raise InputError(f"{place}: a regression needs a number, but the column holds {kind}")
        return f"CAST({column} AS DOUBLE)"
    positive = label.positive
    if positive is None:
        if kind not in ("bool", "int64"):
            raise InputError(f"{place}: `positive` is missing: the column holds {kind}, so name the positive value")
        positive = True if kind == "bool" else 1
    sign = str(positive).lower() if isinstance(positive, bool) else str(positive)
    opposite = _OPPOSITES.get(sign, sign)
    counts = ", ".join(
        f"count(*) FILTER (WHERE CAST({column} AS VARCHAR) = {literal(one)})" for one in (sign, opposite)
    )
    seen = query(connection, f"SELECT {counts}, count({column}) FROM {identifier(table.name)}", place)
    positives, negatives, all_labels = (counted[0].as_py() for counted in seen.columns)
    if not positives and (needs_positives or negatives < all_labels or opposite == sign):
        raise InputError(f"{place}: the positive value `{sign}` does not occur")
    return f"CAST(CAST({column} AS VARCHAR) = {literal(sign)} AS BIGINT)"


def _refuse_several(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Sequence[str]], place: str, why: str
) -> None:
    """InputError where entities have several rows in each of the tables, which are named with their entity."""
    repeated = " INTERSECT ".join(
        f"(SELECT {listed} FROM {identifier(table)} GROUP BY {listed} HAVING count(*) > 1)"
        for table, entity in tables.items()
        if (listed := ", ".join(identifier(name) for name in entity))
    )
    count = query(connection, f"SELECT count(*) FROM ({repeated})", place).column(0)[0].as_py()
    if count:
        have = "entity has" if count == 1 else "entities have"
        by = joined([f"`{name}`" for name in next(iter(tables.values()))])
        raise InputError(f"{place}: by {by}, {count:,} {have} several rows, {why}")

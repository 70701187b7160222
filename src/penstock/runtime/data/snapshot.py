"""Read the rows of a dataset as they are now, give them the contract's types and order, and take their fingerprint.

A column whose values all convert without loss gets its declared type; any other keeps the source's, for `validate` to
judge. Rows known later than ``--as-of`` are left out. Rows are sorted by the primary key and then by all other columns,
so that neither files nor the order in which rows arrive change the result.
"""

from __future__ import annotations

import argparse
import logging
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from penstock.runtime import arguments
from penstock.runtime.artifacts import DATA_FILE, write_json
from penstock.runtime.data.conversion import conversion, kind_of
from penstock.runtime.data.engine import Keep, connect, figures, identifier, literal, query, written
from penstock.runtime.data.file_faults import having, unknown_header
from penstock.runtime.data.fingerprint import fingerprint
from penstock.runtime.data.sources import describe, named, read_source
from penstock.runtime.data.stored import StoredTable, stored
from penstock.runtime.faults import InputError
from penstock.specs.addresses import Address
from penstock.specs.dataset import DatasetSpec

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from penstock.runtime.data.stored import Table

_WITH_OFFSET = r"\d:\d{2}(:\d{2}([.,]\d+)?)?\s*([+-]\d|[A-Za-z])"
"""A time of day, and after it an offset or the name of a zone."""

_KEY_LENGTH = 16
"""Hexadecimal digits of a surrogate key. Two digests that are alike by chance are numbered like equal rows."""

_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the step."""
    parser.add_argument("--dataset", required=True, help="name of the dataset")
    parser.add_argument("--contract", required=True, type=arguments.spec(DatasetSpec), help="its spec as JSON")
    parser.add_argument("--as-of", default="", type=arguments.moment, help="time to read data as of; now if empty")
    parser.add_argument(
        "--table",
        action="append",
        type=arguments.named_directory,
        help="NAME=DIRECTORY of a dataset that SQL reads",
    )
    parser.add_argument("--snapshot", required=True, type=arguments.output_directory, help="output directory")


def run(args: argparse.Namespace) -> None:
    """Write ``data.parquet`` and ``snapshot.json``."""
    contract: DatasetSpec = args.contract
    tables = {name: stored(path / DATA_FILE) for name, path in arguments.by_name(args.table, "--table").items()}
    place = Address("Dataset", args.dataset)
    try:
        names = [name for name in contract.columns if name != contract.surrogate_key]
        numbers = [name for name in names if contract.columns[name].type in ("float", "int")]
        raw = read_source(contract.source, names, tables, numbers)
    except InputError as fault:
        raise InputError(f"{place.key('source')}: {fault}") from None
    try:
        table, facts = take(raw, contract, args.as_of, partial(written, path=args.snapshot / DATA_FILE))
    except InputError as fault:
        if isinstance(raw, StoredTable) and raw.faults:
            raise InputError(f"{place.key('source')}: {raw.faults[0]}") from None
        raise InputError(f"{place}: {fault}") from None
    facts["dataset"] = args.dataset
    write_json(args.snapshot / "snapshot.json", facts)
    later = f", {facts['later_rows']:,} known only later" if facts["later_rows"] else ""
    _log.info("%s: %s rows, %s columns%s", args.dataset, f"{table.num_rows:,}", len(table.schema), later)


def take(raw: Table, contract: DatasetSpec, as_of: datetime, keep: Keep = query) -> tuple[Table, dict[str, Any]]:
    """The rows of the source known by `as_of`, typed and sorted, with what ``snapshot.json`` says of them.

    They are where `keep` puts them: in memory, unless it is `written`.
    """
    key = contract.surrogate_key
    if key in raw.column_names:
        raise InputError(
            f"{named(contract.source)} has a column `{key}` already: name another one in `surrogateKey`, or remove "
            f"`surrogateKey` and use that column as the key"
        )
    present = [name for name in contract.columns if name in raw.column_names]
    if not present:
        is_csv = contract.source.csv is not None
        told = unknown_header(raw.column_names, list(contract.columns)) if is_csv else having(raw.column_names)
        raise InputError(
            f"{named(contract.source)} has none of the contract's columns, such as "
            f"`{next(iter(contract.columns))}`: {told}"
        )
    # Of the source alone what the contract names: another column may have a name that SQL takes for the same, or a type
    # that it does not know.
    _refuse_alike(list(contract.columns), raw.column_names)
    connection = connect({"source": readable(raw.select(present))})
    kinds = {name: kind_of(raw.schema.field(name).type) for name in present}
    conversions = {name: conversion(identifier(name), kinds[name], contract.columns[name].type) for name in present}
    # For every column the values that do not convert.
    counts = [
        f"count(*) FILTER (WHERE {identifier(name)} IS NOT NULL AND NOT ({conversions[name].possible}))"
        for name in present
    ]
    unconverted: dict[str, int] = dict(zip(present, figures(connection, counts, "the source's columns"), strict=True))
    texts = [name for name in present if kinds[name] == "string" and contract.columns[name].type == "timestamp"]
    _warn_of_mixed_offsets(connection, texts)
    selected = ", ".join(
        f"{identifier(name) if unconverted[name] else conversions[name].value} AS {identifier(name)}"
        for name in present
    )
    order = ", ".join(f"{identifier(name)} NULLS FIRST" for name in _sort_columns(connection, contract, present))
    known = contract.known_at or contract.event_time
    visible = "TRUE"
    if known in present:
        # Row by row: that one of the times is none leaves the others what they are.
        at = conversions[known].value
        moment = literal(as_of.strftime("%Y-%m-%d %H:%M:%S.%f"))
        visible = f"({at} IS NULL OR CAST({at} AS TIMESTAMP) <= TIMESTAMP {moment})"
    table = keep(
        connection,
        f"WITH typed AS (SELECT {selected} FROM source WHERE {visible}) "
        f"SELECT *{'' if key is None else _key(key, present, order)} FROM typed ORDER BY {order}",
        "the source's rows",
    )
    if contract.event_time is not None:
        _refuse_beyond_calendar(table, contract.event_time)
    return table, {
        "fingerprint": fingerprint(table),
        "rows": table.num_rows,
        "source_rows": raw.num_rows,
        "later_rows": raw.num_rows - table.num_rows,
        "newest_event": _newest(table, contract.event_time),
        "source": describe(contract.source),
        "columns": {
            name: {
                # Arrow has several types of text, of which its writers speak and nobody else.
                "source_type": "text" if kinds[name] == "string" else str(raw.schema.field(name).type),
                "retyped": contract.source.csv is None and kinds[name] not in (contract.columns[name].type, "null"),
                "unconverted": unconverted[name],
            }
            for name in present
        },
        "added": [name for name in raw.column_names if name not in contract.columns],
        "removed": [name for name in contract.columns if name not in raw.column_names and name != key],
    }


def _key(name: str, columns: list[str], order: str) -> str:
    """SQL of the surrogate key, as a further column: the same for the same values, wherever the row stands.

    The columns count in the order of their names, so that a contract may list them in another one.
    """
    digest = f"left(md5(CAST(ROW({', '.join(map(identifier, sorted(columns)))}) AS VARCHAR)), {_KEY_LENGTH})"
    repeated = f"row_number() OVER (PARTITION BY {digest} ORDER BY {order})"
    return f", {digest} || CASE {repeated} WHEN 1 THEN '' ELSE '-' || {repeated} END AS {identifier(name)}"


def _warn_of_mixed_offsets(connection: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    """Tell of columns of text in which some times have an offset and others have none, which may be of another zone."""
    for name in texts:
        column = identifier(name)
        counted = f"count({column}), count(*) FILTER (WHERE regexp_matches({column}, {literal(_WITH_OFFSET)}))"
        found = query(connection, f"SELECT {counted} FROM source", f"`{name}`")
        times, zoned = (found.column(place)[0].as_py() for place in range(2))
        if 0 < zoned < times:
            have = "has" if zoned == 1 else "have"
            _log.warning(
                "warning: `%s`: %s of %s times %s an offset from UTC, and the others are taken for UTC: write all of "
                "them alike",
                name, f"{zoned:,}", f"{times:,}", have,
            )  # fmt: skip


def _sort_columns(connection: duckdb.DuckDBPyConnection, contract: DatasetSpec, present: list[str]) -> list[str]:
    """Columns that put the rows into one order: the primary key where it is one, else every column after it."""
    key = [name for name in contract.primary_key if name in present]
    if key and len(key) == len(contract.primary_key):
        values = identifier(key[0]) if len(key) == 1 else f"ROW({', '.join(map(identifier, key))})"
        counts = query(connection, f"SELECT count(*), count(DISTINCT {values}) FROM source", "the primary key")
        if counts.column(0)[0].as_py() == counts.column(1)[0].as_py():
            return key
    return list(dict.fromkeys([*key, *present]))


def _refuse_alike(names: list[str], having: list[str]) -> None:
    """An `InputError` for columns of the contract that SQL takes for one, or that the source has several times."""
    first: dict[bytes, str] = {}
    for name in names:
        # To the database, letters of ASCII alone have two cases.
        other = first.setdefault(name.encode().lower(), name)
        if other != name:
            raise InputError(
                f"the contract's columns `{other}` and `{name}` differ only in case, and SQL treats them as one: "
                f"rename one in the source"
            )
        if (count := having.count(name)) > 1:
            raise InputError(f"the source has {count} columns called `{name}`: keep one")


def readable(table: Table) -> Table:
    """The table in types that the database reads: timestamps in microseconds, parts of which are cut off.

    Raises:
        InputError: a column of a type that it does not read in any form.
    """
    import pyarrow as pa

    for field in table.schema:
        if pa.types.is_decimal256(field.type):
            raise InputError(
                f"the column `{field.name}` has the type {field.type}, which cannot be read: write it with at most "
                f"38 digits, or as text"
            )
        if pa.types.is_duration(field.type) or pa.types.is_interval(field.type):
            raise InputError(
                f"the column `{field.name}` has the type {field.type}, which cannot be read: make it a number, with "
                f"`.dt.total_seconds()` in pandas or `epoch(...)` in SQL"
            )
    fields = [field.with_type(_readable_type(field.type)) for field in table.schema]
    schema = pa.schema(fields)
    return table.cast(schema) if isinstance(table, StoredTable) else table.cast(schema, safe=False)


def _readable_type(type_: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_timestamp(type_):
        return pa.timestamp("us", type_.tz)
    return pa.float32() if pa.types.is_float16(type_) else type_


def _refuse_beyond_calendar(table: Table, name: str) -> None:
    """An `InputError` for times outside of the years 1 to 9999, which the database knows and Python does not."""
    import pyarrow.compute as pc
    import pyarrow.types as types

    if name not in table.column_names or not types.is_temporal(type_ := table.schema.field(name).type):
        return
    first, last = (date(1, 1, 1), date.max) if types.is_date(type_) else (datetime.min, datetime.max)
    times = table[name]
    beyond = pc.or_(pc.less(times, first), pc.greater(times, last))
    count = pc.sum(beyond).as_py() or 0
    if count:
        have = "row has" if count == 1 else "rows have"
        raise InputError(
            f"`{name}`: {count:,} {have} a time before the year 1 or after 9999: fix it in the source, or "
            f"declare the dataset with `sql` that leaves such rows out"
        )


def _newest(table: Table, event_time: str | None) -> str | None:
    import pyarrow.compute as pc

    if event_time is None or event_time not in table.column_names:
        return None
    if kind_of(table.schema.field(event_time).type) == "string":
        return None
    newest = pc.max(table[event_time]).as_py()
    return None if newest is None else newest.isoformat()

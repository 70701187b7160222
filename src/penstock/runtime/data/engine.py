"""DuckDB as the steps use it: over the tables it is given and nothing else, in UTC, alike on every run.

It takes half of the memory that the machine or the container has, since tables and results of Arrow lie beside it, and
writes to disk what does not fit: into the step's scratch directory, else where temporary files are.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import duckdb

from penstock.runtime.artifacts import SPILL
from penstock.runtime.data.stored import StoredTable, Table, rows_of_a_group, write_reader
from penstock.runtime.faults import InputError

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

_AT_ONCE = 100
"""Expressions of one query: the time in which the database plans a query grows with the square of their number."""
_SETTINGS = (
    # Of a container's limit where there is one. The default of 80 % leaves too little for what lies beside it.
    "SET memory_limit = '50%'",
    "SET TimeZone = 'UTC'",
    # SQL in a spec reads the tables that the spec names: no files, no addresses, no variables of this program.
    "SET enable_external_access = false",
    "SET python_enable_replacements = false",
    # Drawn into a log, a bar is a line that never ends.
    "SET enable_progress_bar = false",
    # A division by zero has no value.
    "SET ieee_floating_point_ops = false",
    "SET error_on_division_by_zero = false",
)


Keep: TypeAlias = "Callable[[duckdb.DuckDBPyConnection, str, str], Table]"
"""What runs a query and says where its rows are: `query`, or `written` with a path."""
_BATCH_ROWS = 100_000
_connections = itertools.count()


def connect(tables: Mapping[str, Table]) -> duckdb.DuckDBPyConnection:
    """A connection in which `tables` can be read by name. One thread: sums of floats come out alike on any machine."""
    connection = duckdb.connect(config={"threads": 1})
    # Its own default is a folder in the working directory, to which a container may not write.
    scratch = os.environ.get("PENSTOCK_WORK") or tempfile.gettempdir()
    spill = Path(scratch) / f"{SPILL}{os.getpid()}-{next(_connections)}"
    connection.execute(f"SET temp_directory = {literal(str(spill))}")
    for setting in _SETTINGS:
        # A setting that this version does not know is one that it does not need.
        with contextlib.suppress(duckdb.CatalogException):
            connection.execute(setting)
    for name, table in tables.items():
        connection.register(name, table)
    connection.execute("SET lock_configuration = true")
    return connection


def query(connection: duckdb.DuckDBPyConnection, sql: str, place: str, *, shows_values: bool = False) -> pa.Table:
    """The rows of a query; where the database refuses it, an `InputError` that starts with `place`.

    The error quotes values of the tables only with `shows_values`, for tables without sensitive columns.
    """
    with _faults(place, shows_values):
        return _relation(connection, sql, place).to_arrow_table()


def streamed(connection: duckdb.DuckDBPyConnection, sql: str, place: str) -> Iterator[pa.RecordBatch]:
    """The rows of a query a batch at a time."""
    with _faults(place, shows_values=False):
        yield from _relation(connection, sql, place).to_arrow_reader(_BATCH_ROWS)


def written(connection: duckdb.DuckDBPyConnection, sql: str, place: str, *, path: Path) -> StoredTable:
    """The rows of a query in a Parquet file, as they come: no more of them is in memory than a row group."""
    with _faults(place, shows_values=False):
        relation = _relation(connection, sql, place)
        schema = relation.limit(0).to_arrow_table().schema
        return write_reader(path, relation.to_arrow_reader(rows_of_a_group(schema)))


def _relation(connection: duckdb.DuckDBPyConnection, sql: str, place: str) -> duckdb.DuckDBPyRelation:
    relation = connection.sql(sql)
    if relation is None:
        raise InputError(f"{place}: the SQL returns no rows; expected one SELECT")
    return relation


@contextlib.contextmanager
def _faults(place: str, shows_values: bool) -> Iterator[None]:
    """What the database raises as what it is to the step."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise MemoryError(f"{place}: {_first_sentence(error)}") from None
    except duckdb.IOException as error:
        # It reads no file by itself: this is of what it writes to disk.
        raise OSError(errno.EIO, f"{place}: {_first_sentence(error)}") from None
    except duckdb.Error as error:
        told = _first_sentence(error) if shows_values or isinstance(error, _WITHOUT_VALUES) else _without_values(error)
        raise InputError(f"{place}: {told}") from None


def in_order(found: pa.Table, position: str) -> pa.Table:
    """The rows by a column with their positions, which a query without ORDER BY mostly leaves in order, and at once.

    Behind a join the database holds back batches of few rows and lets larger ones pass, and it makes one of
    ``x IN (1, 2, 3, 4, 5)``.
    """
    import numpy as np
    import pyarrow.compute as pc

    places = found[position].to_numpy()
    return found if bool(np.all(places[1:] > places[:-1])) else found.take(pc.sort_indices(found[position]))


def batches(expressions: Sequence[T], most: int = _AT_ONCE) -> Iterator[Sequence[T]]:
    """The expressions in their order, as many at a time as one query should have, or `most`, but one at least."""
    at_once = max(1, min(most, _AT_ONCE))
    for first in range(0, len(expressions), at_once):
        yield expressions[first : first + at_once]


def figures(connection: duckdb.DuckDBPyConnection, aggregates: Sequence[str], place: str) -> list[Any]:
    """The value of each aggregate over the table `source`; an `InputError` as of `query`."""
    return [
        column[0].as_py()
        for some in batches(aggregates)
        for column in query(connection, f"SELECT {', '.join(some)} FROM source", place).columns
    ]


_WITHOUT_VALUES = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.NotSupportedError,
    duckdb.OperationalError,
    duckdb.ParserException,
    duckdb.PermissionException,
    duckdb.SyntaxException,
)
"""What is raised before a row is read, or for want of memory or disk; any other error may quote a value of a row."""

_CONVERSION = re.compile(r".* to (\S+) when casting from source column (.+)", re.DOTALL)


def _first_sentence(error: duckdb.Error) -> str:
    # What follows the blank line draws the generated query, which the author of the spec has never seen.
    return " ".join(str(error).split("\n\n")[0].split("\nLINE ")[0].split())


def _without_values(error: duckdb.Error) -> str:
    """What is wrong, in words that hold nothing of the rows."""
    told = _first_sentence(error)
    what = "the SQL fails on a value"
    if isinstance(error, duckdb.ConversionException):
        found = _CONVERSION.fullmatch(told)
        what = f"a value of `{found[2]}` is no {found[1]}" if found else "a value cannot be converted"
        what += "; `try_cast` makes such values missing"
    return f"{what} (not shown, as the data may be sensitive)"


def identifier(name: str) -> str:
    """A name as SQL writes it, whatever characters it holds."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def literal(value: str | float | bool) -> str:
    """A value as SQL writes it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    escaped = value.replace("'", "''")
    return f"'{escaped}'"

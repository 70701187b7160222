"""The fingerprint of a table's content: of its values alone, whatever wrote them and however they were laid out.

SHA-256 over, for each column in order: its name, its type, the number of rows, which values are present (a byte each,
where any is missing), and the values. Numbers are little-endian in 64 bits (-0.0 as 0.0), timestamps microseconds since
1970 in UTC, dates days since 1970 in 32 bits, booleans bytes, texts their lengths in bytes (32 bits) and then their
UTF-8; a missing value is zero or empty. Whole numbers of a type with room for more than 64 bits and a sign are texts.
Rows count in the order in which they stand: a snapshot has sorted them before.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Protocol

from penstock.runtime.data.conversion import kind_of
from penstock.runtime.data.engine import connect, identifier, query, streamed
from penstock.runtime.data.stored import held_or_streamed

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from penstock.runtime.data.stored import Table

_FORMS: dict[str, tuple[str, ...]] = {
    "int": ("coalesce(CAST({x} AS BIGINT), 0)",),
    "float": ("coalesce(CAST({x} AS DOUBLE), 0) + 0",),
    "bool": ("coalesce(CAST({x} AS UTINYINT), 0)",),
    "timestamp": ("coalesce(epoch_us(CAST({x} AS TIMESTAMP)), 0)",),
    "date": ("CAST(coalesce({x} - DATE '1970-01-01', 0) AS INTEGER)",),
}
_TEXT = ("CAST(coalesce(strlen(CAST({x} AS VARCHAR)), 0) AS INTEGER)", "coalesce(CAST({x} AS VARCHAR), '')")
"""What counts of a value, by its kind, as SQL; everything else counts as text."""


class Digest(Protocol):
    """What takes bytes one after the other."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Add bytes."""


def fingerprint(table: Table) -> str:
    """``sha256:`` and the hexadecimal fingerprint of a table."""
    digest = hashlib.sha256(b"penstock table 1\0")
    connection = connect({})
    for some in held_or_streamed(table):
        for name, type_ in zip(some.column_names, some.schema.types, strict=True):
            # Alone: the database looks at all columns of a table for each query, which takes long if it has thousands.
            connection.register("source", some.select([name]))
            _add(digest, connection, name, type_, table.num_rows)
    return f"sha256:{digest.hexdigest()}"


def _add(digest: Digest, connection: duckdb.DuckDBPyConnection, name: str, type_: pa.DataType, rows: int) -> None:
    """Add the column `name` of the table `source`."""
    x, kind, place = identifier(name), kind_of(type_), f"the fingerprint of `{name}`"
    missing = query(connection, f"SELECT count(*) - count({x}) FROM source", place).column(0)[0].as_py()
    digest.update(f"{name}\0{kind}\0".encode() + struct.pack("<q", rows))
    digest.update(b"some" if missing else b"all")
    forms = _TEXT if _is_wide(type_) else _FORMS.get(kind, _TEXT)
    if missing:
        forms = ("CAST({x} IS NOT NULL AS UTINYINT)", *forms)
    # In SQL, since most of Arrow's own functions on single values import pandas, which takes longer than this.
    for form in forms:
        for batch in streamed(connection, f"SELECT {form.format(x=x)} AS c FROM source", place):
            _update(digest, batch.column(0))


def _is_wide(type_: pa.DataType) -> bool:
    import pyarrow.types as types

    return bool(types.is_uint64(type_) or (types.is_decimal(type_) and type_.scale == 0))


def _update(digest: Digest, values: pa.Array) -> None:
    """Add values without missing ones, straight from their buffers."""
    import pyarrow.types as types

    first, last = values.offset, values.offset + len(values)
    buffers = values.buffers()
    data = buffers[-1]
    if data is None or first == last:
        return
    if types.is_string(values.type):
        first, last = (struct.unpack_from("<i", buffers[1], 4 * place)[0] for place in (first, last))
    else:
        width = values.type.bit_width // 8
        first, last = first * width, last * width
    digest.update(memoryview(data)[first:last])

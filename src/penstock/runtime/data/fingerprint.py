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
from penstock.runtime.data.engine import connect, identifier, query

if TYPE_CHECKING:
    import pyarrow as pa

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


def fingerprint(table: pa.Table) -> str:
    """``sha256:`` and the hexadecimal fingerprint of a table."""
    digest = hashlib.sha256(b"penstock table 1\0")
    connection = connect({})
    for name in table.column_names:
        column = table[name]
        # Alone: for each query the database looks at all columns of a table, which takes long where it has thousands.
        connection.register("source", table.select([name]))
        kind = kind_of(column.type)
        digest.update(f"{name}\0{kind}\0".encode() + struct.pack("<q", len(column)))
        digest.update(b"some" if column.null_count else b"all")
        forms = _TEXT if _is_wide(column.type) else _FORMS.get(kind, _TEXT)
        if column.null_count:
            forms = ("CAST({x} IS NOT NULL AS UTINYINT)", *forms)
        # In SQL, since most of Arrow's own functions on single values import pandas, which takes longer than this.
        selected = ", ".join(f"{form.format(x=identifier(name))} AS c{place}" for place, form in enumerate(forms))
        for values in query(connection, f"SELECT {selected} FROM source", f"the fingerprint of `{name}`").columns:
            _update(digest, values)
    return f"sha256:{digest.hexdigest()}"


def _is_wide(type_: pa.DataType) -> bool:
    import pyarrow.types as types

    return bool(types.is_uint64(type_) or (types.is_decimal(type_) and type_.scale == 0))


def _update(digest: Digest, values: pa.ChunkedArray) -> None:
    """Add the values of a column without missing ones, straight from its buffers."""
    import pyarrow.types as types

    for chunk in values.chunks:
        first, last = chunk.offset, chunk.offset + len(chunk)
        buffers = chunk.buffers()
        data = buffers[-1]
        if data is None or first == last:
            continue
        if types.is_string(chunk.type):
            first, last = (struct.unpack_from("<i", buffers[1], 4 * place)[0] for place in (first, last))
        else:
            width = chunk.type.bit_width // 8
            first, last = first * width, last * width
        digest.update(memoryview(data)[first:last])

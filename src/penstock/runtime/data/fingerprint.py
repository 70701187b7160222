"""The fingerprint of a table's content: of its values alone, whatever wrote them and however they were laid out.

SHA-256 over, for each column in order: its name, its type, the number of rows, which values are present, and the
values. Numbers are little-endian in 64 bits (-0.0 as 0.0), timestamps microseconds since 1970 in UTC, dates days since
1970 in 32 bits, booleans bytes, texts their lengths in bytes (32 bits) and then their UTF-8; a missing value is zero or
empty. Rows count in the order in which they stand: a snapshot has sorted them before.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Any

from penstock.runtime.data.conversion import kind_of

if TYPE_CHECKING:
    import pyarrow as pa


def fingerprint(table: pa.Table) -> str:
    """``sha256:`` and the hexadecimal fingerprint of a table."""
    import numpy as np
    import pyarrow.compute as pc

    digest = hashlib.sha256(b"penstock table 1\0")
    for name in table.column_names:
        column = table[name]
        kind = kind_of(column.type)
        digest.update(f"{name}\0{kind}\0".encode() + struct.pack("<q", len(column)))
        if column.null_count:
            digest.update(b"some" + np.packbits(column.is_valid().to_numpy()).tobytes())
        else:
            digest.update(b"all")
        if kind in ("int", "float", "bool", "timestamp", "date"):
            digest.update(_numbers(column, kind))
        else:
            texts = pc.fill_null(pc.cast(column, "string"), "")
            digest.update(pc.binary_length(texts).to_numpy().astype("<i4").tobytes())
            for chunk in texts.chunks:
                digest.update(_text_bytes(chunk))
    return f"sha256:{digest.hexdigest()}"


def _numbers(column: pa.ChunkedArray, kind: str) -> bytes:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind == "timestamp":
        column = pc.cast(pc.cast(column, pa.timestamp("us")), pa.int64())
    elif kind == "date":
        column = pc.cast(pc.cast(column, pa.date32()), pa.int32())
    values: Any = pc.fill_null(column, False if kind == "bool" else 0).to_numpy()
    if kind == "float":
        return bytes((values.astype(np.float64) + 0.0).astype("<f8").tobytes())
    form = {"int": "<i8", "timestamp": "<i8", "date": "<i4", "bool": "u1"}[kind]
    return bytes(values.astype(form).tobytes())


def _text_bytes(chunk: pa.Array) -> bytes:
    import numpy as np

    if not len(chunk):
        return b""
    _, offsets, data = chunk.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    return b"" if data is None else bytes(memoryview(data)[int(ends[0]) : int(ends[-1])])

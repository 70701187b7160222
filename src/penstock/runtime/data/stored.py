"""Tables that stay in their Parquet files and are read a part at a time, as often as somebody asks: they may be larger
than memory. The database reads them by Arrow's stream interface, like any other table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from penstock.runtime.artifacts import open_table
from penstock.runtime.faults import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_BATCH_ROWS = 65_536
_GROUP_ROWS = 1 << 20
_GROUP_BYTES = 128 << 20
"""Rows and, about, bytes of a row group at most: what a writer holds of a table."""
_WIDTH_OF_OTHERS = 24
"""Bytes that a text is taken to have, and any other value whose type does not say how many."""

Parts: TypeAlias = "Callable[[Sequence[str]], Iterator[pa.RecordBatch]]"
"""From names of columns to the batches that hold them, in the order of the rows."""
Table: TypeAlias = "pa.Table | StoredTable"
"""What SQL reads by a name."""


@dataclass(frozen=True)
class StoredTable:
    """Rows that are read anew whenever somebody asks for them."""

    schema: pa.Schema
    num_rows: int
    parts: Parts
    faults: list[InputError] = field(default_factory=list)
    """What was wrong with a file that could not be read to its end, in words for its owner."""

    @property
    def column_names(self) -> list[str]:
        """The columns in their order."""
        return list(self.schema.names)

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        return self.select([name]).read().column(0)

    def read(self) -> pa.Table:
        """All rows in memory."""
        import pyarrow as pa

        return pa.Table.from_batches(self.parts(self.column_names), self.schema)

    def select(self, names: Sequence[str]) -> StoredTable:
        """Some of the columns; of the others nothing is read."""
        return replace(self, schema=_some(self.schema, names))

    def cast(self, schema: pa.Schema) -> StoredTable:
        """The same columns in other types, of which parts may be cut off."""

        def parts(names: Sequence[str]) -> Iterator[pa.RecordBatch]:
            for batch in self.parts(names):
                yield batch.cast(_some(schema, names), safe=False)

        return replace(self, schema=schema, parts=parts)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows as Arrow's C interface has them."""
        import pyarrow as pa

        reader = pa.RecordBatchReader.from_batches(self.schema, self.parts(self.column_names))
        return reader.__arrow_c_stream__(requested_schema)


def _some(schema: pa.Schema, names: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([schema.field(name) for name in names])


def stored(path: Path) -> StoredTable:
    """The table in a Parquet file; an `InputError` that names the file where there is none."""
    with open_table(path) as file:
        schema, rows = file.schema_arrow.remove_metadata(), file.metadata.num_rows
    return StoredTable(schema, rows, partial(_batches_of_path, path))


def _batches_of_path(path: Path, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    with open_table(path) as file:
        yield from batches_of(file, names)


def batches_of(file: pq.ParquetFile, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Some columns of a file, a batch at a time."""
    for batch in file.iter_batches(_BATCH_ROWS, columns=list(names), use_threads=False):
        # A name with a dot in it stands for the columns that begin so, too.
        yield batch.select(list(names)).replace_schema_metadata(None)


def write_reader(path: Path, reader: pa.RecordBatchReader) -> StoredTable:
    """Write what a query finds as `write_table` would, while it is found; each batch becomes a row group."""
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, reader.schema, compression="zstd", compression_level=3) as writer:
        for batch in reader:
            writer.write_batch(batch, row_group_size=max(1, batch.num_rows))
    return stored(path)


def held(table: Table) -> pa.Table:
    """The table in memory."""
    return table.read() if isinstance(table, StoredTable) else table


def held_or_streamed(table: Table) -> Iterator[Table]:
    """The table in parts of some columns, which are in memory if they are small: a file is long to open for each."""
    if not isinstance(table, StoredTable):
        yield table
        return
    names, at_once = table.column_names, _GROUP_BYTES // max(1, table.num_rows * _WIDTH_OF_OTHERS)
    for first in range(0, len(names), max(1, at_once)):
        some = table.select(names[first : first + max(1, at_once)])
        yield some.read() if at_once else some


def rows_of_a_group(schema: pa.Schema) -> int:
    """How many rows of some columns a row group has."""
    import pyarrow.types as types

    width = sum(each.type.bit_width / 8 if types.is_primitive(each.type) else _WIDTH_OF_OTHERS for each in schema)
    return max(1_024, min(_GROUP_ROWS, int(_GROUP_BYTES // max(1, width))))

"""Which rows lack a value that must be there: by file and line where the source is files here, else by their key.

A snapshot holds the rows in an order of its own, so the files are read again; nothing is read before a contract has
stopped the step. Where they no longer say what the snapshot says, they are not spoken of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from penstock.diagnostics.grammar import joined
from penstock.runtime.data.contract import WITHHELD
from penstock.runtime.data.file_faults import lines_of_rows
from penstock.runtime.data.findings import Finding
from penstock.runtime.data.sources import tables_here
from penstock.runtime.faults import InputError
from penstock.specs.dataset import DatasetSpec, Dialect

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_NAMED = 3
_RULES = ("nullable", "primaryKey")


def missing_rows(dataset: str, contract: DatasetSpec, findings: Sequence[Finding], table: pa.Table) -> Iterator[str]:
    """A line for each finding that stops the step since values are missing; `table` is the snapshot."""
    stopping = [each for each in findings if each.result == "fail" and each.rule in _RULES and each.column]
    lacking = {str(each.column): each.rows for each in stopping if each.column in table.column_names}
    # A key that repeats is a finding on keys, too.
    lacking = {column: rows for column, rows in lacking.items() if table[column].null_count}
    if not lacking:
        return
    try:
        files = list(tables_here(contract.source, list(contract.columns)))
    except InputError:
        files = []
    for column, rows in lacking.items():
        places = _by_file(contract, files, column, rows) or _by_key(contract, table, column)
        if places:
            yield f"{dataset}.{column}: missing in {places}"


def _by_file(contract: DatasetSpec, files: Sequence[tuple[str, pa.Table]], column: str, rows: int) -> str:
    """The first rows of the first files that lack a value; nothing where the files lack other values."""
    found = [(path, _positions(table[column])) for path, table in files if column in table.column_names]
    without = sum(len(table) for _, table in files if column not in table.column_names)
    if without or sum(len(positions) for _, positions in found) != rows:
        return ""
    named, left = [], _MOST_NAMED
    for path, positions in found:
        shown = positions[:left]
        left -= len(shown)
        if not shown:
            continue
        if contract.source.csv is not None:
            numbers, what = lines_of_rows(path, shown, contract.source.dialect or Dialect()), "line"
        else:
            numbers, what = [position + 1 for position in shown], "row"
        if not numbers:
            return ""
        named.append(f"{what}{'s' * (len(numbers) > 1)} {joined(map(str, numbers))} of `{path}`")
    return f"{joined(named)}{_and_more(rows)}"


def _by_key(contract: DatasetSpec, table: pa.Table, column: str) -> str:
    """The keys of the first rows, where they may be shown and are all there."""
    key = contract.primary_key
    if not key or column in key or any(contract.columns[name].sensitivity in WITHHELD for name in key):
        return ""
    positions = _positions(table[column])
    first = [table.slice(position, 1) for position in positions[:_MOST_NAMED]]
    rows = [", ".join(f"{name} {row[name][0].as_py()}" for name in key) for row in first]
    return f"the row{'s' * (len(rows) > 1)} of {'; '.join(rows)}{_and_more(len(positions))}"


def _positions(values: pa.ChunkedArray) -> list[int]:
    import pyarrow.compute as pc

    return [int(position) for position in pc.indices_nonzero(pc.is_null(values)).to_pylist()]


def _and_more(rows: int) -> str:
    return f", and {rows - _MOST_NAMED:,} more" if rows > _MOST_NAMED else ""

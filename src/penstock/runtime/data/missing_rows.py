"""Which rows lack a value that must be there: by file and line where the source is files here, else by their key.

A snapshot holds the rows in an order of its own, so the files are read again; nothing is read before a contract has
stopped the step. Where they no longer say what the snapshot says, they are not spoken of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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

    from penstock.runtime.data.stored import Table

_MOST_NAMED = 3
_RULES = ("nullable", "primaryKey")


def missing_rows(dataset: str, contract: DatasetSpec, findings: Sequence[Finding], table: Table) -> Iterator[str]:
    """A line for each finding that stops the step since values are missing; `table` is the snapshot."""
    stopping = [each for each in findings if each.result == "fail" and each.rule in _RULES and each.column]
    lacking = {str(each.column): each.rows for each in stopping if each.column in table.column_names}
    # A key that repeats is a finding on keys, too.
    lacking = {column: rows for column, rows in lacking.items() if table[column].null_count}
    if not lacking:
        return
    try:
        here = tables_here(contract.source, list(contract.columns))
        files = [(path, _lacks(held, list(lacking))) for path, held in here]
    except InputError:
        files = []
    for column, rows in lacking.items():
        places = _by_file(contract, files, column, rows) or _by_key(contract, table, column)
        if places:
            yield f"{dataset}.{column}: missing in {places}"


@dataclass(frozen=True, slots=True)
class _Lack:
    """The rows of a table that lack a value."""

    count: int
    first: list[int]
    """The positions of the first of them."""


def _lacks(table: Table, columns: Sequence[str]) -> dict[str, _Lack]:
    """What rows lack of each of some columns; nothing of a column that is not there."""
    return {name: _lack(table[name]) for name in columns if name in table.column_names}


def _lack(values: pa.ChunkedArray) -> _Lack:
    import pyarrow.compute as pc

    first = pc.indices_nonzero(pc.is_null(values))[:_MOST_NAMED].to_pylist() if values.null_count else []
    return _Lack(values.null_count, first)


def _by_file(contract: DatasetSpec, files: Sequence[tuple[str, Mapping[str, _Lack]]], column: str, rows: int) -> str:
    """The first rows of the first files that lack a value; nothing where the files lack other values."""
    if any(column not in lacks for _, lacks in files) or sum(lacks[column].count for _, lacks in files) != rows:
        return ""
    named, left = [], _MOST_NAMED
    for path, lacks in files:
        shown = lacks[column].first[:left]
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


def _by_key(contract: DatasetSpec, table: Table, column: str) -> str:
    """The keys of the first rows, where they may be shown and are all there."""
    key = contract.primary_key
    if not key or column in key or any(contract.columns[name].sensitivity in WITHHELD for name in key):
        return ""
    lack, keys = _lack(table[column]), {name: table[name] for name in key}
    rows = [", ".join(f"{name} {values[position].as_py()}" for name, values in keys.items()) for position in lack.first]
    return f"the row{'s' * (len(rows) > 1)} of {'; '.join(rows)}{_and_more(lack.count)}"


def _and_more(rows: int) -> str:
    return f", and {rows - _MOST_NAMED:,} more" if rows > _MOST_NAMED else ""

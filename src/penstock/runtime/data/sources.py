"""Reading the rows of a dataset from where its spec says they are, as one Arrow table with the source's own types."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from penstock.diagnostics.suggest import did_you_mean
from penstock.runtime.data.engine import connect, query
from penstock.runtime.data.file_faults import (
    csv_fault,
    disagreement,
    having,
    parquet_fault,
    unclosed_quote,
    unknown_header,
    unmatched,
)
from penstock.runtime.data.functions import as_table, call
from penstock.runtime.data.stored import StoredTable, batches_of
from penstock.runtime.faults import InputError
from penstock.specs.dataset import Dialect, Source

if TYPE_CHECKING:
    import pyarrow as pa

    from penstock.runtime.data.stored import Table

_WILD = "*?["
Fit: TypeAlias = "Callable[[pa.Table], pa.Table]"
_NUMBER_WITH_POINT = r"^\s*[+-]?[0-9,]*\.[0-9.,]*([eE][+-]?[0-9]+)?\s*$"

_log = logging.getLogger(__name__)


def read_source(
    source: Source, columns: Sequence[str], tables: Mapping[str, Table], numbers: Sequence[str] = ()
) -> Table:
    """All rows of `source`, those of Parquet as they are asked for; `columns` are those of the contract, `tables` those
    that SQL may name.

    `numbers` are the columns that the contract declares as such, for a dialect in which they have a decimal comma.

    CSV carries no types, so its contract columns are read as text and an empty field is a missing value; so is a blank
    line of a file with one column. Where some of several files lack a column of the contract, their rows have no value
    there, and the log tells how many. A file that has rows and none of the contract's columns is refused.
    """
    if source.python is not None:
        return as_table(call(source.python), source.python)
    if source.sql is not None:
        return query(connect(tables), source.sql, "`sql`")
    if source.parquet is not None:
        reading = partial(_parquet, faults=[])
        return _read_files(source.parquet, reading, parquet_fault, columns, lambda names, _: having(names))
    dialect = source.dialect or Dialect()

    def read(filesystem: Any, path: str) -> pa.Table:
        table = _csv(filesystem, path, columns, dialect)
        return table if dialect.decimal == "." else _with_points(table, numbers, path)

    return _read_files(source.csv or [], read, partial(csv_fault, dialect=dialect), columns, unknown_header)


def named(source: Source) -> str:
    """The source in the words of a sentence: its files, its function or its SQL."""
    if source.sql is not None:
        return "the SELECT"
    if source.python is not None:
        return f"`{source.python}`"
    patterns = source.parquet or source.csv or []
    return ", ".join(f"`{each}`" for each in ([patterns] if isinstance(patterns, str) else patterns))


def describe(source: Source) -> dict[str, Any]:
    """The source as the snapshot records it."""
    return source.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def tables_here(source: Source, columns: Sequence[str]) -> Iterator[tuple[str, Table]]:
    """Each file of a source on this machine, with its rows; none where the rows are elsewhere, or are made.

    Raises:
        InputError: a file cannot be read any more.
    """
    patterns = source.parquet or source.csv or []
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        if "://" in pattern:
            continue
        filesystem, paths = _files(pattern)
        for path in paths:
            try:
                if source.csv is not None:
                    yield path, _csv(filesystem, path, columns, source.dialect or Dialect())
                else:
                    yield path, _parquet(filesystem, path, [])
            except (OSError, ValueError) as error:
                raise InputError(f"`{path}` cannot be read: {error}") from None


def _read_files(
    patterns: str | Sequence[str],
    read: Any,
    fault: Any,
    columns: Sequence[str],
    others: Callable[[Sequence[str], Sequence[str]], str],
) -> Table:
    """The rows of all files; `others` says what the columns of a file are that are none of the contract."""
    import pyarrow as pa

    found: list[tuple[str, Any]] = []
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        filesystem, paths = _files(pattern)
        if not paths:
            instead = "" if "://" in pattern else f"; {unmatched(pattern)}"
            raise InputError(f"`{pattern}` matches no file in `{Path.cwd()}`{instead}")
        for path in paths:
            try:
                found.append((path, read(filesystem, path)))
            except (UnicodeDecodeError, pa.ArrowInvalid) as error:
                raise InputError(f"`{path}`: {fault(filesystem, path, error)}") from None
            except (OSError, pa.ArrowException) as error:
                raise InputError(f"`{path}` cannot be read: {error}") from None
    if len(found) > 1:
        _refuse_strange(found, columns, others)
    tables = [table for _, table in found]
    _warn_of_lacking(patterns, found, columns)
    _warn_of_partitions(patterns, [path for path, _ in found], [n for n in columns if n not in tables[0].column_names])
    if len(tables) == 1:
        return tables[0]
    fit = _fitting([table.schema for table in tables], columns)
    empty = [fit(table.schema.empty_table()) for table in tables]
    try:
        schema = pa.concat_tables(empty, promote_options="permissive").schema
        if all(isinstance(table, StoredTable) for table in tables):
            return _one_after_the_other(tables, schema, fit)
        return pa.concat_tables(list(map(fit, tables)), promote_options="permissive")
    except pa.ArrowException as error:
        differing = disagreement([(path, table) for (path, _), table in zip(found, empty, strict=True)])
        raise InputError(f"the files of `{patterns}` disagree: {differing or error}") from None


def _one_after_the_other(tables: Sequence[StoredTable], schema: pa.Schema, fit: Fit) -> StoredTable:
    """The rows of several tables as those of one."""
    import pyarrow as pa

    def parts(names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        wanted = pa.schema([schema.field(name) for name in names])
        for table in tables:
            for batch in table.parts([name for name in names if name in table.column_names]):
                fitting = [wanted.empty_table(), fit(pa.Table.from_batches([batch]))]
                yield from pa.concat_tables(fitting, promote_options="permissive").to_batches()

    faults = tables[0].faults
    return StoredTable(schema, sum(table.num_rows for table in tables), parts, faults)


def _fitting(schemas: Sequence[pa.Schema], columns: Sequence[str]) -> Fit:
    """What takes from a table of these schemas the values of columns that the contract does not name, in which files
    may differ as they like.

    Where files hold a column in several types, values that are numbered become plain, and times with a zone UTC: pandas
    may write a month's texts as categories, and numbers the categories of each file for itself.
    """
    import pyarrow as pa

    types: dict[str, set[pa.DataType]] = {}
    for schema in schemas:
        for field in schema:
            types.setdefault(field.name, set()).add(field.type)
    wanted = set(columns)

    def fitting(field: pa.Field, column: pa.ChunkedArray) -> pa.ChunkedArray:
        if field.name not in wanted:
            return pa.chunked_array([pa.nulls(len(column))])
        return column if len(types[field.name]) == 1 else column.cast(_plain(field.type))

    def fit(table: pa.Table) -> pa.Table:
        return pa.Table.from_arrays(list(map(fitting, table.schema, table.columns)), names=table.column_names)

    return fit


def _plain(type_: pa.DataType) -> pa.DataType:
    """The type of the values, where they are numbered; one zone for all zones."""
    import pyarrow as pa

    if pa.types.is_dictionary(type_):
        return _plain(type_.value_type)
    return pa.timestamp(type_.unit, "UTC") if pa.types.is_timestamp(type_) and type_.tz is not None else type_


def _refuse_strange(
    found: Sequence[tuple[str, Table]],
    columns: Sequence[str],
    others: Callable[[Sequence[str], Sequence[str]], str],
) -> None:
    """An `InputError` for a file with rows of which none can have a value: it is of another form than the rest."""
    for path, table in found:
        if table.num_rows and not set(columns) & set(table.column_names):
            raise InputError(
                f"`{path}` has none of the contract's columns, such as `{columns[0]}`: "
                f"{others(table.column_names, columns)}"
            )


def _warn_of_lacking(patterns: str | Sequence[str], found: Sequence[tuple[str, Table]], columns: Sequence[str]) -> None:
    """Tell of columns of the contract that some of the files lack, and what the first of these has instead."""
    names = [set(table.column_names) for _, table in found]
    for name in columns:
        lacking = [each for each, has in zip(found, names, strict=True) if name not in has]
        if not 0 < len(lacking) < len(found):
            continue
        path, table = lacking[0]
        guess = did_you_mean(name, set(table.column_names) - set(columns), most=1)
        instead = f", which has `{guess[0]}`" if guess else ""
        _log.warning(
            "warning: `%s`: no `%s` in %d of %d files (%s`%s`%s), so no value in %s of their %s rows",
            patterns, name, len(lacking), len(found), "such as " if len(lacking) > 1 else "", path, instead,
            f"{sum(table.num_rows for _, table in lacking):,}", f"{sum(table.num_rows for _, table in found):,}",
        )  # fmt: skip


def _warn_of_partitions(patterns: str | Sequence[str], paths: Sequence[str], lacking: Sequence[str]) -> None:
    """Tell of columns that are named by the folders of the files, as other tools write and read them."""
    for name in lacking:
        part = next((part for path in paths for part in Path(path).parts[:-1] if part.startswith(f"{name}=")), None)
        if part is not None:
            _log.warning(
                "warning: `%s`: `%s` is no column of the files, only a part of their paths (`%s`), which is not read: "
                "read them with a function (`python` instead of `parquet`)",
                patterns, name, part,
            )  # fmt: skip


def _parquet(filesystem: Any, path: str, faults: list[InputError]) -> StoredTable:
    """The rows of a file, which are read later; what is wrong with them then is put among the `faults`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with filesystem.open_input_file(path) as file:
        opened = pq.ParquetFile(file)
        schema, rows = opened.schema_arrow.remove_metadata(), opened.metadata.num_rows

    def parts(names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        try:
            with filesystem.open_input_file(path) as file:
                yield from batches_of(pq.ParquetFile(file), names)
        except (OSError, pa.ArrowException) as error:
            faults.append(InputError(f"`{path}`: {parquet_fault(filesystem, path, error)}"))
            raise

    return StoredTable(schema, rows, parts, faults)


def _csv(filesystem: Any, path: str, columns: Sequence[str], dialect: Dialect) -> pa.Table:
    """The rows of a file, which may be compressed, as its ending says."""
    import pyarrow as pa
    from pyarrow import csv

    convert = csv.ConvertOptions(
        column_types={name: pa.string() for name in columns},
        null_values=["", *dialect.missing],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )

    reading = csv.ReadOptions(encoding=dialect.encoding)

    def rows(*, without_blank: bool, across_lines: bool = False) -> pa.Table:
        parse = csv.ParseOptions(
            delimiter=dialect.delimiter, ignore_empty_lines=without_blank, newlines_in_values=across_lines
        )
        with filesystem.open_input_stream(path) as file:
            return csv.read_csv(file, read_options=reading, parse_options=parse, convert_options=convert)

    try:
        table = rows(without_blank=True)
    except pa.ArrowInvalid:
        # A quoted value may go over several lines; to allow for it makes the reading of all files slower.
        table = rows(without_blank=True, across_lines=True)
    # The reader takes the rest of a file for the value whose quote is never closed.
    last = [str(column[-1]) for column in table.columns] if table.num_rows else []
    if any("\n" in value for value in last) and (fault := unclosed_quote(filesystem, path, dialect)) is not None:
        raise InputError(f"`{path}`: {fault}")
    # Where there is one column, a blank line is a row whose value is missing. Names that are no UTF-8 are told here.
    return table if len(table.column_names) != 1 else rows(without_blank=False)


def _with_points(table: pa.Table, numbers: Sequence[str], path: str) -> pa.Table:
    """The table with decimal points in its numbers, which are text so far and have decimal commas.

    Raises:
        InputError: a number has a point: it would be read as another one.
    """
    import pyarrow.compute as pc

    for name in numbers:
        if name not in table.column_names:
            continue
        column = table[name]
        strange = pc.index(pc.match_substring_regex(column, _NUMBER_WITH_POINT), True).as_py()
        if strange >= 0:
            raise InputError(
                f"`{path}`: `{name}` of row {strange + 1:,} contains a point, but `dialect` says that decimals come "
                f"after a comma: write numbers without thousands separators, or leave `decimal` out"
            )
        place = table.column_names.index(name)
        table = table.set_column(place, name, pc.replace_substring(column, ",", "."))
    return table


def _files(pattern: str) -> tuple[Any, list[str]]:
    """The file system and the sorted paths of a path, a glob (``**`` for any depth) or an object store's address."""
    from pyarrow import fs

    if "://" not in pattern:
        anchor = Path(pattern).anchor
        paths = Path(anchor).glob(pattern.removeprefix(anchor)) if _is_wild(pattern) else [Path(pattern)]
        return fs.LocalFileSystem(), sorted(str(path) for path in paths if path.is_file())
    try:
        filesystem, path = fs.FileSystem.from_uri(pattern if not _is_wild(pattern) else _fixed_prefix(pattern))
    except (OSError, ValueError) as error:
        raise InputError(f"`{pattern}` is not a file system address: {error}") from None
    if not _is_wild(pattern):
        return filesystem, [path]
    found = filesystem.get_file_info(fs.FileSelector(path, recursive=True, allow_not_found=True))
    rest = pattern[len(_fixed_prefix(pattern)) :].lstrip("/")
    names = [info.path for info in found if info.type == fs.FileType.File]
    return filesystem, sorted(name for name in names if _matches(name[len(path) :].lstrip("/"), rest))


def _is_wild(pattern: str) -> bool:
    return any(sign in pattern for sign in _WILD)


def _fixed_prefix(pattern: str) -> str:
    """The folder above the first part of an address that holds a wildcard."""
    parts = pattern.split("/")
    first = next(position for position, part in enumerate(parts) if _is_wild(part))
    return "/".join(parts[:first])


def _matches(path: str, pattern: str) -> bool:
    """Whether a path matches a glob part by part, where ``**`` stands for any number of folders."""
    head, *rest = pattern.split("/")
    name, *below = path.split("/")
    if head == "**":
        tail = "/".join(rest)
        return _matches(path, tail) or (bool(below) and _matches("/".join(below), pattern))
    if not fnmatchcase(name, head) or bool(rest) != bool(below):
        return False
    return not rest or _matches("/".join(below), "/".join(rest))

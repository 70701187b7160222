"""A local CSV or Parquet file as one table, read as the steps will read it: the dialect of CSV is found out first."""

from __future__ import annotations

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from penstock.runtime.data.advice import MISSING_SIGNS
from penstock.runtime.data.conversion import conversion
from penstock.runtime.data.engine import connect, figures, identifier, literal, query
from penstock.runtime.data.sources import read_source
from penstock.runtime.faults import InputError
from penstock.specs.dataset import Dialect, Source

if TYPE_CHECKING:
    import pyarrow as pa

_DELIMITERS: tuple[Literal[",", ";", "\t", "|"], ...] = (",", ";", "\t", "|")
_NUMBER = re.compile(r"\s*[+-]?[0-9.]+([eE][+-]?[0-9]+)?\s*")
_IS_SIGN = f"lower(trim({{x}})) IN ({', '.join(map(literal, MISSING_SIGNS))})"
_START = 1 << 20
"""Bytes in which the header of a file is looked for."""


def form_of(path: str) -> Literal["csv", "parquet"]:
    """The format of a file, by its name.

    Raises:
        InputError: another one.
    """
    ending = "".join(Path(path).suffixes[-2:]).lower()
    if ending.endswith((".parquet", ".pq")):
        return "parquet"
    if re.search(r"\.(csv|tsv|txt)(\.(gz|bz2|zst|lz4))?$", ending):
        return "csv"
    raise InputError(f"`{path}` is neither CSV (`.csv`, `.tsv`, `.csv.gz`) nor Parquet (`.parquet`), by its name")


def read(path: str) -> tuple[pa.Table, Dialect]:
    """All rows of a file, and the dialect by which it was read; of CSV, every column is text.

    Columns without a name are not read: SQL cannot name them.

    Raises:
        InputError: it cannot be read, has no rows, or its columns have no names that tell them apart.
    """
    if form_of(path) == "parquet":
        table, dialect = _named(read_source(Source(parquet=path), [], {})), Dialect()
        _refuse_names(path, table.column_names)
    else:
        dialect = _dialect(path)
        names = _header(path, dialect)
        table = _csv(path, dialect, names)
        commas = [name for name in table.column_names if dialect.delimiter != "," and _has_fractions(table, name, ",")]
        # Where numbers are written in both ways, those with commas stay texts.
        if commas and not any(_has_fractions(table, name, ".") for name in table.column_names):
            dialect = dialect.model_copy(update={"decimal": ","})
            table = _csv(path, dialect, names, commas)
        if signs := _missing_signs(table):
            dialect = dialect.model_copy(update={"missing": signs})
            table = _csv(path, dialect, names, commas)
    if not table.num_rows:
        raise InputError(f"`{path}` has columns, but no rows")
    return table, dialect


def column_names(path: str) -> list[str]:
    """The names of a file's columns, without reading its rows.

    Raises:
        InputError: it cannot be read.
    """
    if form_of(path) == "csv":
        return _header(path, _dialect(path))
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names: list[str] = pq.read_schema(path).names
    except (OSError, pa.ArrowException):
        # Whoever reads the rows says what is wrong.
        names = read(path)[0].column_names
    return names


def _csv(path: str, dialect: Dialect, names: Sequence[str], numbers: Sequence[str] = ()) -> pa.Table:
    numbers = numbers if dialect.decimal == "," else ()
    return _named(read_source(Source(csv=path, dialect=dialect), names, {}, numbers))


def _named(table: pa.Table) -> pa.Table:
    return table.select([name for name in table.column_names if name])


def _dialect(path: str) -> Dialect:
    """The encoding, by the mark at the start, and what parts the names of the header: the most frequent sign."""
    encoding: Literal["utf-8", "utf-16"] = (
        "utf-16" if _first_bytes(path)[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8"
    )
    header = re.sub(r'"[^"]*"', "", _start(path, encoding)).partition("\n")[0]
    return Dialect(delimiter=max(_DELIMITERS, key=header.count), encoding=encoding)


def _start(path: str, encoding: str) -> str:
    """How a file begins; text that is of another encoding is left for the reader to refuse."""
    return _first_bytes(path).decode(encoding, errors="replace").lstrip("\ufeff\r\n")


def _first_bytes(path: str) -> bytes:
    from pyarrow import fs

    try:
        with fs.LocalFileSystem().open_input_stream(path) as file:
            start: bytes = file.read(_START)
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error}") from None
    return start


def _header(path: str, dialect: Dialect) -> list[str]:
    names = next(csv.reader(io.StringIO(_start(path, dialect.encoding)), delimiter=dialect.delimiter), [])
    if not names:
        raise InputError(f"`{path}` is empty: expected a line of column names, and rows below it")
    if all(_NUMBER.fullmatch(name) for name in names):
        raise InputError(
            f"`{path}`: the first line holds values, not the names of columns (such as `{names[0]}`): put a line of "
            f"names above it"
        )
    _refuse_names(path, names)
    return names


def _refuse_names(path: str, names: Sequence[str]) -> None:
    """An `InputError` for names that are alike to SQL, which knows no difference of case."""
    first: dict[bytes, str] = {}
    for name in names:
        other = first.setdefault(name.encode().lower(), name)
        if names.count(name) > 1:
            raise InputError(f"`{path}` has {names.count(name)} columns called `{name}`: rename all but one")
        if other != name:
            raise InputError(f"`{path}`: the columns `{other}` and `{name}` differ only in case: rename one")


def _missing_signs(table: pa.Table) -> list[str]:
    """Texts that stand for missing values: signs such as `NA` in columns that hold nothing else but numbers or times.

    In a column of texts alone such a sign may be a category, and stays one.
    """
    signs: set[str] = set()
    connection = connect({})
    for name in table.column_names:
        # By itself: the database looks at every column of a table before it reads one.
        connection.register("source", table.select([name]))
        column = identifier(name)
        is_sign = _IS_SIGN.format(x=column)
        tests = [conversion(column, "string", type_).possible for type_ in ("float", "date", "timestamp")]
        counts = [f"count(*) FILTER (WHERE NOT {is_sign} AND ({test}))" for test in tests]
        present = f"count(*) FILTER (WHERE NOT {is_sign} AND {column} IS NOT NULL)"
        others, found, *fitting = figures(connection, [present, f"count(*) FILTER (WHERE {is_sign})", *counts], name)
        if found and others and others in fitting:
            written = query(connection, f"SELECT DISTINCT {column} FROM source WHERE {is_sign}", name)
            signs.update(written.column(0).to_pylist())
    return sorted(signs)


def _has_fractions(table: pa.Table, name: str, sign: str) -> bool:
    """Whether a column holds numbers alone, some of them with a decimal `sign`."""
    connection, column = connect({"source": table}), identifier(name)
    fraction = rf"regexp_full_match({column}, '\s*[+-]?[0-9]*[{sign}][0-9]+\s*')"
    whole = rf"regexp_full_match({column}, '\s*[+-]?[0-9]+\s*')"
    others = f"count(*) FILTER (WHERE NOT ({fraction} OR {whole} OR {_IS_SIGN.format(x=column)}))"
    strange, found = figures(connection, [others, f"count(*) FILTER (WHERE {fraction})"], name)
    return bool(found) and not strange

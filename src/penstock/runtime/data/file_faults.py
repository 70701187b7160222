"""Why files of a dataset cannot be read: which line or part of them, what is wrong with it, what would be right.

Nothing here is asked before a reader has refused a file, so that good files cost nothing.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.diagnostics.grammar import counted
from penstock.specs.dataset import Dialect

if TYPE_CHECKING:
    import pyarrow as pa

BY_FUNCTION = "read it with a function (`python` instead of `csv`)"
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_UTF_16 = "text in UTF-16"
_FORMS = {
    b"PAR1": ("a Parquet file", "write `parquet` instead of `csv`"),
    b"PK\x03\x04": ("a ZIP archive, as spreadsheets are", f"export CSV from it, or {BY_FUNCTION}"),
    b"\x1f\x8b": ("compressed by gzip", "end its name with `.csv.gz`"),
    b"BZh": ("compressed by bzip2", "end its name with `.csv.bz2`"),
    b"\x28\xb5\x2f\xfd": ("compressed by zstd", "end its name with `.csv.zst`"),
    b"\xff\xfe": (_UTF_16, "save it as UTF-8, or write `dialect: {encoding: utf-16}` beside `csv`"),
    b"\xfe\xff": (_UTF_16, "save it as UTF-8, or write `dialect: {encoding: utf-16}` beside `csv`"),
}
"""How a file begins -> what it is, and what to do where it was taken for CSV."""
_MOST_NAMED = 4
_MOST_COLUMNS = 20


class _BadLineError(Exception):
    """The first line that is wrong; the message is the sentence."""


def csv_fault(filesystem: Any, path: str, error: Exception, dialect: Dialect) -> str:
    """What is wrong with a file that was read as CSV; the reader's own words where nothing better is known."""
    with filesystem.open_input_stream(path, compression=None) as raw:
        start = raw.read(4)
    for sign, (form, right) in _FORMS.items():
        is_known = form == _UTF_16 and dialect.encoding == "utf-16"
        is_known |= form.startswith("compressed") and _is_named_compressed(path)
        if start.startswith(sign) and not is_known:
            return f"it is {form}: {right}"
    try:
        with filesystem.open_input_stream(path) as file:
            _look_for_bad_line(_lines(file, dialect), dialect)
    except _BadLineError as found:
        return str(found)
    except OSError as broken:
        return f"it cannot be read: {broken}"
    return f"it is not readable CSV: {error}"


def unclosed_quote(filesystem: Any, path: str, dialect: Dialect) -> str | None:
    """The line from which on a quoted value runs to the end of the file; None where every quote is closed."""
    try:
        with filesystem.open_input_stream(path) as file:
            _look_for_bad_line(_lines(file, dialect), dialect)
    except _BadLineError as found:
        return str(found)
    return None


def lines_of_rows(path: str, rows: Sequence[int], dialect: Dialect) -> list[int]:
    """The lines on which rows of a CSV file of this machine begin; the first row below its header is row 0.

    None are told of a file with a value so long that Python's reader of CSV gives up at it.
    """
    from pyarrow import fs

    wanted, found = set(rows), []
    with suppress(csv.Error), fs.LocalFileSystem().open_input_stream(path) as file:
        reader = csv.reader(_lines(file, dialect), delimiter=dialect.delimiter)
        header, begins, row = next((each for each in reader if each), []), reader.line_num + 1, 0
        for each in reader:
            # A blank line is a row where there is one column.
            if each or len(header) == 1:
                if row in wanted:
                    found.append(begins)
                row += 1
            begins = reader.line_num + 1
    return found if len(found) == len(wanted) else []


def parquet_fault(filesystem: Any, path: str, error: Exception) -> str:
    """What is wrong with a file that was read as Parquet."""
    with filesystem.open_input_stream(path, compression=None) as raw:
        start = raw.read(4_096)
    if not start:
        return "it is empty, perhaps unfinished: write it again"
    if start.startswith(b"PAR1"):
        return f"it begins as a Parquet file but is truncated: write it again ({error})"
    form = next((form for sign, (form, _) in _FORMS.items() if start.startswith(sign)), None)
    if form is None and _is_text(start):
        return "it is text, not Parquet: write `csv` instead of `parquet` if it holds CSV"
    return f"it is {form}, not Parquet" if form else f"it is not readable Parquet: {error}"


def unmatched(pattern: str) -> str:
    """Why a path or glob matches no file of this machine: what is there instead."""
    path = Path(pattern)
    if path.is_dir():
        return f"it is a folder: list its files, as in `{pattern.rstrip('/')}/*{_common_ending(path)}`"
    fixed = Path(*_before_wildcards(path.parts[:-1]))
    if not fixed.is_dir():
        return f"there is no folder `{fixed}`"
    names = sorted(each.name + "/" * each.is_dir() for each in fixed.iterdir() if not each.name.startswith("."))
    if not names:
        return f"the folder `{fixed}` is empty"
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"the folder `{fixed}` has {', '.join(f'`{name}`' for name in names[:_MOST_NAMED])}{more}"


def disagreement(tables: Sequence[tuple[str, pa.Table]]) -> str | None:
    """The first column that two files hold in types that do not go together, with both files."""
    import pyarrow as pa

    first: dict[str, tuple[str, pa.Field]] = {}
    for path, table in tables:
        for field in table.schema:
            seen, other = first.setdefault(field.name, (path, field))
            try:
                pa.unify_schemas([pa.schema([other]), pa.schema([field])], promote_options="permissive")
            except pa.ArrowException:
                return (
                    f"`{field.name}` is {other.type} in `{seen}` and {field.type} in `{path}`: use one type "
                    f"in all files"
                )
    return None


def unknown_header(names: Sequence[str], columns: Sequence[str]) -> str:
    """What a CSV file has in its first line, which names no column of the contract; of a row no value is shown."""
    if any(_is_number(name) for name in names):
        return "its first line looks like a row, but must hold the column names"
    if len(names) == 1:
        for delimiter, called in _DELIMITERS.items():
            if set(names[0].split(delimiter)) & set(columns) and delimiter in names[0]:
                return f"its values are separated by {called}: {_written(delimiter)}"
    return having(names)


def having(names: Sequence[str]) -> str:
    """The columns that a source has, those beyond the first counted."""
    more = f" and {len(names) - _MOST_COLUMNS} more" if len(names) > _MOST_COLUMNS else ""
    return f"it has {', '.join(f'`{name}`' for name in names[:_MOST_COLUMNS]) or 'none'}{more}"


def _written(delimiter: str) -> str:
    """What to write in the spec for a delimiter."""
    if delimiter == ",":
        return "leave `delimiter` out of the `dialect` beside `csv`"
    text = r"\t" if delimiter == "\t" else delimiter
    return f'write `dialect: {{delimiter: "{text}"}}` beside `csv`'


def _look_for_bad_line(lines: Iterator[str], dialect: Dialect) -> None:
    """Raise for the first line that is wrong."""
    reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
    header: list[str] | None = None
    begins = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if "unexpected end" in str(error) or "field limit" in str(error):
                raise _BadLineError(
                    f"a quote that opens in the row of line {begins} is never closed: close it, and double any quote "
                    f'inside a value (`"5"" pipe"`)'
                ) from None
            raise _BadLineError(f"line {reader.line_num}: {error}") from None
        if row and header is None:
            header = row
        elif row and header is not None and len(row) != len(header):
            raise _BadLineError(_of_other_width(begins, row, header, dialect.delimiter))
        begins = reader.line_num + 1
    if header is None:
        raise _BadLineError("it is empty: the first line of a CSV file holds the column names")


def _of_other_width(line: int, row: Sequence[str], header: Sequence[str], delimiter: str) -> str:
    values = counted(len(row), "value")
    columns = counted(len(header), "column")
    if len(header) == 1:
        others = (each for each in (";", ",") if each != delimiter)
        right = (
            f"the values are read as separated by {_DELIMITERS[delimiter]}; if they use another delimiter, "
            f"{_written(next(others))}"
        )
    elif len(row) > len(header):
        right = f'quote a value that holds a {_DELIMITERS[delimiter].removesuffix("s")} (`"a{delimiter} b"`)'
    else:
        right = f"a value that is missing is an empty field (`a{delimiter}{delimiter}c`)"
    return f"line {line} has {values}, but the first line names {columns}: {right}"


def _lines(file: Any, dialect: Dialect) -> Iterator[str]:
    """The lines of a file as text; raises for the first that is not of its encoding."""
    if dialect.encoding != "utf-8":
        yield from _decoded(file, dialect.encoding)
        return
    rest, number = b"", 0
    while chunk := file.read(1 << 20):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            number += 1
            yield _text(line + b"\n", number)
    if rest:
        yield _text(rest, number + 1)


def _decoded(file: Any, encoding: str) -> Iterator[str]:
    """The lines of a file in an encoding in which a line cannot be found before it is read."""
    decoder = codecs.getincrementaldecoder(encoding)()
    rest, number = "", 0
    while True:
        chunk = file.read(1 << 16)
        try:
            *lines, rest = (rest + decoder.decode(chunk, final=not chunk)).split("\n")
        except UnicodeDecodeError as error:
            raise _BadLineError(
                f"below line {number} it is not {encoding} text ({error.reason}): set its encoding in `dialect`"
            ) from None
        number += len(lines)
        yield from (f"{line}\n" for line in lines)
        if not chunk:
            break
    if rest:
        yield rest


def _text(line: bytes, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise _BadLineError(
            f"line {number} is not UTF-8 text (byte {line[error.start]:#04x} at position {error.start + 1}): save "
            f"the file as UTF-8, or set its encoding beside `csv`, as `dialect: {{encoding: windows-1252}}`"
        ) from None


def _is_named_compressed(path: str) -> bool:
    return Path(path).suffix in (".gz", ".bz2", ".zst")


def _is_text(start: bytes) -> bool:
    try:
        return "\0" not in start.decode("utf-8")
    except UnicodeDecodeError as error:
        # A letter of several bytes may be cut in two.
        return error.start > len(start) - 4


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def _common_ending(folder: Path) -> str:
    """The ending that most files of a folder have; nothing where it holds none."""
    endings = [each.suffix for each in folder.iterdir() if each.is_file() and each.suffix]
    return max(sorted(set(endings)), key=endings.count, default="")


def _before_wildcards(parts: Sequence[str]) -> Iterator[str]:
    for part in parts:
        if any(sign in part for sign in "*?["):
            return
        yield part

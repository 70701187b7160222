"""The repository's own Python, named by specs as ``module:function``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from traceback import FrameSummary, extract_tb, format_tb
from typing import TYPE_CHECKING, Any

from penstock.diagnostics.grammar import joined
from penstock.runtime.faults import InputError
from penstock.runtime.repository import expose, has

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_PACKAGE = Path(__file__).resolve().parents[2]
_OF_CODE = (AttributeError, ImportError, NameError, SyntaxError)
"""Exceptions whose words are of code and not of the values that it met."""

_log = logging.getLogger(__name__)


def load(name: str) -> Callable[..., Any]:
    """The function that ``module:function`` names, seen from the working directory; `InputError` if there is none."""
    module_name, _, function_name = name.partition(":")
    expose(module_name)
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{module_name}.".startswith(f"{error.name}."):
            raise InputError(f"`{name}`: there is no module `{error.name}` in the working directory") from None
        raise InputError(
            f"`{name}`: the module imports `{error.name}`, which is not installed here: install the package that has "
            f"it, also in the runtime image"
        ) from None
    except (Exception, SystemExit) as error:
        _log.exception("`%s` fails", module_name)
        raise InputError(f"`{name}`: importing the module failed{failure(error)}") from error
    function = getattr(module, function_name, None)
    if not callable(function):
        raise InputError(f"`{name}`: the module `{module_name}` has no function `{function_name}`")
    return function  # type: ignore[no-any-return]


def call(name: str, *arguments: Any, shows_values: bool = True) -> Any:
    """What the function returns; an `InputError` that names it, with its traceback in the log, where it raises.

    So it is where it ends the program, by which it would speak for the step. The words of an exception may quote a
    value of what the function was given: neither the error nor the log has them without `shows_values`.
    """
    function = load(name)
    try:
        return function(*arguments)
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        shows_words = shows_values or isinstance(error, _OF_CODE)
        if shows_words:
            _log.exception("`%s` failed", name)
        else:
            frames = "".join(format_tb(error.__traceback__))
            _log.error("`%s` failed\n%s%s", name, frames, type(error).__name__)
        raise InputError(f"`{name}` failed{failure(error, shows_words=shows_words)}") from error


@contextmanager
def own_faults(of: str) -> Iterator[None]:
    """An `InputError` that names `of`, with its traceback in the log, where code of the repository raises within.

    What a library raises by itself goes on as it is, and so does want of memory.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        if isinstance(error, InputError | MemoryError) or not is_of_repository(error):
            raise
        _log.exception("`%s` failed", of)
        raise InputError(f"`{of}` failed{failure(error)}") from error


def is_of_repository(error: BaseException) -> bool:
    """Whether code of the repository raised the exception, or called what did."""
    return bool(_frames_of_repository(error))


def failure(error: BaseException, *, shows_words: bool = True) -> str:
    """Where in the repository an exception comes from, the innermost frame below the working directory, and what it is.

    The end of a sentence: `` at made.py:2: KeyError: 'wines'``; without the exception's words unless `shows_words`.
    """
    text = " ".join(str(error).split()) if shows_words else ""
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    if not shows_words:
        what += " (its words are not shown, as the data may be sensitive)"
    if isinstance(error, ModuleNotFoundError) and error.name is not None and has(error.name):
        what += f": of the repository a step finds what the code that its specs name imports: add `import {error.name}`"
    if isinstance(error, AttributeError) and "'pyarrow.lib.Table' object" in text:
        what += ": it is an Arrow table, of which `.to_pandas()` makes a frame"
    if isinstance(error, SyntaxError) and error.filename:
        return f" at {_relative(error.filename)}:{error.lineno}: {what}"
    frames = _frames_of_repository(error)
    return f" at {_relative(frames[-1].filename)}:{frames[-1].lineno}: {what}" if frames else f": {what}"


def _frames_of_repository(error: BaseException) -> list[FrameSummary]:
    return [frame for frame in extract_tb(error.__traceback__) if _is_of_repository(frame.filename)]


def _is_of_repository(filename: str) -> bool:
    path = Path(filename).resolve()
    installed = "site-packages" in path.parts or path.is_relative_to(_PACKAGE)
    # A frame of compiled code has the name of a source that is not here, relative to where it was compiled.
    return path.is_relative_to(Path.cwd()) and not installed and path.is_file()


def _relative(filename: str) -> str:
    path = Path(filename).resolve()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else filename


def as_table(value: Any, name: str) -> Any:
    """An Arrow table of what the function `name` returned: an Arrow table or a pandas frame."""
    import pyarrow as pa

    if isinstance(value, pa.Table):
        return value
    if isinstance(value, pa.RecordBatch):
        return pa.Table.from_batches([value])
    if _is_of_pandas(value) and hasattr(value, "columns"):
        lost = [f"`{index}`" for index in value.index.names if index is not None]
        if lost:
            _log.warning(
                "warning: `%s` returned a frame with the index %s, which is no column: `.reset_index()` makes it one",
                name, joined(lost),
            )  # fmt: skip
        try:
            return pa.Table.from_pandas(value, preserve_index=False).replace_schema_metadata(None)
        except (TypeError, ValueError, OverflowError, pa.ArrowException):
            # What Arrow says quotes a value, which may be sensitive.
            columns = ", ".join(f"`{value.columns[at]}` ({joined(types)})" for at, types in _refused_columns(value))
            raise InputError(
                f"`{name}` returned a frame with columns of mixed or unsupported types: {columns}: give each column "
                f"one type, for example with `astype`"
            ) from None
    raise InputError(f"`{name}` returned {_form(value)}; expected an Arrow table or a pandas frame")


def as_column(value: Any, name: str, rows: int) -> pa.ChunkedArray:
    """One value for each of so many rows, of what the function `name` returned: an array, a pandas Series or a list.

    Values count by their place, as pandas' index would not have it: a Series of another order is refused.
    """
    import pyarrow as pa

    is_table = isinstance(value, pa.Table | pa.RecordBatch) or (_is_of_pandas(value) and hasattr(value, "columns"))
    if is_table or value is None or isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        form = "a table" if is_table else _form(value)
        such_as = ", such as a column of it" if is_table else ""
        raise InputError(f"`{name}` returned {form}; expected one value for each row{such_as}")
    try:
        values = value if isinstance(value, pa.ChunkedArray) else pa.chunked_array([pa.array(value)])
    except (TypeError, ValueError, OverflowError, pa.ArrowException):
        raise InputError(
            f"`{name}` returned a column of mixed or unsupported types ({joined(_types(value))}): make all its values "
            "numbers, or all texts"
        ) from None
    if len(values) != rows:
        raise InputError(f"`{name}` returned {len(values):,} values for {rows:,} rows")
    if _is_of_pandas(value) and hasattr(value, "index") and not _is_in_order(value.index):
        raise InputError(
            f"`{name}` returned a Series whose index is not that of the rows (0 to {rows - 1:,}), so its values may "
            f"belong to other rows: return it in their order (`.sort_index()`), or `.to_numpy()` if it has that order"
        )
    return values


def _refused_columns(frame: pd.DataFrame) -> Iterator[tuple[int, list[str]]]:
    """The places of the columns that Arrow refuses, with the names of the types of their values."""
    import pyarrow as pa

    for at in range(frame.shape[1]):
        try:
            pa.array(frame.iloc[:, at], from_pandas=True)
        except (TypeError, ValueError, OverflowError, pa.ArrowException):
            yield at, _types(frame.iloc[:, at].dropna())


def _types(values: Iterable[Any]) -> list[str]:
    return sorted({type(value).__name__ for value in values if value is not None})


def _is_in_order(index: pd.Index) -> bool:
    import pandas as pd

    return bool(index.equals(pd.RangeIndex(len(index))))


def _is_of_pandas(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas"


def _form(value: Any) -> str:
    return "None, as a function without `return` does" if value is None else type(value).__name__

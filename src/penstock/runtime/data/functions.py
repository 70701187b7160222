"""The repository's own Python, named by specs as ``module:function``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from penstock.runtime.faults import InputError

_log = logging.getLogger(__name__)


def load(name: str) -> Callable[..., Any]:
    """The function that ``module:function`` names, seen from the working directory; `InputError` if there is none."""
    module_name, _, function_name = name.partition(":")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and module_name.startswith(error.name):
            raise InputError(f"`{name}`: there is no module `{error.name}` in the working directory") from None
        raise InputError(f"`{name}`: the module imports `{error.name}`, which is not installed here") from None
    function = getattr(module, function_name, None)
    if not callable(function):
        raise InputError(f"`{name}`: the module `{module_name}` has no function `{function_name}`")
    return function  # type: ignore[no-any-return]


def call(name: str, *arguments: Any) -> Any:
    """What the function returns; an `InputError` that names it, with its traceback in the log, where it raises."""
    function = load(name)
    try:
        return function(*arguments)
    except Exception as error:
        _log.exception("`%s` failed", name)
        raise InputError(f"`{name}` failed: {type(error).__name__}: {error}") from error


def as_table(value: Any, name: str) -> Any:
    """An Arrow table of what the function `name` returned: an Arrow table or a pandas frame."""
    import pyarrow as pa

    if isinstance(value, pa.Table):
        return value
    if isinstance(value, pa.RecordBatch):
        return pa.Table.from_batches([value])
    if type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "columns"):
        return pa.Table.from_pandas(value, preserve_index=False).replace_schema_metadata(None)
    raise InputError(f"`{name}` returned {type(value).__name__}; expected an Arrow table or a pandas frame")

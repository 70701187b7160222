"""Plain data to JSON, for files that people review."""

from __future__ import annotations

from math import isfinite
from typing import Any

import orjson

_OPTIONS = (
    orjson.OPT_INDENT_2
    | orjson.OPT_APPEND_NEWLINE
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


def emit_json(value: Any, *, sort_keys: bool = False) -> bytes:
    """JSON indented by two spaces, in the order given or sorted, with a line feed at its end.

    TypeError for what is no plain data or an integer of more than 64 bits; ValueError for a float
    that is not finite.
    """
    body = orjson.dumps(value, option=_OPTIONS | (orjson.OPT_SORT_KEYS if sort_keys else 0))
    if b"null" in body:  # what orjson writes for a float that JSON cannot hold
        refuse_non_finite(value)
    return body


def refuse_non_finite(value: Any) -> None:
    """ValueError where a float in `value` is NaN or infinite."""
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError("a float that is not finite does not survive JSON")
    elif isinstance(value, dict):
        for item in value.values():
            refuse_non_finite(item)
    elif isinstance(value, list | tuple):
        for item in value:
            refuse_non_finite(item)

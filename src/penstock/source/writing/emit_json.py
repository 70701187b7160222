"""Plain data to JSON, for people who review it."""

from __future__ import annotations

from typing import Any

import orjson

_WIDTH = 100
_INDENT = "  "


def emit_json(value: Any) -> str:
    """Compact JSON on one line where it fits, else an entry a line; keys in the order given, no line feed at its end.

    TypeError for what is no plain data or an integer of more than 64 bits. A float that is not finite becomes null.
    """
    return _text(value, "")


def _text(value: Any, pad: str) -> str:
    line = orjson.dumps(value).decode()
    if len(line) + len(pad) <= _WIDTH or not isinstance(value, dict | list):
        return line
    deeper = pad + _INDENT
    if isinstance(value, dict):
        entries = [f"{deeper}{orjson.dumps(key).decode()}: {_text(item, deeper)}" for key, item in value.items()]
        return "{\n" + ",\n".join(entries) + f"\n{pad}}}"
    return "[\n" + ",\n".join(deeper + _text(item, deeper) for item in value) + f"\n{pad}]"

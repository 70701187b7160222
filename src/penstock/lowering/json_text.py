"""Parts of specs as JSON that people read in a diff: one value a line where a line does not hold them all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from pydantic import BaseModel

_WIDTH = 100
_INDENT = "  "


def plain(node: BaseModel, without: Any = None) -> dict[str, Any]:
    """A part of a spec as plain data: by alias, without defaults, without the fields that `without` names.

    `without` is what pydantic takes for ``exclude``.
    """
    data = node.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=without)
    # A mapping whose every field has its default; the field that holds it has one too.
    return {key: value for key, value in data.items() if value != {}}


def plain_list(nodes: Iterable[BaseModel]) -> list[dict[str, Any]]:
    """Items of a spec's list as plain data, like `plain`."""
    return [plain(node) for node in nodes]


def json_text(value: Any) -> str:
    """Compact JSON on one line where it fits, else an entry a line; keys in the order given.

    Two braces never stand together in it, although they may in the value: clusters fill in what lies between them. Only
    texts can hold them, where JSON has another way to write one.
    """
    return _text(value, "").replace("{{", r"{\u007b")


def _text(value: Any, pad: str) -> str:
    line = orjson.dumps(value).decode()
    if len(line) + len(pad) <= _WIDTH or not isinstance(value, dict | list):
        return line
    deeper = pad + _INDENT
    if isinstance(value, dict):
        entries = [f"{deeper}{orjson.dumps(key).decode()}: {_text(item, deeper)}" for key, item in value.items()]
        return "{\n" + ",\n".join(entries) + f"\n{pad}}}"
    return "[\n" + ",\n".join(deeper + _text(item, deeper) for item in value) + f"\n{pad}]"

"""Parts of specs as JSON in the arguments of steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from penstock.source.writing.emit_json import emit_json


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
    """JSON that people read in a diff (see `emit_json`).

    Two braces never stand together in it, although they may in the value: clusters fill in what lies between them. Only
    texts can hold them, where JSON has another way to write one.
    """
    return emit_json(value).replace("{{", r"{\u007b")

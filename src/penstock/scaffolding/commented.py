"""Plain data to YAML for people: what is short stands on one line, and a comment above the key that it explains.

Every key and every scalar is written by the project's emitter, so that the text is read back as the data it came from.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from penstock.diagnostics.columns import neutral
from penstock.source.writing.emit_yaml import emit_yaml_line

_WIDTH = 118
_SHORT = 100


class Noted(NamedTuple):
    """A value with the comment above its key; several paragraphs are parted by line feeds."""

    value: Any
    note: str


def commented_yaml(document: Mapping[str, Any]) -> str:
    """One document, whose mappings may hold `Noted` values; lists hold none."""
    return "\n".join([*_entries(document, ""), ""])


def plain(value: Any) -> Any:
    """The data without its comments."""
    if isinstance(value, Noted):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def _entries(mapping: Mapping[str, Any], pad: str) -> Iterator[str]:
    for key, item in mapping.items():
        value, note = item if isinstance(item, Noted) else (item, "")
        for paragraph in note.splitlines():
            yield from (f"{pad}# {line}" for line in _wrapped(paragraph, len(pad)))
        name = f"{pad}{emit_yaml_line(key)}:"
        if not isinstance(value, dict | list) or not value or _is_short(value, key == "spec"):
            yield f"{name} {emit_yaml_line(value)}"
        elif isinstance(value, dict):
            yield name
            yield from _entries(value, f"{pad}  ")
        else:
            yield name
            yield from _items(value, f"{pad}  ")


def _items(items: Sequence[Any], pad: str) -> Iterator[str]:
    for item in items:
        if not isinstance(item, dict) or _is_short(item, False):
            yield f"{pad}- {emit_yaml_line(item)}"
        else:
            first, *rest = _entries(item, f"{pad}  ")
            yield f"{pad}- {first.lstrip()}"
            yield from rest


def _is_short(value: Any, is_spec: bool) -> bool:
    """Whether a collection fits on a line, and has nothing to say about a part of it."""
    return not is_spec and not _has_notes(value) and len(emit_yaml_line(value)) <= _SHORT


def _has_notes(value: Any) -> bool:
    if isinstance(value, dict):
        return any(isinstance(item, Noted) or _has_notes(item) for item in value.values())
    return isinstance(value, list) and any(map(_has_notes, value))


def _wrapped(text: str, indent: int) -> list[str]:
    """The lines of a comment. What a name holds that would end a comment, or that nobody sees, is made visible."""
    return textwrap.wrap(neutral(text), _WIDTH - indent, break_long_words=False, break_on_hyphens=False)

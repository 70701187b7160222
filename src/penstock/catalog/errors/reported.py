"""The document that errors are reported in, and how places in it are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from penstock.catalog.errors.places import Place
from penstock.diagnostics.model import Span
from penstock.source.model import Document, Pointer
from penstock.source.reading.node_spans import line_text
from penstock.source.reading.scalars import plain_value
from penstock.specs.addresses import identity


def _unchanged(pointer: Pointer) -> Pointer:
    return pointer


def _value_at(value: Any, pointer: Pointer) -> Any:
    for step in pointer:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


class Reported(NamedTuple):
    """A document, the data that was validated, and how a place of the data is found in the document."""

    document: Document
    data: Any
    origin: Callable[[Pointer], Pointer] = _unchanged
    environment: str | None = None
    """The environment whose override was merged, if any."""
    patch: Any = None
    """That override."""

    def span(self, pointer: Pointer, of: Literal["value", "key"] = "value") -> Span:
        """Where the value, or its key, is written."""
        return self.document.span(self.origin(pointer), of)

    def is_damaged(self, pointer: Pointer) -> bool:
        """Whether the reader has already reported a mistake there or above."""
        return self.document.is_damaged(self.origin(pointer))

    def value(self, pointer: Pointer) -> Any:
        """The value at `pointer`; None where there is none."""
        return _value_at(self.data, pointer)

    def own(self, pointer: Pointer) -> Any:
        """The value at `pointer`; where an override was merged, as much of it as the override writes itself."""
        own = _value_at(self.patch, pointer[1:]) if pointer[:1] == ("spec",) else None
        return own if isinstance(own, dict) else self.value(pointer)

    def written(self, pointer: Pointer) -> str | None:
        """A plain scalar as it is written, which a number does not tell (`0.20`); None where it stands elsewhere."""
        span = self.span(pointer)
        if span.line != span.end_line:
            return None
        text = line_text(self.document.file.text, span.line)[span.column - 1 : span.end_column - 1]
        return text if text and plain_value(text) == self.value(pointer) else None

    def phrase(self, pointer: Pointer) -> str:
        """How a place is called in a sentence: `` `weight` ``, ``item 2 of `steps` ``, `` `quality` in `rules` ``."""
        if not pointer:
            return "the spec"
        *before, last = pointer
        if isinstance(last, str):
            return f"`{last}`"
        holder = next((step for step in reversed(before) if isinstance(step, str)), "the list")
        known = identity(self.value(pointer), last)
        return f"item {last + 1} of `{holder}`" if known == str(last) else f"`{known}` in `{holder}`"

    def description(self, place: Place) -> str:
        """What the language says about the field at a place; empty where it is none of its fields."""
        field = place.parent.fields.get(str(place.pointer[-1])) if place.parent and place.pointer else None
        return field.description if field is not None else ""

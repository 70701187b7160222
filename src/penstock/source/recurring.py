"""Mappings whose text is made once, however often they stand in what is written."""

from __future__ import annotations

from typing import Any


class Recurring(dict[str, Any]):
    """A mapping that stands in several places and never changes; the emitter keeps its text here.

    A copy of it, deep or not, is a plain dict, which may change.
    """

    __slots__ = ("text",)

    text: str
    """Its lines without indentation, once they are made."""

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)

"""Mappings whose text is made once, however often they stand in what is written."""

from __future__ import annotations

from typing import Any


class Recurring(dict[str, Any]):
    """A mapping that stands in several places and never changes; the emitter keeps its text here.

    A copy of it, deep or not, is a plain dict, which may change.
    """

    __slots__ = ("pad", "text")

    text: str
    """Its lines, the first without indentation, once they are made."""
    pad: str
    """The indentation of the others, that of the place where it was written first."""

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)

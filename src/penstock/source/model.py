"""The values that reading gives: a file's text, and its documents as plain data with places."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from penstock.diagnostics.model import Span

Pointer = tuple[str | int, ...]
"""The way from a document's root to a value: keys of mappings and indices of lists."""


def blob_id(data: bytes, digits: int = 40) -> str:
    """The id that git gives a blob of these bytes: SHA-1, or SHA-256 in a repository whose ids have 64 digits."""
    hashing = hashlib.sha1(usedforsecurity=False) if digits == 40 else hashlib.sha256()
    hashing.update(b"blob %d\0" % len(data))
    hashing.update(data)
    return hashing.hexdigest()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's text. `path` is relative to the repository; `blob` is the git blob id of its bytes.

    `text` has no byte order mark; its line ends are as in the file.
    """

    path: str
    blob: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document as plain data: dict, list, str, int, float, bool and None.

    `index` counts the documents of the file from 0; `line` is where the first key stands.
    `damaged` names the values whose mistake the reader has already reported: what is found wrong
    at or below them has the same cause and is not to be reported again.
    """

    file: SourceFile
    index: int
    value: dict[str, Any]
    line: int
    damaged: tuple[Pointer, ...] = ()

    def span(
        self,
        pointer: Pointer,
        of: Literal["value", "key"] = "value",
        within: tuple[int, int] | None = None,
    ) -> Span:
        """Where the value at `pointer` stands, or the key that holds it.

        `within` narrows a string's span to the characters [start, end) of its value. A pointer
        to nothing gives the place of the nearest parent that exists: its key if it has one.
        The text is composed again on the first call, so that only those who ask pay for it.
        """
        from penstock.source.reading.places import find_span

        return find_span(self, pointer, of, within)

    def is_damaged(self, pointer: Pointer) -> bool:
        """Whether the reader has already reported a mistake at `pointer` or above it."""
        return any(pointer[: len(bad)] == bad for bad in self.damaged)

"""Fixes put into files: which of those that diagnostics offer can be made, and the bytes that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from penstock.diagnostics.model import Diagnostic, Edit, Safety, Span
from penstock.source.reading.characters import decode
from penstock.source.reading.node_spans import line_start, line_text

Place = tuple[int, int]
"""The bytes [from, to) of a file."""


class Mended(NamedTuple):
    """What safe fixes make of files; nothing is written."""

    diagnostics: tuple[Diagnostic, ...]
    """Those whose fix was made, in the order given."""
    files: dict[str, bytes]
    """The new bytes of each file that changes."""


def mend(diagnostics: Iterable[Diagnostic], read: Callable[[str], bytes | None]) -> Mended:
    """Make the safe fixes of `diagnostics`; `read` gives a file's bytes by its path, None where it has none.

    A fix is made whole or not at all, and never where an earlier one has been: of two that overlap, the second waits
    until the files have been checked again. Every byte outside of the edits stays as it is.
    """
    files: dict[str, _File | None] = {}
    made = []
    for diagnostic in diagnostics:
        if diagnostic.fix is None or diagnostic.fix.safety is not Safety.SAFE or not diagnostic.fix.edits:
            continue
        for path in {edit.span.path for edit in diagnostic.fix.edits} - files.keys():
            files[path] = _File.of(path, read(path))
        if _make(diagnostic.fix.edits, files):
            made.append(diagnostic)
    changed = {path: file.mended() for path, file in files.items() if file is not None and file.edits}
    return Mended(tuple(made), changed)


@dataclass(slots=True)
class _File:
    """A file's bytes, its text, and what is to be put where."""

    data: bytes
    text: str
    edits: dict[Place, str]

    @classmethod
    def of(cls, path: str, data: bytes | None) -> _File | None:
        """None where the file holds no text that could be mended."""
        source = decode(path, data)[0] if data is not None else None
        return cls(data, source.text, {}) if data is not None and source is not None else None

    def place(self, span: Span) -> Place | None:
        """The bytes that a span stands for; None where the text has no such place."""
        start, end = self._offset(span.line, span.column), self._offset(span.end_line, span.end_column)
        return (start, end) if start is not None and end is not None and start <= end else None

    def _offset(self, line: int, column: int) -> int | None:
        if line < 1 or line_start(self.text, line) > len(self.text):
            return None
        if not 1 <= column <= len(line_text(self.text, line)) + 1:
            return None
        mark = len(self.data) - len(self.text.encode())  # a byte order mark is not in the text
        return mark + len(self.text[: line_start(self.text, line) + column - 1].encode())

    def is_free(self, place: Place) -> bool:
        """Whether no edit so far touches these bytes, nor stands where one of no width would."""
        return all(place[1] <= start or end <= place[0] for start, end in self.edits) and place not in self.edits

    def mended(self) -> bytes:
        """The bytes with every edit in its place."""
        parts, last = [], 0
        for (start, end), replacement in sorted(self.edits.items()):
            parts += [self.data[last:start], replacement.encode()]
            last = end
        return b"".join((*parts, self.data[last:]))


def _make(edits: tuple[Edit, ...], files: dict[str, _File | None]) -> bool:
    """Note the edits in their files, all or none; False where one of them has no place there."""
    noted: list[tuple[_File, Place]] = []
    for edit in edits:
        file = files[edit.span.path]
        place = file.place(edit.span) if file is not None else None
        if file is None or place is None or not file.is_free(place):
            for earlier, taken in noted:
                del earlier.edits[taken]
            return False
        file.edits[place] = edit.replacement
        noted.append((file, place))
    return True

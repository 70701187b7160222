"""Bytes to text, and the characters that a specification may not hold."""

from __future__ import annotations

import codecs
import re
import unicodedata

from penstock.diagnostics.model import Diagnostic, Edit, Fix, Safety, Span
from penstock.source.model import SourceFile, blob_id

MAX_FILE_BYTES = 4 * 1024 * 1024

_UTF16_OR_32 = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""The longer marks first: UTF-32's little-endian one starts with UTF-16's."""

_MOST_REPORTED = 20

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]|\r(?!\n)"
)
"""What YAML does not print, line ends that editors and git do not count (NEL, LS, PS, a lone CR),
byte order marks inside of the text, and controls of the writing direction, which show a reviewer
another text than the one that is compiled."""

_PLAIN = b"\t\n" + bytes(range(0x20, 0x7F))
"""Far the commonest characters; taking them away is ten times as fast as the search."""


def decode(path: str, data: bytes, blob: str | None = None) -> tuple[SourceFile | None, list[Diagnostic]]:
    """The text of a file's bytes; `blob` is their id where it is known already.

    A UTF-8 byte order mark is reported and left out of the text; line ends stay as they are (YAML
    reads CRLF as LF, so that a checkout with CRLF compiles to the same artifacts). None where the
    bytes are no UTF-8, or more than MAX_FILE_BYTES.
    """
    if len(data) > MAX_FILE_BYTES:
        return None, [too_large(path, len(data))]
    diagnostics = []
    body = data
    if data.startswith(codecs.BOM_UTF8):
        body = data[len(codecs.BOM_UTF8) :]
        diagnostics.append(
            Diagnostic.error(
                "byte-order-mark",
                "file starts with a byte order mark",
                Span.point(path),
                help=("save it as UTF-8 without a byte order mark (BOM)",),
            )
        )
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [_not_utf8(path, data, body, error)]
    return SourceFile(path, blob or blob_id(data), text), diagnostics


def too_large(path: str, size: int) -> Diagnostic:
    """The diagnostic for a file above MAX_FILE_BYTES."""
    return Diagnostic.error(
        "file-too-large",
        f"file has {size:,} bytes; the limit is {MAX_FILE_BYTES:,}",
        Span.point(path),
        help=("split it: the layout of files and folders has no meaning to the compiler",),
    )


def _not_utf8(path: str, data: bytes, body: bytes, error: UnicodeDecodeError) -> Diagnostic:
    for mark, name in _UTF16_OR_32.items():
        if data.startswith(mark):
            return Diagnostic.error(
                "not-utf8",
                f"file is {name}, not UTF-8",
                Span.point(path),
                help=("save it as UTF-8 without a byte order mark (BOM)",),
            )
    before = body[: error.start].decode("utf-8")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    byte = body[error.start]
    offset = error.start + len(data) - len(body)
    return Diagnostic.error(
        "not-utf8",
        "file is not UTF-8",
        Span(path, line, column, line, column + 1),
        f"byte 0x{byte:02X}, {offset:,} bytes into the file",
        help=("save it as UTF-8",),
    )


def forbidden_characters(file: SourceFile) -> list[Diagnostic]:
    """A diagnostic for each character that a specification may not hold, the first few of a file."""
    text = file.text
    if text.isascii() and not text.encode("ascii").translate(None, _PLAIN):
        return []
    diagnostics = []
    for found in _FORBIDDEN.finditer(text):
        diagnostics.append(_forbidden(file, found.start()))
        if len(diagnostics) == _MOST_REPORTED:
            break
    return diagnostics


def _forbidden(file: SourceFile, offset: int) -> Diagnostic:
    character = file.text[offset]
    line = file.text.count("\n", 0, offset) + 1
    column = offset - (file.text.rfind("\n", 0, offset) + 1) + 1
    span = Span(file.path, line, column, line, column + 1)
    if character == "\r":
        return Diagnostic.error(
            "control-character",
            "carriage return without line feed",
            span,
            help=("save the file with LF line endings",),
        )
    number = f"U+{ord(character):04X}"
    name = _CONTROL_NAMES.get(character) or unicodedata.name(character, "").lower()
    shown = f"{number} ({name})" if name else number
    hidden = unicodedata.category(character) == "Cf"
    return Diagnostic.error(
        "hidden-character" if hidden else "control-character",
        f"invisible character {shown} in the text",
        span,
        help=(f'delete it, or write it as an escape in double quotes: "{_escape(character)}"',),
        fix=Fix(Safety.UNSAFE, "delete the character", (Edit(span, ""),)),
    )


_CONTROL_NAMES = {"\0": "NUL", "\x07": "bell", "\x08": "backspace", "\x1b": "escape", "\x7f": "delete"}


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02X}" if number <= 0xFF else f"\\u{number:04X}"

"""Which characters of the source a part of a scalar's value was written with."""

from __future__ import annotations

import re

import yaml

from penstock.diagnostics.model import Span
from penstock.source.model import SourceFile
from penstock.source.reading.node_spans import line_start

_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_CONTINUATION = re.compile(r"\\\r?\n[ \t]*")


def span_within(file: SourceFile, span: Span, node: yaml.ScalarNode, within: tuple[int, int]) -> Span:
    """The span of the characters [start, end) of a scalar's value; `span` is the scalar's own.

    Exact for every character that is not white space, in every style: such characters stand in
    the source in the order of the value. White space that folding or an escape has made lies
    between its neighbours. An offset past the end gives the scalar's end.
    """
    base = line_start(file.text, span.line) + span.column - 1
    stop = line_start(file.text, span.end_line) + span.end_column - 1
    places = _places(file.text, base, stop, node)
    start, end = (min(max(offset, 0), len(node.value)) for offset in within)
    if not places:
        return span
    first = places[start][0] if start < len(places) else places[-1][1]
    last = places[end - 1][1] if end > start else first
    line, column = _position(file.text, first)
    end_line, end_column = _position(file.text, max(last, first))
    return Span(file.path, line, column, end_line, end_column)


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _places(text: str, base: int, stop: int, node: yaml.ScalarNode) -> list[tuple[int, int]]:
    """For each character of the value the source's offsets [from, to) that stand for it."""
    cursor = base
    if node.style in ("|", ">"):
        cursor = text.find("\n", base) + 1 or stop
    elif node.style in ("'", '"'):
        cursor += 1
    places: list[tuple[int, int]] = []
    for character in node.value:
        found = _next(text, cursor, stop, character, node.style or "")
        places.append(found)
        cursor = found[1]
    return places


def _next(text: str, cursor: int, stop: int, character: str, style: str) -> tuple[int, int]:
    """The source of the next character of the value, at or after `cursor`."""
    if style == '"':
        while found := _CONTINUATION.match(text, cursor):
            cursor = found.end()
        escape = _ESCAPE.match(text, cursor)
        if escape:
            return escape.span()
    if character.isspace():
        if cursor < stop and text[cursor] == character:
            return cursor, cursor + 1
        return cursor, cursor
    while cursor < stop and text[cursor] != character:
        if style == '"' and text[cursor] == "\\":
            return _next(text, cursor, stop, character, style)
        cursor += 1
    width = 2 if style == "'" and character == "'" else 1
    return cursor, min(cursor + width, max(stop, cursor))

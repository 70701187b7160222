"""Spans of composed nodes, without the anchors before them and the blank lines after them."""

from __future__ import annotations

import re
from functools import lru_cache

import yaml

from penstock.diagnostics.model import Span
from penstock.source.model import SourceFile

_LINE_END = re.compile("\n")
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)+")


def line_text(text: str, line: int) -> str:
    """The line of `text` that counts `line` from 1, without its end; empty past the last."""
    start = line_start(text, line)
    if start > len(text):
        return ""
    end = text.find("\n", start)
    return (text[start:] if end < 0 else text[start:end]).removesuffix("\r")


def line_start(text: str, line: int) -> int:
    """The offset of a line's first character, `line` counted from 1; one past the text's end after the last."""
    starts = _line_starts(text)
    return starts[line - 1] if line <= len(starts) else len(text) + 1


@lru_cache(maxsize=4)
def _line_starts(text: str) -> tuple[int, ...]:
    """Computed once for a file, however many mistakes it has."""
    return (0, *(found.end() for found in _LINE_END.finditer(text)))


def node_span(file: SourceFile, node: yaml.Node, line_offset: int) -> Span:
    """Where the value of a node stands.

    A block collection ends with its last item (libyaml ends it where the next token starts), a
    block scalar with its last line that is not blank.
    """
    start = node.start_mark
    first, column = start.line + line_offset + 1, start.column + 1
    end_line, end_column = _end(file, node, line_offset)
    if node.tag or _starts_with_property(file.text, first, column):
        first, column = _after_properties(file.text, first, column, (end_line, end_column))
    return Span(file.path, first, column, end_line, end_column)


def _end(file: SourceFile, node: yaml.Node, line_offset: int) -> tuple[int, int]:
    seen: set[int] = set()
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value and id(node) not in seen:
        seen.add(id(node))
        last = node.value[-1]
        last = last[1] if type(last) is tuple else last
        if (last.start_mark.line, last.start_mark.column) < (node.start_mark.line, node.start_mark.column):
            break  # an alias: what it stands for was written elsewhere
        node = last
    mark = node.end_mark
    line, column = mark.line + line_offset + 1, mark.column + 1
    if isinstance(node, yaml.ScalarNode) and node.style not in ("|", ">"):
        return line, column
    return _last_text(file.text, node.start_mark.line + line_offset + 1, line, column)


def _last_text(text: str, first: int, line: int, column: int) -> tuple[int, int]:
    """The end of the last line in [first, line] that has text before `column` of `line`."""
    start = line_start(text, first)
    end = line_start(text, line) + column - 1
    covered = text[start:end].rstrip()
    return first + covered.count("\n"), _column(text, start + len(covered))


def _column(text: str, offset: int) -> int:
    return offset - (text.rfind("\n", 0, offset) + 1) + 1


def _starts_with_property(text: str, line: int, column: int) -> bool:
    offset = line_start(text, line) + column - 1
    return text[offset : offset + 1] in ("&", "!")


def _after_properties(text: str, line: int, column: int, end: tuple[int, int]) -> tuple[int, int]:
    offset = line_start(text, line) + column - 1
    found = _PROPERTIES.match(text, offset)
    if found is None:
        return line, column
    after = line + text.count("\n", offset, found.end()), _column(text, found.end())
    return after if after < end else (line, column)

"""Spans of a document's values, found by composing its text again when somebody asks."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import yaml

from penstock.diagnostics.model import Span
from penstock.source.model import Document, Pointer, SourceFile
from penstock.source.reading.composition import Composed, compose
from penstock.source.reading.node_spans import node_span
from penstock.source.reading.scalar_text import span_within


@lru_cache(maxsize=64)
def _pieces(text: str) -> tuple[Composed | None, ...]:
    return tuple(piece if isinstance(piece, Composed) else None for piece in compose(text))


def find_span(
    document: Document, pointer: Pointer, of: Literal["value", "key"], within: tuple[int, int] | None
) -> Span:
    """The span that `Document.span` promises."""
    piece = next(
        (
            piece
            for piece in _pieces(document.file.text)
            if piece is not None and piece.root.start_mark.line + piece.line_offset + 1 == document.line
        ),
        None,
    )
    if piece is None:
        return Span.point(document.file.path, document.line)
    key, node, found = _walk(piece.root, pointer)
    return _span_of(document.file, piece.line_offset, key, node, of if found else "key", within if found else None)


def _span_of(
    file: SourceFile,
    offset: int,
    key: yaml.Node | None,
    node: yaml.Node,
    of: Literal["value", "key"],
    within: tuple[int, int] | None,
) -> Span:
    if of == "key":
        if key is not None:
            return node_span(file, key, offset)
        if type(node) is yaml.MappingNode and node.value:
            return node_span(file, node.value[0][0], offset)
        return node_span(file, node, offset)
    span = node_span(file, node, offset)
    if within is None or type(node) is not yaml.ScalarNode:
        return span
    return span_within(file, span, node, within)


def _walk(root: yaml.Node, pointer: Pointer) -> tuple[yaml.Node | None, yaml.Node, bool]:
    """The key and the value at `pointer`, or at the nearest parent that exists, and whether it is all there."""
    key: yaml.Node | None = None
    node = root
    for step in pointer:
        if type(node) is yaml.MappingNode:
            for key_node, value_node in node.value:
                if type(key_node) is yaml.ScalarNode and key_node.value == step:
                    key, node = key_node, value_node
                    break
            else:
                return key, node, False
        elif type(node) is yaml.SequenceNode and type(step) is int and 0 <= step < len(node.value):
            key, node = None, node.value[step]
        else:
            return key, node, False
    return key, node, True

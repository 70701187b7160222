"""Reads the YAML documents of a file strictly: what two readers could understand differently is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from penstock.diagnostics.model import Diagnostic, Label, Span
from penstock.source.model import Document, Pointer, SourceFile
from penstock.source.reading import refusals
from penstock.source.reading.characters import forbidden_characters
from penstock.source.reading.composition import MAX_DEPTH, MAX_NODES, Broken, Composed, compose
from penstock.source.reading.node_spans import node_span
from penstock.source.reading.scalars import Ambiguous, plain_value

_MAY_BE_DIRECTIVE = re.compile(r"^%", re.MULTILINE)


def read_documents(file: SourceFile) -> tuple[list[Document], list[Diagnostic]]:
    """The documents of `file` that are mappings, and what is wrong with its text.

    A document with mistakes in single values is given all the same, the values named in its
    `damaged`. One with a syntax error is left out, the documents around it are not.
    """
    forbidden = forbidden_characters(file)
    if forbidden:
        return [], forbidden
    diagnostics: list[Diagnostic] = []
    if _MAY_BE_DIRECTIVE.search(file.text):
        diagnostics += refusals.directives(file)
    has_directives = bool(diagnostics)
    documents: list[Document] = []
    count = 0
    for count, piece in enumerate(_pieces(file.text), 1):
        if isinstance(piece, Broken):
            if not (has_directives and _is_about_directive(piece)):
                # Loaded with the first error: good files do not pay for the words.
                from penstock.source.reading.syntax_errors import explain

                diagnostics.append(explain(file, piece))
            continue
        document, found = _read_one(file, count - 1, piece)
        diagnostics += found
        if document is not None:
            documents.append(document)
    if not count:
        diagnostics.append(refusals.empty_file(file))
    return documents, diagnostics


def _pieces(text: str) -> Iterator[Composed | Broken]:
    """What composing gives, without an error that a restart on its line meets a second time."""
    last: tuple[int, int] | None = None
    for piece in compose(text):
        if isinstance(piece, Broken):
            mark = getattr(piece.error, "problem_mark", None)
            place = (mark.line + piece.line_offset, mark.column) if mark else None
            if place is not None and place == last:
                continue
            last = place
        yield piece


def _is_about_directive(piece: Broken) -> bool:
    """Whether libyaml stopped at a directive, or at what follows one; it has its own diagnostic already."""
    said = str(piece.error)
    return any(words in said for words in ("directive", "incompatible", "<document start>"))


def _read_one(file: SourceFile, index: int, piece: Composed) -> tuple[Document | None, list[Diagnostic]]:
    root = piece.root
    if _is_empty(root):
        return None, [refusals.empty_document(file, root, piece.line_offset)]
    builder = _Builder(file, piece.line_offset)
    try:
        value = builder.build(root, ())
    except _AliasError:
        return None, [refusals.aliases(file, root, piece.line_offset)]
    if type(value) is not dict:
        if builder.diagnostics:
            return None, builder.diagnostics
        return None, [refusals.not_a_mapping(file, root, piece.line_offset)]
    line = root.start_mark.line + piece.line_offset + 1
    return Document(file, index, value, line, tuple(builder.damaged)), builder.diagnostics


def _holds_two_documents(node: yaml.MappingNode) -> bool:
    """Whether a mapping has twice the keys that every document has once."""
    keys = [key.value for key, _ in node.value]
    return keys.count("apiVersion") > 1 and keys.count("kind") > 1


def _is_empty(node: yaml.Node) -> bool:
    return type(node) is yaml.ScalarNode and not node.value and not node.style and not node.tag


_UNSOUND = object()


def _sound_scalar(node: yaml.Node) -> Any:
    """The value of a scalar with which nothing is wrong; _UNSOUND for all other nodes.

    Most nodes of a specification are such scalars: this is where the time of reading goes.
    """
    if type(node) is not yaml.ScalarNode or node.tag:
        return _UNSOUND
    text = node.value
    if node.style:
        return text
    value = plain_value(text) if text else _UNSOUND
    return _UNSOUND if type(value) is Ambiguous else value


class _AliasError(Exception):
    """Aliases expand without bound: in a circle, or to more than MAX_NODES values."""


class _Builder:
    """Turns the nodes of one document into plain data and says what is wrong with them."""

    __slots__ = ("_budget", "_file", "_offset", "damaged", "diagnostics")

    def __init__(self, file: SourceFile, offset: int) -> None:
        self._file = file
        self._offset = offset
        self._budget = MAX_NODES
        self.diagnostics: list[Diagnostic] = []
        self.damaged: list[Pointer] = []

    def build(self, node: yaml.Node, pointer: Pointer) -> Any:
        """The plain value of `node`, which stands at `pointer`."""
        value = _sound_scalar(node)
        if value is not _UNSOUND:
            return value
        if len(pointer) > MAX_DEPTH:
            raise _AliasError
        if node.tag:
            self._refuse(refusals.tag(self._file, self._span(node), node.tag), pointer)
        if type(node) is yaml.ScalarNode:
            return node.value if node.style or node.tag else self._unsound(node, pointer)
        self._budget -= len(node.value)
        if self._budget < 0:
            raise _AliasError
        if type(node) is yaml.MappingNode:
            return self._mapping(node, pointer)
        return [self.build(item, (*pointer, position)) for position, item in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, pointer: Pointer) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _sound_scalar(key_node)
            if type(key) is not str:
                key = self._key(key_node, pointer)
                if key is None:
                    continue
            if key in result:
                if not pointer and _holds_two_documents(node):
                    self._refuse(refusals.missing_separator(self._span(key_node)), (key,))
                    break
                self._refuse_repetition(node, key_node, key, (*pointer, key))
                continue
            value = _sound_scalar(value_node)
            if value is not _UNSOUND:
                result[key] = value
            elif _is_empty(value_node):
                self._refuse(refusals.empty_value(self._span(key_node), key), (*pointer, key))
                result[key] = None
            else:
                result[key] = self.build(value_node, (*pointer, key))
        return result

    def _key(self, node: yaml.Node, pointer: Pointer) -> str | None:
        """The text of a key that is not sound; None where its value is refused with it."""
        if type(node) is not yaml.ScalarNode:
            self._refuse(refusals.collection_as_key(self._file, self._span(node)), pointer)
            return None
        text: str = node.value
        if node.tag:
            self._refuse(refusals.tag(self._file, self._span(node), node.tag), (*pointer, text))
            return text
        if text == "<<":
            self._refuse(refusals.merge_key(self._span(node)), pointer)
            return None
        if not text:
            self._refuse(refusals.empty_key(self._span(node)), pointer)
            return None
        value = plain_value(text)
        if type(value) is Ambiguous:
            found = refusals.ambiguous(self._span(node), text, value, is_key=True)
        else:
            found = refusals.key_not_text(self._span(node), text)
        self._refuse(found, (*pointer, text))
        return text

    def _refuse_repetition(self, mapping: yaml.MappingNode, key_node: yaml.Node, key: str, pointer: Pointer) -> None:
        first = next(node for node, _ in mapping.value if node.value == key)
        where = Label(self._span(first), "first used here")
        self._refuse(refusals.repeated_key(self._span(key_node), key, where), pointer)

    def _unsound(self, node: yaml.ScalarNode, pointer: Pointer) -> str | None:
        """A plain scalar that is empty (behind a dash, or between two commas), or ambiguous."""
        text: str = node.value
        value = plain_value(text) if text else None
        if type(value) is Ambiguous:
            self._refuse(refusals.ambiguous(self._span(node), text, value), pointer)
            return text
        mark = node.start_mark
        line, column = mark.line + self._offset + 1, mark.column + 1
        at = Span(self._file.path, line, max(column - 1, 1), line, max(column, 2))
        self._refuse(refusals.empty_item(at), pointer)
        return None

    def _refuse(self, diagnostic: Diagnostic, pointer: Pointer) -> None:
        self.diagnostics.append(diagnostic)
        self.damaged.append(pointer)

    def _span(self, node: yaml.Node) -> Span:
        return node_span(self._file, node, self._offset)

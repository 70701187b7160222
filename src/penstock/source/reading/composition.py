"""YAML text composed to nodes by libyaml, one document at a time, within bounds that cannot be exceeded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]

MAX_DEPTH = 64
"""Levels of nesting. libyaml's binding recurses on the C stack, so that the bound is a safety matter."""

MAX_NODES = 200_000
"""Keys and values of one document, after its aliases are expanded."""

MAX_SYNTAX_ERRORS = 50
"""Syntax errors of one file before the rest of it is left unread."""

_DOCUMENT_START = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)


class Composed(NamedTuple):
    """A document's root node. Add `line_offset` to the lines of its marks."""

    root: yaml.Node
    line_offset: int


class Broken(NamedTuple):
    """A place where composing stopped: `error` is libyaml's, or one of the bounds."""

    error: yaml.YAMLError
    line_offset: int


class TooDeepError(yaml.MarkedYAMLError):
    """A document is nested deeper than MAX_DEPTH."""


class TooManyNodesError(yaml.MarkedYAMLError):
    """A document has more than MAX_NODES keys and values."""


class _BoundedParser(CParser):
    """Composes nodes whose `tag` is None unless the text states one."""

    __slots__ = ("depth", "nodes")

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = self.nodes = 0

    def resolve(self, _kind: type[yaml.Node], _value: Any, _implicit: Any) -> None:
        return None

    def descend_resolver(self, parent: yaml.Node | None, _index: Any) -> None:
        self.nodes = nodes = self.nodes + 1
        self.depth = depth = self.depth + 1
        if depth > MAX_DEPTH:
            raise TooDeepError(problem_mark=parent.start_mark if parent else None)
        if nodes > MAX_NODES:
            raise TooManyNodesError(problem_mark=parent.start_mark if parent else None)

    def ascend_resolver(self) -> None:
        self.depth -= 1


def compose(text: str) -> Iterator[Composed | Broken]:
    """The documents of a file in order.

    After an error composing goes on at the next line that starts a document (`---` in the first
    column, which nothing else in YAML can be), so that one broken document hides no other.
    `text` holds no characters that YAML forbids.
    """
    offset = 0
    rest = text
    for _ in range(MAX_SYNTAX_ERRORS):
        parser = _BoundedParser(rest)
        try:
            while parser.check_node():
                parser.depth = parser.nodes = 0
                root = parser.get_node()
                if root is not None:
                    yield Composed(root, offset)
            return
        except yaml.YAMLError as error:
            yield Broken(error, offset)
            restart = _next_document(rest, _line_of(error))
        if restart is None:
            return
        offset += rest.count("\n", 0, restart)
        rest = rest[restart:]


def _line_of(error: yaml.YAMLError) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return mark.line if mark else 0


def _next_document(text: str, line: int) -> int | None:
    """The offset of the first document start at or below `line`, never the text's own first."""
    start = 0
    for _ in range(line):
        start = text.find("\n", start) + 1
    found = _DOCUMENT_START.search(text, max(start, 1))
    return found.start() if found else None

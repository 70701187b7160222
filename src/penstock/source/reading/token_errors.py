"""Syntax errors of single characters: quotes, brackets, escapes, and those that YAML keeps for itself."""

from __future__ import annotations

import re

from penstock.diagnostics.model import Diagnostic, Label, Span
from penstock.source.reading.layout_errors import colon_in_value
from penstock.source.reading.node_spans import line_start
from penstock.source.reading.refusals import quoted, shown
from penstock.source.reading.syntax_failure import Failure, containing

_BRACKETS = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:[^\']|\'\')*\'|[\[\]{}]')


def unclosed_quote(failure: Failure) -> Diagnostic:
    """A quote that the document ends without."""
    at = failure.since or failure.at
    mark = failure.line(at.line)[at.column - 1 : at.column]
    return Diagnostic.error(
        "unclosed-quote",
        f"unclosed quote {mark}",
        at,
        "opened here",
        help=(f"write {mark} at the end of the value",),
    )


def unclosed_bracket(failure: Failure) -> Diagnostic:
    """A bracket that is not closed, or two items of it without a comma between them."""
    at = failure.since or failure.at
    opened = failure.line(at.line)[at.column - 1 : at.column]
    closing = {"[": "]", "{": "}"}.get(opened, "]")
    if failure.at.line == at.line and failure.character and failure.character not in ":,":
        return Diagnostic.error(
            "missing-comma",
            f"missing `,` or `{closing}`",
            failure.at,
            "before this",
            secondary=(Label(at, "inside of the bracket opened here"),),
            help=("put a comma between two items; quote an item that contains `, [ ] { }` or a colon and a space",),
        )
    if failure.character == ":" and failure.at.line == at.line:
        return colon_in_value(failure)
    return Diagnostic.error(
        "unclosed-bracket",
        f"unclosed bracket `{opened}`",
        at,
        "opened here",
        help=(f"write `{closing}` after the last item",),
    )


def no_content(failure: Failure) -> Diagnostic:
    """A bracket, a comma or an end where a value belongs."""
    mark = failure.character
    if mark in ("]", "}"):
        return Diagnostic.error(
            "unclosed-bracket", f"unmatched `{mark}`", failure.at, help=("delete it, or quote the value",)
        )
    if mark == ",":
        return Diagnostic.error(
            "missing-comma", "comma instead of a value", failure.at, help=("delete it, or quote it",)
        )
    opened = _innermost_open_bracket(failure) if "flow" in failure.context else None
    if opened is not None:
        return unclosed_bracket(failure._replace(since=opened))
    return Diagnostic.error("invalid-yaml", "missing value", failure.at, secondary=containing(failure))


def _innermost_open_bracket(failure: Failure) -> Span | None:
    """The last bracket of the document that is open where libyaml stopped."""
    text = failure.file.text
    end = line_start(text, failure.at.line) + failure.at.column - 1
    start = text.rfind("\n---", 0, end) + 1
    opened: list[int] = []
    for found in _BRACKETS.finditer(text, start, end):
        if found[0] in ("[", "{"):
            opened.append(found.start())
        elif opened and text[opened[-1]] + found[0] in ("[]", "{}"):
            opened.pop()
    if not opened:
        return None
    line = text.count("\n", 0, opened[-1]) + 1
    column = opened[-1] - line_start(text, line) + 1
    return Span(failure.file.path, line, column, line, column + 1)


def odd_start(failure: Failure) -> Diagnostic:
    """A character that starts no value: a tab, or one that YAML keeps for itself."""
    if failure.character == "\t":
        return tab(failure)
    return _special(failure, failure.at)


def tab(failure: Failure) -> Diagnostic:
    """A tab in the indentation."""
    line = failure.line(failure.at.line)
    start = failure.at.column
    width = len(line[start - 1 :]) - len(line[start - 1 :].lstrip("\t"))
    return Diagnostic.error(
        "tab-indentation",
        "tab in the indentation",
        Span(failure.file.path, failure.at.line, start, failure.at.line, start + max(width, 1)),
        help=("indent with spaces",),
    )


def _special(failure: Failure, at: Span) -> Diagnostic:
    line = failure.line(at.line)
    text = re.split(r"\s+#|[,\]}]\s*$", line[at.column - 1 :])[0].rstrip()
    mark = text[:1]
    shown_mark = "a backtick" if mark == "`" else f"`{mark}`"
    meaning = {"*": "means an alias", "&": "means an anchor"}.get(mark, "is reserved")
    return Diagnostic.error(
        "special-character",
        f"a plain value cannot start with {shown_mark}, which {meaning} in YAML",
        Span(failure.file.path, at.line, at.column, at.line, at.column + max(len(text), 1)),
        help=(f"quote it: {shown(quoted(text))}",),
    )


def bad_alias(failure: Failure) -> Diagnostic:
    """`*` or `&` with no name behind it: mostly a pattern for files."""
    return _special(failure, failure.since or failure.at)


def unknown_alias(failure: Failure) -> Diagnostic:
    """An alias without an anchor."""
    line = failure.line(failure.at.line)
    name = re.match(r"\*[\w-]*", line[failure.at.column - 1 :])
    text = name[0] if name else "*"
    end = failure.at.column + len(text)
    return Diagnostic.error(
        "unknown-alias",
        f"the alias `{shown(text)}` has no anchor above it",
        Span(failure.file.path, failure.at.line, failure.at.column, failure.at.line, end),
        help=(f"write `&{shown(text[1:])}` before the value that it refers to, or quote it: {quoted(text)}",),
    )


def repeated_anchor(failure: Failure) -> Diagnostic:
    """An anchor that stands twice."""
    return Diagnostic.error(
        "duplicate-anchor",
        "duplicate anchor",
        failure.at,
        "again here",
        secondary=(Label(failure.since, "first declared here"),) if failure.since else (),
        help=("give each anchor a different name",),
    )


def bad_escape(failure: Failure) -> Diagnostic:
    """A backslash that starts no escape."""
    line = failure.line(failure.at.line)
    start = line.rfind("\\", 0, failure.at.column + 1)
    if start < 0 or start < failure.at.column - 12:
        start = failure.at.column - 1
    shown_escape = line[start : start + 2]
    return Diagnostic.error(
        "bad-escape",
        f"unknown escape `{shown_escape}`",
        Span(failure.file.path, failure.at.line, start + 1, failure.at.line, start + 1 + len(shown_escape)),
        help=("write \\\\ for a backslash, or use single quotes",),
    )


def block_header(failure: Failure) -> Diagnostic:
    """Text on the line of `|` or `>`."""
    at = failure.since or failure.at
    mark = failure.line(at.line)[at.column - 1 : at.column]
    return Diagnostic.error(
        "special-character",
        f"text on the line of `{mark}`, which starts a block on the next line",
        failure.at,
        help=(f"put the text on the next line, indented; or quote the value if `{mark}` is text",),
    )


def tag_handle(failure: Failure) -> Diagnostic:
    """A tag that libyaml cannot resolve."""
    return Diagnostic.error(
        "yaml-tag",
        "YAML tags are not supported",
        failure.at,
        help=("delete the tag, or quote the value if `!` is text",),
    )


def directive(failure: Failure) -> Diagnostic:
    """A directive that libyaml refuses."""
    line = failure.line(failure.at.line)
    return Diagnostic.error(
        "yaml-directive",
        f"the directive `{shown(line)}` is not supported",
        Span(failure.file.path, failure.at.line, 1, failure.at.line, len(line) + 1),
        help=("delete the line",),
    )

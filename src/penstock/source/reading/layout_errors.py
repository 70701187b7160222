"""Syntax errors of lines: indentation, colons, and what stands among keys and items."""

from __future__ import annotations

import re

from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic, Label, Span
from penstock.source.reading.refusals import empty_key, shown, template
from penstock.source.reading.syntax_failure import Failure, containing, indentation, line_above

_NO_SPACE = re.compile(r"(\s*(?:- )?\s*)([A-Za-z_][\w.-]*):(?![\s/]|$)(.*)")
_BARE_WORDS = re.compile(r"\s*(?:- +)?[^\s#\"'\[\]{}&*!|>%@`-][^:#]*$")
_KEY_LINE = re.compile(r"\s*(?:- +)?[^\s#:][^:#]*:\s+\S.*")
_CONFLICT = "<<<<<<<"


def merge_conflict(failure: Failure) -> Diagnostic | None:
    """The mark that git has left of a conflict above, or where reading stopped; None where there is none."""
    number = next((n for n in range(failure.at.line, 0, -1) if failure.line(n).startswith(_CONFLICT)), None)
    if number is None:
        return None
    return Diagnostic.error(
        "conflict-markers",
        "merge conflict marker",
        Span(failure.file.path, number, 1, number, len(failure.line(number).rstrip()) + 1),
        help=(f"keep the right lines, and delete the markers `{_CONFLICT}`, `=======` and `>>>>>>>`",),
    )


def colon_in_value(failure: Failure) -> Diagnostic:
    """A colon and a space within a plain value."""
    return Diagnostic.error(
        "colon-in-value",
        "a value contains a colon and a space, which YAML reads as another key",
        failure.at,
        help=("quote the value, or start a new line if another key is meant",),
    )


def mapping_not_allowed(failure: Failure) -> Diagnostic:
    """A colon where no key can be: a value with a colon, too much indentation, or a line without a colon."""
    line = failure.line(failure.at.line)
    before = line[: failure.at.column - 1]
    if re.search(r":\s+\S", before) or re.search(r"[\"'].*[\"']\s*$", before):
        return colon_in_value(failure)
    above_number, above = line_above(failure)
    missing = _missing_space(failure, above_number)
    if missing is not None:
        return missing
    if _BARE_WORDS.fullmatch(above):
        return _missing_colon(failure, above_number)
    if indentation(line) > indentation(above) and _KEY_LINE.fullmatch(above):
        at = Span(failure.file.path, failure.at.line, 1, failure.at.line, indentation(line) + 1)
        start = indentation(above) + 1
        return Diagnostic.error(
            "bad-indentation",
            "this key is indented below a key that already has a value",
            at,
            secondary=(Label(Span(failure.file.path, above_number, start, above_number, len(above) + 1)),),
            help=(f"indent it by {counted(indentation(above), 'space')} if it is a sibling of that key",),
        )
    return colon_in_value(failure)


def simple_key(failure: Failure) -> Diagnostic:
    """A line in a mapping that has no colon."""
    number = (failure.since or failure.at).line
    return _missing_space(failure, number) or _missing_colon(failure, number)


def _missing_space(failure: Failure, number: int) -> Diagnostic | None:
    line = failure.line(number)
    found = _NO_SPACE.fullmatch(line)
    if found is None:
        return None
    column = found.end(2) + 1
    return Diagnostic.error(
        "missing-space",
        "missing space after the colon",
        Span(failure.file.path, number, column, number, column + 1),
        help=(f"write `{shown(found[2])}: {shown(found[3])}`",),
    )


def _missing_colon(failure: Failure, number: int) -> Diagnostic:
    line = failure.line(number)
    start = indentation(line) + 1
    return Diagnostic.error(
        "missing-colon",
        "missing colon in a line of a mapping",
        Span(failure.file.path, number, start, number, max(len(line.rstrip()) + 1, start)),
        help=("write `key: value`, with a space after the colon",),
    )


def block_mapping(failure: Failure) -> Diagnostic:
    """Something that is no key where a block mapping goes on."""
    line = failure.line(failure.at.line)
    before = line[: failure.at.column - 1]
    if failure.character == ":" and not before.strip(" -"):
        return empty_key(failure.at)
    if before.strip():
        if re.search(r"[\"'\]})]\s*$", before):
            return _text_after_value(failure)
        return Diagnostic.error(
            "invalid-yaml", "this does not belong to any key", failure.at, secondary=containing(failure)
        )
    if failure.character == "-" and failure.since and indentation(line) == failure.since.column - 1:
        return Diagnostic.error(
            "list-in-mapping",
            "list item among the keys of a mapping",
            failure.at,
            secondary=containing(failure),
            help=("indent the item below its key, and give that key no other value",),
        )
    return _bad_indentation(failure)


def _text_after_value(failure: Failure) -> Diagnostic:
    opened = failure.line(failure.at.line).find("{{", 0, failure.at.column)
    if opened >= 0:
        return template(Span(failure.file.path, failure.at.line, opened + 1, failure.at.line, opened + 3))
    return Diagnostic.error(
        "text-after-value",
        "text after a complete value",
        failure.at,
        help=('quote the whole value; within double quotes write \\" for a quote',),
    )


def _bad_indentation(failure: Failure) -> Diagnostic:
    line = failure.line(failure.at.line)
    depth = indentation(line)
    sign = line[depth : depth + 1]
    if sign.isspace():
        return Diagnostic.error(
            "bad-indentation",
            f"the indentation contains U+{ord(sign):04X}, which looks like a space and is none",
            Span(failure.file.path, failure.at.line, depth + 1, failure.at.line, depth + 2),
            help=("indent with spaces",),
        )
    at = Span(failure.file.path, failure.at.line, 1, failure.at.line, max(depth, 1) + 1)
    return Diagnostic.error(
        "bad-indentation",
        "the indentation matches nothing above it",
        at,
        f"{counted(depth, 'space')} here",
        secondary=containing(failure),
        help=("indent all keys of a mapping, or items of a list, by the same number of spaces",),
    )


def block_sequence(failure: Failure) -> Diagnostic:
    """A key where the next item of a list belongs."""
    line = failure.line(failure.at.line)
    if failure.since and indentation(line) == failure.since.column - 1:
        return Diagnostic.error(
            "list-in-mapping",
            "key among the items of a list",
            failure.at,
            secondary=containing(failure),
            help=("put `- ` before it if it is an item, or indent it like the keys above the list",),
        )
    return _bad_indentation(failure)


def item_not_allowed(failure: Failure) -> Diagnostic:
    """A dash behind a key, on its line."""
    return Diagnostic.error(
        "list-in-mapping",
        "list on the line of its key",
        failure.at,
        help=("put each `- item` on its own line below the key, or write `[item, item]`",),
    )


def document_start(failure: Failure) -> Diagnostic:
    """Text behind the end of a document."""
    return Diagnostic.error(
        "missing-document-start",
        "text where only a new document can start",
        failure.at,
        help=("put `---` on its own line before the document",),
    )

"""libyaml's errors in the words of somebody who writes YAML, at the place that they have to change."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from penstock.diagnostics.model import Diagnostic, Label, Span
from penstock.source.composition import MAX_DEPTH, MAX_NODES, Broken, TooDeepError, TooManyNodesError
from penstock.source.model import SourceFile
from penstock.source.node_spans import line_text
from penstock.source.refusals import empty_key, quoted, shown, template

_NO_SPACE = re.compile(r"(\s*(?:- )?\s*)([A-Za-z_][\w.-]*):(?![\s/]|$)(.*)")
_BARE_WORDS = re.compile(r"\s*(?:- +)?[^\s#\"'\[\]{}&*!|>%@`-][^:#]*$")
_KEY_LINE = re.compile(r"\s*(?:- +)?[^\s#:][^:#]*:\s+\S.*")


@dataclass(frozen=True, slots=True)
class _Failure:
    """An error of libyaml: what it says, and where, as spans of one character."""

    file: SourceFile
    problem: str
    context: str
    at: Span
    since: Span | None

    def line(self, number: int) -> str:
        return line_text(self.file.text, number)

    @property
    def character(self) -> str:
        return self.line(self.at.line)[self.at.column - 1 : self.at.column]


def explain(file: SourceFile, broken: Broken) -> Diagnostic:
    """The diagnostic for a place where composing stopped."""
    failure = _failure(file, broken)
    if isinstance(broken.error, TooDeepError):
        return Diagnostic.error(
            "too-deep",
            f"values are nested more than {MAX_DEPTH} levels deep",
            failure.at,
            help=("write it flatter: no specification needs so many levels",),
        )
    if isinstance(broken.error, TooManyNodesError):
        return Diagnostic.error(
            "too-many-values",
            f"the document has more than {MAX_NODES:,} values",
            failure.at,
            help=("split it into several specifications",),
        )
    for problem, context, explanation in _EXPLANATIONS:
        if problem in failure.problem and context in failure.context:
            found = explanation(failure)
            if found is not None:
                return found
    return Diagnostic.error(
        "invalid-yaml",
        "this is not YAML" + (f": {shown(failure.problem)}" if failure.problem else ""),
        failure.at,
        secondary=_while(failure),
    )


def _failure(file: SourceFile, broken: Broken) -> _Failure:
    error = broken.error
    if not isinstance(error, yaml.MarkedYAMLError):
        return _Failure(file, str(error), "", Span.point(file.path, broken.line_offset + 1), None)

    def span(mark: yaml.Mark | None) -> Span | None:
        if mark is None:
            return None
        line, column = mark.line + broken.line_offset + 1, mark.column + 1
        width = 1 if column <= len(line_text(file.text, line)) else 0
        return Span(file.path, line, column, line, column + width)

    context, problem = error.context or "", error.problem or ""
    at, since = span(error.problem_mark), span(error.context_mark)
    return _Failure(file, problem, context, at or since or Span.point(file.path), since if at else None)


def _while(failure: _Failure) -> tuple[Label, ...]:
    if failure.since is None or failure.since.line == failure.at.line:
        return ()
    return (Label(failure.since, "in what starts here"),)


def _unclosed_quote(failure: _Failure) -> Diagnostic:
    at = failure.since or failure.at
    mark = failure.line(at.line)[at.column - 1 : at.column]
    return Diagnostic.error(
        "unclosed-quote",
        f"the quote {mark} is never closed",
        at,
        "opened here",
        help=(f"write {mark} at the end of the value",),
    )


def _unclosed_bracket(failure: _Failure) -> Diagnostic:
    at = failure.since or failure.at
    opened = failure.line(at.line)[at.column - 1 : at.column]
    closing = {"[": "]", "{": "}"}.get(opened, "]")
    if failure.at.line == at.line and failure.character and failure.character not in ":,":
        return Diagnostic.error(
            "missing-comma",
            f"`,` or `{closing}` is missing",
            failure.at,
            "before this",
            secondary=(Label(at, "in what is opened here"),),
            help=("put a comma between two items; quote an item that holds `, [ ] { }` or a colon and a space",),
        )
    if failure.character == ":" and failure.at.line == at.line:
        return _colon_in_value(failure)
    return Diagnostic.error(
        "unclosed-bracket",
        f"the bracket `{opened}` is never closed",
        at,
        "opened here",
        help=(f"write `{closing}` after the last item",),
    )


def _colon_in_value(failure: _Failure) -> Diagnostic:
    return Diagnostic.error(
        "colon-in-value",
        "a value holds a colon and a space, which YAML reads as another key",
        failure.at,
        help=("quote the value, or start a new line if another key is meant",),
    )


def _mapping_not_allowed(failure: _Failure) -> Diagnostic:
    """A colon where no key can be: a value with a colon, too much indentation, or a line without a colon."""
    line = failure.line(failure.at.line)
    before = line[: failure.at.column - 1]
    if re.search(r":\s+\S", before) or re.search(r"[\"'].*[\"']\s*$", before):
        return _colon_in_value(failure)
    above_number, above = _line_above(failure)
    missing = _missing_space(failure, above_number)
    if missing is not None:
        return missing
    if _BARE_WORDS.fullmatch(above):
        return _missing_colon(failure, above_number)
    if _indent(line) > _indent(above) and _KEY_LINE.fullmatch(above):
        at = Span(failure.file.path, failure.at.line, 1, failure.at.line, _indent(line) + 1)
        start = _indent(above) + 1
        return Diagnostic.error(
            "bad-indentation",
            "this key is indented further than the one above it, which has a value already",
            at,
            secondary=(Label(Span(failure.file.path, above_number, start, above_number, len(above) + 1)),),
            help=(f"indent it by {_spaces(_indent(above))} if it stands beside that key",),
        )
    return _colon_in_value(failure)


def _simple_key(failure: _Failure) -> Diagnostic:
    """A line in a mapping that has no colon."""
    number = (failure.since or failure.at).line
    return _missing_space(failure, number) or _missing_colon(failure, number)


def _missing_space(failure: _Failure, number: int) -> Diagnostic | None:
    line = failure.line(number)
    found = _NO_SPACE.fullmatch(line)
    if found is None:
        return None
    column = found.end(2) + 1
    return Diagnostic.error(
        "missing-space",
        "a space is missing after the colon",
        Span(failure.file.path, number, column, number, column + 1),
        help=(f"write `{shown(found[2])}: {shown(found[3])}`",),
    )


def _missing_colon(failure: _Failure, number: int) -> Diagnostic:
    line = failure.line(number)
    start = _indent(line) + 1
    return Diagnostic.error(
        "missing-colon",
        "a line of a mapping has no colon",
        Span(failure.file.path, number, start, number, max(len(line.rstrip()) + 1, start)),
        help=("write `key: value`, with a space after the colon",),
    )


def _block_mapping(failure: _Failure) -> Diagnostic:
    """Something that is no key where a block mapping goes on."""
    line = failure.line(failure.at.line)
    before = line[: failure.at.column - 1]
    if before.strip():
        if re.search(r"[\"'\]})]\s*$", before):
            return _text_after_value(failure)
        return Diagnostic.error("invalid-yaml", "this belongs to no key", failure.at, secondary=_while(failure))
    if failure.character == ":":
        return empty_key(failure.at)
    if failure.character == "-" and failure.since and _indent(line) == failure.since.column - 1:
        return Diagnostic.error(
            "list-in-mapping",
            "a list item stands among the keys of a mapping",
            failure.at,
            secondary=_while(failure),
            help=("indent the item below the key that it belongs to, and leave that key without a value",),
        )
    return _bad_indentation(failure)


def _text_after_value(failure: _Failure) -> Diagnostic:
    opened = failure.line(failure.at.line).find("{{", 0, failure.at.column)
    if opened >= 0:
        return template(Span(failure.file.path, failure.at.line, opened + 1, failure.at.line, opened + 3))
    return Diagnostic.error(
        "text-after-value",
        "text stands behind a value that is already complete",
        failure.at,
        help=('quote the whole value; within double quotes write \\" for a quote',),
    )


def _bad_indentation(failure: _Failure) -> Diagnostic:
    line = failure.line(failure.at.line)
    depth = _indent(line)
    at = Span(failure.file.path, failure.at.line, 1, failure.at.line, max(depth, 1) + 1)
    return Diagnostic.error(
        "bad-indentation",
        "the indentation fits nothing above it",
        at,
        f"{_spaces(depth)} here",
        secondary=_while(failure),
        help=("give all keys of one mapping, or items of one list, the same number of spaces",),
    )


def _block_sequence(failure: _Failure) -> Diagnostic:
    """A key where the next item of a list belongs."""
    line = failure.line(failure.at.line)
    if failure.since and _indent(line) == failure.since.column - 1:
        return Diagnostic.error(
            "list-in-mapping",
            "a key stands among the items of a list",
            failure.at,
            secondary=_while(failure),
            help=("put `- ` before it if it is an item, or indent it as the keys above the list",),
        )
    return _bad_indentation(failure)


def _item_not_allowed(failure: _Failure) -> Diagnostic:
    return Diagnostic.error(
        "list-in-mapping",
        "a list starts on the line of its key",
        failure.at,
        help=("put each `- item` on a line of its own below the key, or write `[item, item]`",),
    )


def _odd_start(failure: _Failure) -> Diagnostic:
    """A character that starts no value: a tab, or one that YAML keeps for itself."""
    if failure.character == "\t":
        return _tab(failure)
    return _special(failure, failure.at)


def _tab(failure: _Failure) -> Diagnostic:
    line = failure.line(failure.at.line)
    start = failure.at.column
    width = len(line[start - 1 :]) - len(line[start - 1 :].lstrip("\t"))
    return Diagnostic.error(
        "tab-indentation",
        "a tab stands where YAML wants spaces",
        Span(failure.file.path, failure.at.line, start, failure.at.line, start + max(width, 1)),
        help=("indent with spaces",),
    )


def _special(failure: _Failure, at: Span) -> Diagnostic:
    line = failure.line(at.line)
    text = re.split(r"\s+#|[,\]}]\s*$", line[at.column - 1 :])[0].rstrip()
    mark = text[:1]
    shown_mark = "a backtick" if mark == "`" else f"`{mark}`"
    meaning = {"*": "means an alias", "&": "means an anchor"}.get(mark, "has no meaning yet")
    return Diagnostic.error(
        "special-character",
        f"a plain value cannot start with {shown_mark}, which {meaning} in YAML",
        Span(failure.file.path, at.line, at.column, at.line, at.column + max(len(text), 1)),
        help=(f"quote it: {shown(quoted(text))}",),
    )


def _bad_alias(failure: _Failure) -> Diagnostic:
    return _special(failure, failure.since or failure.at)


def _unknown_alias(failure: _Failure) -> Diagnostic:
    line = failure.line(failure.at.line)
    name = re.match(r"\*[\w-]*", line[failure.at.column - 1 :])
    text = name[0] if name else "*"
    end = failure.at.column + len(text)
    return Diagnostic.error(
        "unknown-alias",
        f"the alias `{shown(text)}` has no anchor above it",
        Span(failure.file.path, failure.at.line, failure.at.column, failure.at.line, end),
        help=(f"write `&{shown(text[1:])}` before the value that it names, or quote it: {quoted(text)}",),
    )


def _repeated_anchor(failure: _Failure) -> Diagnostic:
    return Diagnostic.error(
        "duplicate-anchor",
        "an anchor is declared twice in one document",
        failure.at,
        "again here",
        secondary=(Label(failure.since, "first declared here"),) if failure.since else (),
        help=("give each anchor a name of its own",),
    )


def _bad_escape(failure: _Failure) -> Diagnostic:
    line = failure.line(failure.at.line)
    start = line.rfind("\\", 0, failure.at.column + 1)
    if start < 0 or start < failure.at.column - 12:
        start = failure.at.column - 1
    shown_escape = line[start : start + 2]
    return Diagnostic.error(
        "bad-escape",
        f"`{shown_escape}` is no escape that YAML knows",
        Span(failure.file.path, failure.at.line, start + 1, failure.at.line, start + 1 + len(shown_escape)),
        help=("write \\\\ for a backslash, or use single quotes, where a backslash is plain text",),
    )


def _no_content(failure: _Failure) -> Diagnostic:
    mark = failure.character
    if mark in ("]", "}"):
        return Diagnostic.error(
            "unclosed-bracket", f"`{mark}` closes nothing", failure.at, help=("delete it, or quote the value",)
        )
    if mark == ",":
        return Diagnostic.error(
            "missing-comma", "a comma stands where a value belongs", failure.at, help=("delete it, or quote it",)
        )
    return Diagnostic.error("invalid-yaml", "a value is missing here", failure.at, secondary=_while(failure))


def _block_header(failure: _Failure) -> Diagnostic:
    at = failure.since or failure.at
    mark = failure.line(at.line)[at.column - 1 : at.column]
    return Diagnostic.error(
        "special-character",
        f"text stands on the line of `{mark}`, which starts a block of text on the next line",
        failure.at,
        help=(f"put the text on the next line, further to the right; or quote the value if `{mark}` is text",),
    )


def _tag_handle(failure: _Failure) -> Diagnostic:
    return Diagnostic.error(
        "yaml-tag",
        "YAML tags are not part of the language",
        failure.at,
        help=("delete the tag, or quote the value if `!` is text",),
    )


def _directive(failure: _Failure) -> Diagnostic:
    line = failure.line(failure.at.line)
    return Diagnostic.error(
        "yaml-directive",
        f"the directive `{shown(line)}` is not part of the language",
        Span(failure.file.path, failure.at.line, 1, failure.at.line, len(line) + 1),
        help=("delete the line: every file is read in the same way",),
    )


def _document_start(failure: _Failure) -> Diagnostic:
    return Diagnostic.error(
        "missing-document-start",
        "text stands where only a new document can start",
        failure.at,
        help=("put `---` on a line of its own before the document",),
    )


def _line_above(failure: _Failure) -> tuple[int, str]:
    """The nearest line above that holds more than a comment; the failure's own where there is none."""
    for number in range(failure.at.line - 1, 0, -1):
        text = failure.line(number)
        if text.strip() and not text.lstrip().startswith("#"):
            return number, text
    return failure.at.line, failure.line(failure.at.line)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _spaces(count: int) -> str:
    return "1 space" if count == 1 else f"{count} spaces"


_EXPLANATIONS: tuple[tuple[str, str, Callable[[_Failure], Diagnostic | None]], ...] = (
    ("found unexpected end of stream", "quoted scalar", _unclosed_quote),
    ("found unexpected document indicator", "quoted scalar", _unclosed_quote),
    ("did not find expected ',' or", "", _unclosed_bracket),
    ("mapping values are not allowed", "", _mapping_not_allowed),
    ("could not find expected ':'", "", _simple_key),
    ("did not find expected key", "", _block_mapping),
    ("did not find expected '-' indicator", "", _block_sequence),
    ("block sequence entries are not allowed", "", _item_not_allowed),
    ("found a tab character", "", _tab),
    ("found character that cannot start any token", "", _odd_start),
    ("did not find expected alphabetic or numeric", "", _bad_alias),
    ("found undefined alias", "", _unknown_alias),
    ("second occurrence", "", _repeated_anchor),
    ("escape character", "", _bad_escape),
    ("hexdecimal number", "quoted scalar", _bad_escape),
    ("Unicode character escape", "", _bad_escape),
    ("did not find expected node content", "", _no_content),
    ("did not find expected comment or line break", "block scalar", _block_header),
    ("tag", "", _tag_handle),
    ("", "tag", _tag_handle),
    ("directive", "", _directive),
    ("", "directive", _directive),
    ("incompatible YAML document", "", _directive),
    ("expected <document start>", "", _document_start),
)
"""(part of libyaml's problem, part of its context, who explains it); the first that fits."""

"""Diagnostics for people: the place, the user's own line, a caret under what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from penstock.diagnostics.columns import neutral, show_line, width
from penstock.diagnostics.deduplicate import alike_of
from penstock.diagnostics.model import Diagnostic, Label, Safety, Severity
from penstock.diagnostics.summary import summary

TextOf = Callable[[str], str | None]
"""The text of a file by its path; None where there is none to show."""

LINE_WIDTH = 100
"""Columns of a user's line that are shown; a longer one is cut around the span."""

_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_GUTTER = "\x1b[34m"
_COLOURS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m", Severity.NOTE: "\x1b[1;36m"}


def render(diagnostics: Iterable[Diagnostic], text_of: TextOf, *, colour: bool = False) -> str:
    """All diagnostics in the order given, with an empty line between two and a summary at the end.

    What is said in the same words of several files as a whole is said once, with the files below it.

    Ends with a line feed; empty where there is none. No character of a user's text reaches the
    terminal as a control.
    """
    found = list(diagnostics)
    if not found:
        return ""
    lines: dict[str, list[str] | None] = {}

    def line_of(label: Label) -> str | None:
        path = label.span.path
        if path not in lines:
            text = text_of(path)
            lines[path] = None if text is None else text.split("\n")
        known = lines[path]
        if known is None or label.span.line > len(known):
            return None
        return known[label.span.line - 1].removesuffix("\r")

    blocks = [_block(one, line_of, _Paint(colour, _COLOURS[one[0].severity])) for one in alike_of(found)]
    return "\n\n".join([*blocks, summary(found)]) + "\n"


class _Paint:
    """Colours, or none."""

    __slots__ = ("_on", "_own")

    def __init__(self, on: bool, own: str) -> None:
        self._on = on
        self._own = own

    def own(self, text: str) -> str:
        return self._in(self._own, text)

    def bold(self, text: str) -> str:
        return self._in(_BOLD, text)

    def gutter(self, text: str) -> str:
        return self._in(_GUTTER, text)

    def _in(self, code: str, text: str) -> str:
        return f"{code}{text}{_RESET}" if self._on and text else text


def _block(alike: list[Diagnostic], line_of: Callable[[Label], str | None], paint: _Paint) -> str:
    diagnostic = alike[0]
    title = paint.own(f"{diagnostic.severity.value}[{diagnostic.code}]")
    out = [f"{title}{paint.bold(': ' + neutral(diagnostic.headline))}"]
    labels = [label for label in (diagnostic.primary, *diagnostic.secondary) if label is not None]
    if len(alike) > 1:
        out += [f"  {neutral(one.path or '')}" for one in alike]
    elif diagnostic.primary is not None:
        numbers = max(len(str(label.span.line)) for label in labels)
        path = diagnostic.primary.span.path
        out.append(f"  {neutral(str(diagnostic.primary.span))}")
        for group in _by_line(labels):
            if group[0].span.path != path:
                path = group[0].span.path
                out.append(f"  {neutral(str(group[0].span))}")
            out += _snippet(group, diagnostic.primary, line_of(group[0]), numbers, paint)
    out += [f"  {paint.bold('help:')} {neutral(text)}" for text in diagnostic.help]
    out += _suggestion(diagnostic, paint)
    return "\n".join(out)


def _by_line(labels: list[Label]) -> list[list[Label]]:
    """Labels of one line together; the primary's file first, each file's lines in order."""
    groups: dict[tuple[str, int], list[Label]] = {}
    for label in labels:
        groups.setdefault((label.span.path, label.span.line), []).append(label)
    first = labels[0].span.path
    return [groups[key] for key in sorted(groups, key=lambda key: (key[0] != first, key))]


def _snippet(group: list[Label], primary: Label, line: str | None, numbers: int, paint: _Paint) -> list[str]:
    """The line with its number, and below it a line of carets for each label."""
    if line is None:
        return [f"  {paint.gutter('=')} {neutral(label.message)}" for label in group if label.message]
    leading = group[0].span
    shown = show_line(line, leading.column, _last_column(group[0], line), LINE_WIDTH)
    empty = paint.gutter(" " * (numbers + 4) + "|")
    out = [f"{paint.gutter(f'   {group[0].span.line:>{numbers}} |')} {shown.text}".rstrip()]
    for label in sorted(group, key=lambda one: (one is not primary, -one.span.column)):
        start = shown.column(label.span.column)
        count = max(shown.column(_last_column(label, line)) - start, 1)
        mark = "^" if label is primary else "-"
        under = mark * min(count, max(width(shown.text) - start, 1))
        painted = paint.own(under) if label is primary else paint.gutter(under)
        message = f" {neutral(label.message)}" if label.message else ""
        out.append(f"{empty} {' ' * start}{painted}{message}")
    return out


def _last_column(label: Label, line: str) -> int:
    """The column behind the part of the span that lies on its first line."""
    span = label.span
    return span.end_column if span.end_line == span.line else len(line) + 1


def _suggestion(diagnostic: Diagnostic, paint: _Paint) -> list[str]:
    """What `--fix` could do, where the help does not say it already."""
    fix = diagnostic.fix
    if fix is None or fix.safety is Safety.DISPLAY or diagnostic.help:
        return []
    return [f"  {paint.bold('fix:')} {neutral(fix.headline)}"]

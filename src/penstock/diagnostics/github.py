"""Diagnostics as GitHub workflow commands, which a run turns into annotations of the changed files.

The format and its escapes are those of the `toolkit` package `@actions/core`: in a message `%`, CR
and LF are escaped, in a property `:` and `,` as well. So no text of a user can end a command or
start another.
"""

from __future__ import annotations

from collections.abc import Iterable

from penstock.diagnostics.columns import neutral
from penstock.diagnostics.model import Diagnostic, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(diagnostics: Iterable[Diagnostic]) -> str:
    """One command a line, with a line feed after each."""
    return "".join(_command(one) + "\n" for one in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    properties: dict[str, str] = {}
    if diagnostic.primary is not None:
        span = diagnostic.primary.span
        properties = {"file": neutral(span.path), "line": str(span.line), "endLine": str(span.end_line)}
        if span.line == span.end_line:
            # GitHub ignores columns of an annotation that covers several lines, and its end column is inclusive.
            properties["col"] = str(span.column)
            properties["endColumn"] = str(max(span.end_column - 1, span.column))
    properties["title"] = diagnostic.code
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[diagnostic.severity]} {listed}::{_message(diagnostic)}"


def _message(diagnostic: Diagnostic) -> str:
    lines = [diagnostic.headline]
    if diagnostic.primary is not None and diagnostic.primary.message:
        lines.append(diagnostic.primary.message)
    lines += [f"{label.span}: {label.message}" for label in diagnostic.secondary if label.message]
    lines += [f"help: {text}" for text in diagnostic.help]
    return _data("\n".join(neutral(line) for line in lines))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

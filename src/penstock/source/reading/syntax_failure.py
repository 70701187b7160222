"""An error of libyaml as spans of the file, and the lines around it."""

from __future__ import annotations

from typing import NamedTuple

import yaml

from penstock.diagnostics.model import Label, Span
from penstock.source.model import SourceFile
from penstock.source.reading.composition import Broken
from penstock.source.reading.node_spans import line_text


class Failure(NamedTuple):
    """An error of libyaml: what it says, and where, as spans of one character."""

    file: SourceFile
    problem: str
    context: str
    at: Span
    since: Span | None

    def line(self, number: int) -> str:
        """A line of the file, counted from 1."""
        return line_text(self.file.text, number)

    @property
    def character(self) -> str:
        """What stands where libyaml stopped; empty at the end of a line."""
        return self.line(self.at.line)[self.at.column - 1 : self.at.column]


def failure_of(file: SourceFile, broken: Broken) -> Failure:
    """The failure for a place where composing stopped."""
    error = broken.error
    if not isinstance(error, yaml.MarkedYAMLError):
        return Failure(file, str(error), "", Span.point(file.path, broken.line_offset + 1), None)

    def span(mark: yaml.Mark | None) -> Span | None:
        if mark is None:
            return None
        line, column = mark.line + broken.line_offset + 1, mark.column + 1
        width = 1 if column <= len(line_text(file.text, line)) else 0
        return Span(file.path, line, column, line, column + width)

    context, problem = error.context or "", error.problem or ""
    at, since = span(error.problem_mark), span(error.context_mark)
    return Failure(file, problem, context, at or since or Span.point(file.path), since if at else None)


def containing(failure: Failure) -> tuple[Label, ...]:
    """A label for the collection that the failure lies in, where that starts on another line."""
    if failure.since is None or failure.since.line == failure.at.line:
        return ()
    return (Label(failure.since, "in the value that starts here"),)


def line_above(failure: Failure) -> tuple[int, str]:
    """The nearest line above that holds more than a comment; the failure's own where there is none."""
    for number in range(failure.at.line - 1, 0, -1):
        text = failure.line(number)
        if text.strip() and not text.lstrip().startswith("#"):
            return number, text
    return failure.at.line, failure.line(failure.at.line)


def indentation(line: str) -> int:
    """How many spaces a line starts with."""
    return len(line) - len(line.lstrip(" "))

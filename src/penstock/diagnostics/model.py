"""What can be said about a user's files, as values: what is wrong, where, and what would be right."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Severity(enum.Enum):
    """How much a diagnostic matters; `ERROR < WARNING < NOTE`, the most severe first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the most severe."""
        return _RANKS[self.value]

    def __lt__(self, other: Severity) -> bool:
        return self.rank < other.rank


_RANKS = {"error": 0, "warning": 1, "note": 2}


class Safety(enum.Enum):
    """What applying a fix risks."""

    SAFE = "safe"
    """Keeps the meaning, or is the only meaning the text can have."""
    UNSAFE = "unsafe"
    """Probably what was meant; a person has to look at it."""
    DISPLAY = "display"
    """Shown as an example of the right text, never applied."""


class Span(NamedTuple):
    """A stretch of one file.

    Lines and columns count from 1, columns in characters; `end_column` is the column after the
    last character. `path` is relative to the repository, with `/` between its parts.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"

    @classmethod
    def point(cls, path: str, line: int = 1, column: int = 1) -> Span:
        """The empty span before the character at `line` and `column`."""
        return cls(path, line, column, line, column)


class Label(NamedTuple):
    """A span and the few words that stand beside its caret; the message may be empty."""

    span: Span
    message: str = ""


class Edit(NamedTuple):
    """Put `replacement` in place of the text of `span`."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that together take the diagnostic away; they never overlap."""

    safety: Safety
    headline: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong, or worth knowing.

    `code` is kebab-case and has a manual entry. `headline` is terse, lower case, without a full
    stop, and says what is wrong; only `help` says what to do. `primary` is the smallest span
    that is wrong; None where no file is at fault (a missing tool, a bad argument).
    """

    code: str
    severity: Severity
    headline: str
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    help: tuple[str, ...] = ()
    fix: Fix | None = None

    @classmethod
    def error(
        cls,
        code: str,
        headline: str,
        at: Span | None = None,
        label: str = "",
        *,
        secondary: tuple[Label, ...] = (),
        help: tuple[str, ...] = (),  # noqa: A002
        fix: Fix | None = None,
    ) -> Diagnostic:
        """An error whose primary label is `label` at `at`."""
        return cls(code, Severity.ERROR, headline, _labelled(at, label), secondary, help, fix)

    @classmethod
    def warning(
        cls,
        code: str,
        headline: str,
        at: Span | None = None,
        label: str = "",
        *,
        secondary: tuple[Label, ...] = (),
        help: tuple[str, ...] = (),  # noqa: A002
        fix: Fix | None = None,
    ) -> Diagnostic:
        """A warning whose primary label is `label` at `at`."""
        return cls(code, Severity.WARNING, headline, _labelled(at, label), secondary, help, fix)

    @classmethod
    def note(
        cls,
        code: str,
        headline: str,
        at: Span | None = None,
        label: str = "",
        *,
        secondary: tuple[Label, ...] = (),
        help: tuple[str, ...] = (),  # noqa: A002
        fix: Fix | None = None,
    ) -> Diagnostic:
        """A note whose primary label is `label` at `at`."""
        return cls(code, Severity.NOTE, headline, _labelled(at, label), secondary, help, fix)

    @property
    def path(self) -> str | None:
        """The file at fault."""
        return self.primary.span.path if self.primary else None

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Orders by path, line, column and code, then by everything else that can differ.

        Diagnostics without a place come last.
        """
        span = self.primary.span if self.primary else None
        place = (0, span.path, span.line, span.column) if span else (1, "", 0, 0)
        return (
            place,
            self.code,
            self.severity.rank,
            (span.end_line, span.end_column) if span else (0, 0),
            self.headline,
            self.primary.message if self.primary else "",
            self.secondary,
            self.help,
            repr(self.fix),
        )

    def __lt__(self, other: Diagnostic) -> bool:
        return self.sort_key < other.sort_key


def _labelled(at: Span | None, label: str) -> Label | None:
    return None if at is None else Label(at, label)


@dataclass(slots=True)
class Diagnostics:
    """Collects diagnostics in any order and gives them back sorted, one for each cause.

    Diagnostics of one code at one primary span have one cause: the first in sorted order, which
    is the most severe, stands for all. Without a primary span the headline takes its place.
    """

    _found: list[Diagnostic] = field(default_factory=list)

    def append(self, diagnostic: Diagnostic) -> None:
        """Add one."""
        self._found.append(diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Add several."""
        self._found.extend(diagnostics)

    @property
    def has_errors(self) -> bool:
        """Whether any is an error."""
        return has_errors(self._found)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All of them, in their total order, without repetitions of one cause."""
        first: dict[tuple[str, Span | str], Diagnostic] = {}
        for found in sorted(self._found):
            first.setdefault((found.code, found.primary.span if found.primary else found.headline), found)
        return tuple(first.values())

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.sorted())

    def __len__(self) -> int:
        return len(self.sorted())

    def __bool__(self) -> bool:
        return bool(self._found)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of the diagnostics is an error."""
    return any(found.severity is Severity.ERROR for found in diagnostics)

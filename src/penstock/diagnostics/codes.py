"""The manual of diagnostic codes: a plain table of values that each room supplies for its own."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from penstock.diagnostics.model import Severity

WARNS = (Severity.WARNING,)
MAY_WARN = (Severity.ERROR, Severity.WARNING)
"""Of what is an error where it is sure, and a warning where it may be meant."""
_KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Code:
    """A diagnostic's code and its page of the manual.

    The first paragraph of `manual` is the summary: one sentence. The rest says why, shows an
    example and what to write instead. A check passes its own docstring.
    """

    name: str
    manual: str
    severities: tuple[Severity, ...] = (Severity.ERROR,)
    """What it is reported as, the most severe first."""

    def __post_init__(self) -> None:
        if not _KEBAB.fullmatch(self.name):
            raise ValueError(f"a diagnostic code is kebab-case, not {self.name!r}")
        object.__setattr__(self, "manual", inspect.cleandoc(self.manual))
        if not self.manual:
            raise ValueError(f"the code {self.name} has no manual page")

    @property
    def summary(self) -> str:
        """The manual's first paragraph, on one line."""
        return " ".join(self.manual.split("\n\n", 1)[0].split())


def code_table(*groups: Iterable[Code]) -> Mapping[str, Code]:
    """One table of all codes, by name in order; ValueError where two entries share a name."""
    table: dict[str, Code] = {}
    for code in (code for group in groups for code in group):
        if code.name in table:
            raise ValueError(f"the diagnostic code {code.name} is declared twice")
        table[code.name] = code
    return MappingProxyType(dict(sorted(table.items())))

"""The line that ends a run."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic, Severity


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`3 errors, 1 warning in 2 files`; empty where there is nothing to count."""
    found = list(diagnostics)
    counts = [(severity, sum(one.severity is severity for one in found)) for severity in Severity]
    parts = [counted(count, severity.value) for severity, count in counts if count]
    if not parts:
        return ""
    files = len({one.path for one in found if one.path is not None})
    return ", ".join(parts) + (f" in {counted(files, 'file')}" if files else "")

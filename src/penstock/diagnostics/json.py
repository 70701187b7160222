"""Diagnostics for programs, as JSON.

The document: `{"version": 1, "diagnostics": [...], "summary": {"error": n, "warning": n, "note": n}}`.
Each diagnostic has `code`, `severity` (error, warning, note), `headline`, `primary` (a label, or null),
`secondary` (labels), `help` (texts) and `fix` (null, or `safety`, `headline` and `edits`, each with
`span` and `replacement`). A label has `span` and `message`; a span has `path`, `line`, `column`,
`endLine` and `endColumn`, counted from 1 in characters, the end exclusive. A field is only ever
added; a change of meaning gets a new version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from penstock.diagnostics.model import Diagnostic, Fix, Label, Severity, Span

VERSION = 1


def render(diagnostics: Iterable[Diagnostic]) -> str:
    """The JSON document, indented, with a line feed at its end."""
    found = list(diagnostics)
    counts = {severity.value: sum(one.severity is severity for one in found) for severity in Severity}
    document = {"version": VERSION, "diagnostics": [plain(one) for one in found], "summary": counts}
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def plain(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic as plain data."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "headline": diagnostic.headline,
        "primary": _label(diagnostic.primary) if diagnostic.primary else None,
        "secondary": [_label(label) for label in diagnostic.secondary],
        "help": list(diagnostic.help),
        "fix": _fix(diagnostic.fix) if diagnostic.fix else None,
    }


def _label(label: Label) -> dict[str, Any]:
    return {"span": _span(label.span), "message": label.message}


def _span(span: Span) -> dict[str, Any]:
    return {
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "safety": fix.safety.value,
        "headline": fix.headline,
        "edits": [{"span": _span(edit.span), "replacement": edit.replacement} for edit in fix.edits],
    }

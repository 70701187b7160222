"""Diagnostics as SARIF 2.1.0, the format that code scanning services take.

Columns count Unicode code points (`columnKind`), paths are relative to the repository (`uriBaseId`),
and each result has a fingerprint that stays when lines above it move. Each has a location, too: GitHub
refuses a whole log for one that has none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from penstock.diagnostics.codes import Code
from penstock.diagnostics.model import Diagnostic, Fix, Label, Safety, Span

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "REPOSITORY"
_NOWHERE = Label(Span.point("specs"))
"""Stands for the place of what no file is at fault of."""


def render(diagnostics: Iterable[Diagnostic], codes: Mapping[str, Code], *, tool_version: str) -> str:
    """The SARIF log, with the manual page of every code that occurs; a line feed at its end."""
    found = list(diagnostics)
    used = sorted({one.code for one in found})
    position = {name: index for index, name in enumerate(used)}
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "penstock",
                        "semanticVersion": tool_version,
                        "rules": [_rule(name, codes.get(name)) for name in used],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {_ROOT: {"description": {"text": "the repository's root"}}},
                "results": _results(found, position),
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def _rule(name: str, code: Code | None) -> dict[str, Any]:
    if code is None:
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": code.summary},
        "fullDescription": {"text": code.manual},
        "help": {"text": code.manual, "markdown": code.manual},
    }


def _results(found: list[Diagnostic], position: Mapping[str, int]) -> list[dict[str, Any]]:
    seen: dict[str, int] = {}
    return [_result(one, position[one.code], seen) for one in found]


def _result(diagnostic: Diagnostic, rule: int, seen: dict[str, int]) -> dict[str, Any]:
    text = "\n".join([diagnostic.headline, *(f"help: {line}" for line in diagnostic.help)])
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity.value,
        "message": {"text": text},
        "partialFingerprints": {"penstock/v1": _fingerprint(diagnostic, seen)},
        "locations": [_location(diagnostic.primary or _NOWHERE)],
    }
    if diagnostic.secondary:
        result["relatedLocations"] = [
            {"id": number, **_location(label)} for number, label in enumerate(diagnostic.secondary, 1)
        ]
    if diagnostic.fix is not None and diagnostic.fix.safety is not Safety.DISPLAY:
        result["fixes"] = [_fix(diagnostic.fix)]
    return result


def _fingerprint(diagnostic: Diagnostic, seen: dict[str, int]) -> str:
    """Code, path and headline without the line; a count tells equal ones of a file apart."""
    cause = "\0".join((diagnostic.code, diagnostic.path or "", diagnostic.headline))
    digest = hashlib.sha256(cause.encode("utf-8", "replace")).hexdigest()[:32]
    seen[digest] = count = seen.get(digest, 0) + 1
    return f"{digest}:{count}"


def _location(label: Label) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": _artifact(label.span), "region": _region(label.span)}
    }
    if label.message:
        location["message"] = {"text": label.message}
    return location


def _artifact(span: Span) -> dict[str, Any]:
    return {"uri": quote(span.path.encode("utf-8", "surrogateescape")), "uriBaseId": _ROOT}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    by_path: dict[str, list[dict[str, Any]]] = {}
    artifacts: dict[str, dict[str, Any]] = {}
    for edit in fix.edits:
        artifacts[edit.span.path] = _artifact(edit.span)
        by_path.setdefault(edit.span.path, []).append(
            {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.replacement}}
        )
    return {
        "description": {"text": fix.headline},
        "artifactChanges": [
            {"artifactLocation": artifacts[path], "replacements": replacements}
            for path, replacements in sorted(by_path.items())
        ],
    }

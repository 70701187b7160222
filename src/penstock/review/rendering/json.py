"""A plan for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import orjson

from penstock.diagnostics.model import Diagnostic, Span
from penstock.review.model import ArtifactChange, Change, Impact, Plan
from penstock.review.policy.freezes import StandingFreeze
from penstock.review.policy.governing_files import unjudged
from penstock.review.rendering.rows import Note, headline
from penstock.review.rendering.text_safety import json_text

VERSION = 1


def render(plan: Plan, *, notes: Mapping[str, Note] | None = None, freezes: Iterable[StandingFreeze] = ()) -> str:
    """The plan as JSON, with keys in a fixed order; the same plan gives the same text."""
    return json_text(orjson.dumps(as_data(plan, notes or {}, freezes), option=orjson.OPT_INDENT_2).decode()) + "\n"


def as_data(plan: Plan, notes: Mapping[str, Note], freezes: Iterable[StandingFreeze] = ()) -> dict[str, Any]:
    """The plan as plain data."""
    return {
        "version": VERSION,
        "headline": headline(plan),
        "kind": plan.kind,
        "base": plan.base,
        "head": plan.head,
        "digests": dict(sorted(plan.digests.items())),
        "changes": [_change(plan, change, notes.get(change.fingerprint)) for change in plan.changes],
        "artifacts": [_artifact(artifact) for artifact in plan.artifacts],
        "freezes": [_freeze(held) for held in freezes],
        "notJudged": [
            {"path": one.path, "operation": one.operation.value, "role": one.role or None} for one in unjudged(plan)
        ],
        "errors": [_diagnostic(found) for found in plan.errors],
    }


def _change(plan: Plan, change: Change, note: Note | None) -> dict[str, Any]:
    impact = plan.impacts.get(change.fingerprint, Impact())
    return {
        "fingerprint": change.fingerprint,
        "address": str(change.address),
        "operation": change.operation.value,
        "before": change.before,
        "after": change.after,
        "direction": change.direction.value,
        "area": change.area.value,
        "cause": change.cause,
        "through": list(change.through),
        "why": change.why,
        "environments": list(change.environments),
        "grew": {"by": change.grew.by, "unit": change.grew.unit} if change.grew is not None else None,
        "breaking": change.breaking,
        "sensitivity": change.sensitivity,
        "renamedFrom": str(change.renamed_from) if change.renamed_from is not None else None,
        "span": _span(change.span),
        "impact": {_camel(field.name): getattr(impact, field.name) for field in fields(Impact)},
        **({"needs": note.needs, **({"state": note.state} if note.state else {})} if note is not None else {}),
    }


def _freeze(held: StandingFreeze) -> dict[str, Any]:
    freeze = held.freeze
    return {
        "id": freeze.id,
        "why": freeze.why,
        "from": freeze.from_.isoformat(),
        "until": freeze.until.isoformat(),
        "environments": list(freeze.environments),
        "changes": list(held.changes),
        "artifacts": list(held.files),
    }


def _camel(name: str) -> str:
    """A field's name in the form that keys have everywhere else."""
    first, *rest = name.removeprefix("is_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def _artifact(artifact: ArtifactChange) -> dict[str, Any]:
    return {
        "path": artifact.path,
        "operation": artifact.operation,
        "owners": list(artifact.owners),
        "diff": artifact.diff,
    }


def _diagnostic(found: Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code,
        "severity": found.severity.value,
        "headline": found.headline,
        "span": _span(found.primary.span if found.primary is not None else None),
        "help": list(found.help),
    }


def _span(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    return {"path": span.path, "line": span.line, "column": span.column}

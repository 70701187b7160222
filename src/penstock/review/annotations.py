"""What a decision says at lines of files: at the specs, and through their owners at the manifests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from penstock.catalog.model import Catalog, SpecId
from penstock.diagnostics.model import Diagnostic, Severity, Span
from penstock.forges.github.check_run import Annotation
from penstock.review.decision import Decision
from penstock.review.model import ArtifactChange, Change, Direction, Operation
from penstock.review.rendering.notes import notes_of
from penstock.review.rendering.rows import Note
from penstock.review.rendering.text_safety import visible

Level = Literal["notice", "warning", "failure"]

_RISKY = (Direction.LOOSENED, Direction.UNKNOWN)


def annotations_of(decision: Decision) -> tuple[Annotation, ...]:
    """Errors first, then the changes that raise the risk, then the generated files with what causes them."""
    plan, head = decision.plan, decision.tree.revisions.head.catalog
    notes = notes_of(decision.verdict)
    found = (
        *(_error(one) for one in plan.errors if one.primary is not None),
        *(found for change in plan.changes for found in _change(change, notes.get(change.fingerprint))),
        *(found for artifact in plan.artifacts for found in _artifact(artifact, head)),
    )
    return tuple(replace(one, path=plan.in_repository(one.path)) for one in found)


def _error(found: Diagnostic) -> Annotation:
    assert found.primary is not None
    text = "\n".join(visible(part) for part in (found.headline, found.primary.message, *found.help) if part)
    level: Level = "failure" if found.severity is Severity.ERROR else "warning"
    return _at(found.primary.span, level, text, found.code)


def _change(change: Change, note: Note | None) -> Iterator[Annotation]:
    risky = change.direction in _RISKY or change.breaking
    if change.span is None or change.cause != "direct" or change.operation is Operation.REMOVED or not risky:
        return
    asks = f"\nneeds {note.needs}: {note.state}" if note is not None else ""
    title = f"{change.direction.value} ({change.area.value}{', breaking' if change.breaking else ''})"
    lines = f"{change.address}: {change.why}{asks}".split("\n")
    yield _at(change.span, "warning", "\n".join(map(visible, lines)), title)


def _artifact(artifact: ArtifactChange, head: Catalog) -> Iterator[Annotation]:
    """At the first line that differs: which spec the file is made from, and where that stands."""
    if artifact.operation == "removed":
        return
    path = artifact.path if artifact.path.startswith("generated/") else f"generated/{artifact.path}"
    made = ", ".join(f"{owner}{_place(head, owner)}" for owner in artifact.owners)
    line = _first_difference(*artifact.read())
    yield _at(Span.point(path, line), "notice", visible(f"made from {made}"), "generated")


def _place(head: Catalog, owner: str) -> str:
    kind, _, name = owner.partition("/")
    try:
        span = head.span(SpecId(kind, name))
    except KeyError:
        return ""
    return f" ({span.path}:{span.line})"


def _first_difference(before: bytes, after: bytes) -> int:
    """The first line, from 1, at which the later text differs; its last one where it only lost lines."""
    old, new = before.splitlines(), after.splitlines()
    same = next((index for index, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), None)
    return min(len(old), len(new) - 1) + 1 if same is None else same + 1


def _at(span: Span, level: Level, message: str, title: str) -> Annotation:
    return Annotation(span.path, span.line, span.end_line, level, message, visible(title))

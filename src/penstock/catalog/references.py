"""References between specs: every bare name must be declared, as the kind that the field asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from penstock.catalog.dependencies import Dependencies, names_key, spec_key
from penstock.catalog.marked_texts import marked_texts
from penstock.catalog.model import Catalog, SpecId
from penstock.diagnostics.deduplicate import also_at
from penstock.diagnostics.grammar import with_article
from penstock.diagnostics.model import Diagnostic, Edit, Fix, Safety, Span
from penstock.diagnostics.suggest import did_you_mean, is_certain
from penstock.source.model import Document, Pointer
from penstock.source.reading.refusals import quoted
from penstock.source.reading.scalars import plain_value
from penstock.specs.base import is_name
from penstock.specs.kinds import KINDS
from penstock.specs.marked_fields import Found

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Reference(NamedTuple):
    """A name written in one spec that stands for another."""

    target: SpecId
    pointer: Pointer
    is_key: bool


def references(document: Document) -> list[Reference]:
    """Every reference that a document of a known kind writes, in its overrides too; the document may be invalid."""
    found = [_reference(one) for one in marked_texts(document, "refers")]
    overrides = document.value.get("overrides")
    named = overrides if isinstance(overrides, dict) else {}
    return [*found, *(Reference(SpecId("Environment", one), ("overrides", one), True) for one in named)]


def dangling(catalog: Catalog, document: Document, reads: Dependencies | None = None) -> list[Reference]:
    """The references of a document that lead nowhere."""
    missing = []
    for reference in references(document):
        if reads is not None:
            reads.note(spec_key(reference.target.kind, reference.target.name))
        if not catalog.is_declared(reference.target) and not document.is_damaged(reference.pointer):
            missing.append(reference)
            if reads is not None:
                reads.note(names_key(reference.target.kind))
    return missing


def explain_dangling(catalog: Catalog, places: list[tuple[Document, Reference]]) -> Iterator[Diagnostic]:
    """A diagnostic for each name that leads nowhere, however many places it is written in: they have one cause."""
    groups: dict[SpecId, list[tuple[Document, Reference]]] = {}
    for place in places:
        groups.setdefault(place[1].target, []).append(place)
    for target, group in groups.items():
        if _is_spoilt(catalog, target):
            continue
        document, reference = min(group, key=lambda place: _span(*place))
        first, *rest = sorted(_span(*place) for place in group)
        found = _diagnostic(catalog, target, reference, first)
        labels, helps = also_at(rest)
        fix = found.fix
        if not rest:
            fix = _sure_fix(catalog, document, reference) or fix
        elif fix is not None:
            fix = replace(fix, edits=(*fix.edits, *(fix.edits[0]._replace(span=span) for span in rest)))
        yield replace(found, secondary=labels, help=(*found.help, *helps), fix=fix)


def _is_spoilt(catalog: Catalog, target: SpecId) -> bool:
    """Whether the name is probably meant to be one that a spec was given and that is refused: that is to be mended."""
    guesses = did_you_mean(target.name, [spec_id.name for spec_id in catalog.ids(target.kind)])
    return bool(guesses) and not is_name(guesses[0])


def unknown_name(catalog: Catalog, target: SpecId, span: Span, holder: str) -> Diagnostic:
    """The diagnostic of a name, written at `span` in what `holder` calls, that no spec of the kind carries."""
    helps: list[str] = []
    fix = None
    known = {spec_id.name: spec_id for spec_id in catalog.ids(target.kind)}
    namesake = next((SpecId(kind, target.name) for kind in KINDS if catalog.document(SpecId(kind, target.name))), None)
    guesses = did_you_mean(target.name, known)
    if guesses:
        helps.append("did you mean " + " or ".join(f"`{g}` ({_declared(catalog, known[g])})" for g in guesses) + "?")
        fix = Fix(Safety.UNSAFE, f"write `{guesses[0]}`", (Edit(span, guesses[0]),))
    if namesake is not None:
        helps.append(
            f"`{target.name}` is {with_article(namesake.kind)} ({_declared(catalog, namesake)}), not "
            f"{with_article(target.kind)}"
        )
    if not helps and known and len(known) <= 8:
        helps.append(f"declared: {', '.join(f'`{name}`' for name in known)}")
    elif not known:
        helps.append(f"no {target.kind} is declared: add a document with `kind: {target.kind}`")
    return Diagnostic.error(
        code_of(target.kind),
        f"{holder} refers to {with_article(target.kind)} that does not exist",
        span,
        "not declared anywhere",
        help=tuple(helps),
        fix=fix,
    )


def code_of(kind: str) -> str:
    """The code of a reference to a missing spec of the kind: ``unknown-feature-set``."""
    return f"unknown-{_WORDS.sub('-', kind).lower()}"


def _reference(found: Found) -> Reference:
    return Reference(SpecId(found.scalar.refers or "", found.text), found.pointer, found.is_key)


def _span(document: Document, reference: Reference) -> Span:
    return document.span(reference.pointer, "key" if reference.is_key else "value")


def _diagnostic(catalog: Catalog, target: SpecId, reference: Reference, span: Span) -> Diagnostic:
    above = reference.pointer[:-1] if reference.is_key else reference.pointer
    key = next((step for step in reversed(above) if isinstance(step, str)), "the spec")
    return unknown_name(catalog, target, span, f"`{key}`")


def _sure_fix(catalog: Catalog, document: Document, reference: Reference) -> Fix | None:
    """The fix of a name, written nowhere else, that can only have been meant to be the one of another spec.

    A missing name on which several places agree is hardly a slip: the declaration may be what is misspelt.
    """
    name = reference.target.name
    guesses = did_you_mean(name, [spec_id.name for spec_id in catalog.ids(reference.target.kind)])
    if not is_certain(name, guesses) or any(catalog.document(SpecId(kind, name)) for kind in KINDS):
        return None
    beside: object = document.value
    for step in reference.pointer[:-1]:
        beside = beside[step]  # type: ignore[index]  # the pointer was found by walking this value
    stands_there = isinstance(beside, list) or (isinstance(beside, dict) and reference.is_key)
    if stands_there and guesses[0] in beside:  # type: ignore[operator]  # one of the two, as the line above has found
        return None
    text = guesses[0] if plain_value(guesses[0]) == guesses[0] else quoted(guesses[0])
    return Fix(Safety.SAFE, f"write `{guesses[0]}`", (Edit(_span(document, reference), text),))


def _declared(catalog: Catalog, spec_id: SpecId) -> str:
    span = catalog.span(spec_id, ("metadata", "name"))
    return f"{span.path}:{span.line}"

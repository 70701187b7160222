"""Everything that loading finds: what cannot be read, is no spec, is invalid, repeated, or refers to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.dependencies import Dependencies, spec_key
from penstock.catalog.model import Catalog, SpecId
from penstock.catalog.references import Reference, dangling, explain_dangling
from penstock.catalog.unrecognized_documents import unrecognized
from penstock.diagnostics.model import Diagnostic, Diagnostics, Label
from penstock.source.model import Document


def catalog_problems(catalog: Catalog) -> tuple[Diagnostic, ...]:
    """All problems of all specs, in order, one for each cause."""
    found = Diagnostics()
    found.extend(repository_problems(catalog))
    missing: list[tuple[Document, Reference]] = []
    for spec_id in catalog.ids():
        found.extend(own_problems(catalog, spec_id))
        document = catalog.document(spec_id)
        if document is not None:
            missing += [(document, reference) for reference in dangling(catalog, document)]
    found.extend(explain_dangling(catalog, missing))
    return found.sorted()


def repository_problems(catalog: Catalog) -> Iterator[Diagnostic]:
    """Problems that belong to no single spec: unreadable files, documents that are no specs, repeated names."""
    yield from catalog.reading
    for document in catalog.strays:
        yield from unrecognized(document)
    for spec_id, document in catalog.repeated:
        yield Diagnostic.error(
            "duplicate-name",
            f"duplicate spec {spec_id}",
            document.span(("metadata", "name")),
            "again here",
            secondary=(Label(catalog.span(spec_id, ("metadata", "name")), "first declared here"),),
            help=("rename one of them: names must be unique per kind, in whatever file",),
        )


def own_problems(catalog: Catalog, spec_id: SpecId) -> Iterator[Diagnostic]:
    """What is wrong with one spec by itself, and with its overrides."""
    yield from catalog.problems(spec_id)
    if catalog.loaded(spec_id) is None:
        return
    known = set(catalog.environments())
    for environment in catalog.overriding(spec_id):
        # One that does not exist is reported as a dangling reference, and merged nowhere.
        if environment in known:
            merged = catalog.overridden(spec_id, environment)
            if merged is not None:
                yield from merged.diagnostics


def spec_problems(catalog: Catalog, spec_id: SpecId, reads: Dependencies) -> tuple[Diagnostic, ...]:
    """The problems of one spec, references included; `reads` gets all that they depend on."""
    reads.note(spec_key(spec_id.kind, spec_id.name))
    found = Diagnostics()
    found.extend(own_problems(catalog, spec_id))
    document = catalog.document(spec_id)
    if document is not None:
        missing = [(document, reference) for reference in dangling(catalog, document, reads)]
        found.extend(explain_dangling(catalog, missing))
    return found.sorted()

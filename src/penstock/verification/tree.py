"""What holds between files: one object in one place, and kustomizations that list what there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Document
from penstock.verification.parts import list_at, mapping_at


def repeated_objects(documents: Iterable[Document]) -> Iterator[Diagnostic]:
    """Objects that two documents of one environment declare; an environment is a folder with a kustomization."""
    documents = tuple(documents)
    environments = [_folder(each) for each in documents if each.value.get("kind") == "Kustomization"]
    first: dict[tuple[object, ...], Document] = {}
    for document in documents:
        identity = _identity(document, environments)
        if identity is None:
            continue
        known = first.setdefault(identity, document)
        if known is not document:
            kind, name = document.value["kind"], document.value["metadata"]["name"]
            yield Diagnostic.error(
                "duplicate-object",
                f"duplicate {kind} `{name}`",
                document.span(("metadata", "name")),
                secondary=(Label(known.span(("metadata", "name")), "first here"),),
            )


def missing_entries(documents: Iterable[Document]) -> Iterator[Diagnostic]:
    """Entries of kustomizations for which no file was read."""
    documents = tuple(documents)
    files = {document.file.path for document in documents}
    for document in documents:
        if document.value.get("kind") != "Kustomization":
            continue
        for index, entry in enumerate(list_at(document.value, "resources")):
            if isinstance(entry, str) and (_folder(document) / entry).as_posix() not in files:
                span = document.span(("resources", index))
                yield Diagnostic.error("kustomization-entry", f"there is no file `{entry}`", span)


def _identity(document: Document, environments: list[PurePosixPath]) -> tuple[object, ...] | None:
    value = document.value
    metadata = mapping_at(value, "metadata")
    kind, name, namespace = value.get("kind"), metadata.get("name"), metadata.get("namespace")
    if not isinstance(kind, str) or not isinstance(name, str):
        return None
    group = str(value.get("apiVersion", "")).rpartition("/")[0]
    home = next((each for each in environments if _folder(document).is_relative_to(each)), None)
    return home, group, kind, str(namespace), name


def _folder(document: Document) -> PurePosixPath:
    return PurePosixPath(document.file.path).parent

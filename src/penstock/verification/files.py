"""Reads generated files as documents that know where their values stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from penstock.diagnostics.model import Diagnostic
from penstock.source.characters import decode
from penstock.source.model import Document
from penstock.source.yaml_reader import read_documents

GENERATED = "generated"


def read_generated(root: Path, places: Iterable[Path] = ()) -> tuple[list[Document], list[Diagnostic]]:
    """The documents of all YAML files at `places` (files or folders; ``generated/`` where none is given), in order.

    Paths in diagnostics are relative to `root` where they lie in it.
    """
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    for place in tuple(places) or (root / GENERATED,):
        files = list(_yaml_files(place))
        if not files:
            diagnostics.append(_nothing_at(place, root))
        for file in files:
            source, found = decode(shown(file, root), file.read_bytes())
            diagnostics += found
            if source is not None:
                in_file, found = read_documents(source)
                documents += in_file
                diagnostics += found
    return documents, diagnostics


def shown(path: Path, root: Path) -> str:
    """The path as diagnostics show it."""
    resolved, base = path.resolve(), root.resolve()
    return resolved.relative_to(base).as_posix() if resolved.is_relative_to(base) else path.as_posix()


def _yaml_files(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield from sorted(path for path in place.rglob("*.yaml") if path.is_file())
    elif place.is_file():
        yield place


def _nothing_at(place: Path, root: Path) -> Diagnostic:
    return Diagnostic.error(
        "no-generated-files",
        f"there are no YAML files at `{shown(place, root)}`",
        help=("run `penstock compile` first, or name files or folders that exist",),
    )

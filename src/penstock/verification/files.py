"""Reads generated files as documents that know where their values stand."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from penstock.diagnostics.model import Diagnostic
from penstock.source.files import GENERATED, SUFFIXES, unreadable
from penstock.source.model import Document, SourceFile
from penstock.source.plain_file import read_plain_file
from penstock.source.reading.characters import decode
from penstock.source.reading.yaml_reader import read_documents


def read_generated(root: Path, places: Iterable[Path]) -> tuple[list[Document], list[Diagnostic]]:
    """The documents of all YAML files at `places` (files or folders; ``generated/`` where none is given), in order.

    Paths in diagnostics are relative to `root` where they lie in it. In a folder no link is followed: what stands
    behind it is no generated file, and would be shown.
    """
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    for place in tuple(places) or (root / GENERATED,):
        files = list(_yaml_files(place))
        if not files:
            diagnostics.append(_nothing_at(place, root))
        for file in files:
            source, found = _read(file, root)
            diagnostics += found
            if source is not None:
                in_file, found = read_documents(source)
                documents += in_file
                diagnostics += found
    return documents, diagnostics


def _read(file: Path, root: Path) -> tuple[SourceFile | None, list[Diagnostic]]:
    name = shown(file.parent, root) + f"/{file.name}" if file.is_symlink() else shown(file, root)
    try:
        return decode(name, read_plain_file(os.fspath(file)))
    except OSError as error:
        why = "it is a symbolic link" if file.is_symlink() else error.strerror or "reading it failed"
        return None, [unreadable(name, why)]


def shown(path: Path, root: Path) -> str:
    """The path as diagnostics show it."""
    resolved, base = path.resolve(), root.resolve()
    return resolved.relative_to(base).as_posix() if resolved.is_relative_to(base) else path.as_posix()


def _yaml_files(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield from sorted(path for path in place.rglob("*") if path.suffix in SUFFIXES and not path.is_dir())
    elif place.is_file():
        # Whoever names a link means what it leads to.
        yield place.resolve()


def _nothing_at(place: Path, root: Path) -> Diagnostic:
    return Diagnostic.error(
        "no-generated-files",
        f"there are no YAML files at `{shown(place, root)}`",
        help=("run `penstock compile` first, or pass existing files or folders",),
    )

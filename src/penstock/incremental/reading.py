"""From the files of a work tree to its catalog; files that are as they were are not read."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.catalog.model import Catalog
from penstock.catalog.repository import WorkTree
from penstock.incremental.crew import Crew
from penstock.incremental.memory import Seen, Store, UnreadFile, unchanged
from penstock.source.files import FileStat, read_file
from penstock.source.model import Document, SourceFile
from penstock.source.yaml_reader import read_documents

if TYPE_CHECKING:
    from penstock.diagnostics.model import Diagnostic

FEWEST = 200
"""Files for which it pays to have another process; a process costs as much as reading some tens."""


@dataclass(frozen=True, slots=True)
class Read:
    """What reading came to."""

    catalog: Catalog
    documents: dict[str, list[Document]]
    """By file, those that have some."""
    fresh: int
    """How many files had to be read."""


@dataclass(slots=True)
class _Text:
    """What was found in one file."""

    path: str
    documents: list[Document]
    diagnostics: list[Diagnostic]
    broken: SourceFile | None = None
    """The file itself, where something in it could not be read."""


def read(root: Path, store: Store, seen: Seen, stats: Sequence[FileStat], processes: int) -> Read:
    """The catalog of the work tree at `root`, whose files have these `stats`; in so many processes where it pays."""
    remembered = store.documents() if seen.files else {}
    documents: dict[str, list[Document]] = {}
    changed: list[str] = []
    for stat in stats:
        known = seen.files.get(stat.path)
        blob, plain = remembered.get(stat.path, (None, ()))
        documents[stat.path] = []
        if known is not None and unchanged(known, stat) and blob == known[3]:
            unread = UnreadFile(root, stat.path, blob)
            documents[stat.path] = [Document(unread, index, value, line) for index, line, value in plain]
        else:
            changed.append(stat.path)
    found = _read_all(root, changed, max(1, min(processes, len(changed) // FEWEST)))
    for text in found:
        documents[text.path] = text.documents
    catalog = Catalog(
        [document for stat in stats for document in documents[stat.path]],
        WorkTree(root),
        [diagnostic for text in found for diagnostic in text.diagnostics],
        [text.broken for text in found if text.broken is not None],
    )
    return Read(catalog, {path: some for path, some in documents.items() if some}, len(changed))


def _read_all(root: Path, paths: Sequence[str], processes: int) -> list[_Text]:
    def work(share: int) -> Generator[list[_Text], Any, None]:
        yield [_read_one(root, path) for path in paths[share::processes]]

    with Crew(processes, work) as crew:
        return [text for texts in crew.round() for text in texts]


def _read_one(root: Path, path: str) -> _Text:
    file, problems = read_file(root, path)
    if file is None:
        return _Text(path, [], problems)
    documents, found = read_documents(file)
    return _Text(path, documents, [*problems, *found], file if found else None)

"""The specs of a work tree: the files that have changed are read, the others are as the last run remembers them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.catalog.facts import Facts
from penstock.catalog.marked_texts import declared_id
from penstock.catalog.model import Catalog, SpecId
from penstock.catalog.remembered import RememberedCatalog
from penstock.catalog.repository import WorkTree
from penstock.incremental.build_state import BuildState, FileSnapshot, UnreadFile, unchanged
from penstock.incremental.worker_pool import WorkerPool
from penstock.source.files import FileStat, read_file
from penstock.source.model import Document, SourceFile
from penstock.source.reading.yaml_reader import read_documents

if TYPE_CHECKING:
    from penstock.diagnostics.model import Diagnostic

FEWEST = 200
"""Files for which it pays to have another process; a process costs as much as reading some tens."""
MOST_AMENDED = 100
"""Changed files up to which what is remembered of the others stays undecoded."""


@dataclass(slots=True)
class Text:
    """What was found in one file."""

    path: str
    documents: list[Document]
    diagnostics: list[Diagnostic]
    broken: SourceFile | None = None
    """The file itself, where something in it could not be read."""


class ReadSpecs:
    """The catalog of a work tree, and what of it is new."""

    def __init__(
        self, root: Path, stats: Sequence[FileStat], seen: FileSnapshot, known: BuildState, processes: int
    ) -> None:
        """Read the files with these `stats` of the tree at `root`; in so many processes where it pays."""
        self._root = root
        self._seen = seen
        self._known = known
        self._paths = [stat.path for stat in stats]
        unread = set(seen.unread)
        changed = [stat.path for stat in stats if stat.path in unread or not unchanged(seen.files.get(stat.path), stat)]
        self.texts = {text.path: text for text in _read_all(root, changed, processes)}
        """What was found in the files that had to be read, by their paths."""
        others = {path for path in self._paths if path not in self.texts}
        self.former = {
            SpecId(*spec.split("/")) for path, known in seen.files.items() if path not in others for spec in known[5]
        }
        """The specs that stood in files which have changed or are gone."""
        documents = [document for text in self.texts.values() for document in text.documents]
        self.came = {spec_id for document in documents if (spec_id := declared_id(document)) is not None}
        """The specs that stand in the files that were read, among them those whose name is none."""
        self.lookups: set[tuple[str, str]] | None = None
        """The reverse lookups, as relation and name, that may have other answers than before; None for all."""
        self.facts, self.catalog = self._remembered(documents) or self._whole()

    @property
    def touched(self) -> set[SpecId]:
        """The specs that may have changed, come or gone."""
        return self.former | self.came

    def whole(self) -> Catalog:
        """The catalog with every document decoded, for those who look at all of them."""
        return self.catalog if not isinstance(self.catalog, RememberedCatalog) else self._whole()[1]

    def _remembered(self, documents: Sequence[Document]) -> tuple[Facts, Catalog] | None:
        """The catalog in which no document is decoded before somebody asks; None where that is not to be had."""
        plain, texts = self._known.overview.facts, self.texts.values()
        if plain is None or len(texts) > MOST_AMENDED or any(text.diagnostics for text in texts):
            return None
        facts = Facts(**plain).copy()
        before = facts.lookups(self.former)
        if not facts.amend(self.former, documents):
            return None
        self.lookups = before | facts.lookups(self.came)
        return facts, RememberedCatalog(documents, WorkTree(self._root), facts, self._recall)

    def _recall(self, spec_id: SpecId) -> Document:
        return self._decoded(self._known.documents.get(str(spec_id)))

    def _decoded(self, remembered: Sequence[Any]) -> Document:
        path, index, line, value = remembered
        return Document(UnreadFile(self._root, path, self._seen.files[path][4]), index, value, line)

    def _whole(self) -> tuple[Facts, Catalog]:
        documents: dict[str, list[Document]] = {path: [] for path in self._paths}
        for _, remembered in self._known.documents.decoded():
            path = remembered[0]
            if path in documents and path not in self.texts:
                documents[path].append(self._decoded(remembered))
        documents.update((path, text.documents) for path, text in self.texts.items())
        texts = self.texts.values()
        catalog = Catalog(
            [one for of_file in documents.values() for one in sorted(of_file, key=lambda one: one.index)],
            WorkTree(self._root),
            [diagnostic for text in texts for diagnostic in text.diagnostics],
            [text.broken for text in texts if text.broken is not None],
        )
        return Facts.of(catalog), catalog


def _read_all(root: Path, paths: Sequence[str], processes: int) -> list[Text]:
    processes = max(1, min(processes, len(paths) // FEWEST))

    def work(share: int) -> Generator[list[Text], Any, None]:
        yield [_read_one(root, path) for path in paths[share::processes]]

    with WorkerPool(processes, work) as pool:
        return sorted((text for texts in pool.next_round() for text in texts), key=lambda text: text.path)


def _read_one(root: Path, path: str) -> Text:
    file, problems = read_file(root, path)
    if file is None:
        return Text(path, [], problems)
    documents, found = read_documents(file)
    return Text(path, documents, [*problems, *found], file if found else None)

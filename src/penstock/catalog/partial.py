"""A catalog of thousands of specs of which a few are asked for: files are read when somebody needs what they hold.

Which specs a file declares is read off its outline. A name that stands in a spec stands in its text, so that whoever
refers to a spec is found among the files that mention it, and the others stay unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from penstock.catalog.model import RELATIONS, Catalog, SpecId
from penstock.catalog.references import references
from penstock.catalog.repository import RepositoryFiles
from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Document, SourceFile
from penstock.source.yaml_reader import read_documents
from penstock.specs.kinds import KINDS

_TOP_LINE = re.compile(r"^[^\s#].*$", re.MULTILINE)
_TOP_KEY = re.compile(r"(apiVersion|kind|metadata|spec|overrides):(?:[ \t]|$)")
_KIND = re.compile(r"^kind: (\w+)[ \t]*\r?$", re.MULTILINE)
_NAME = re.compile(r"^metadata:(?: \{name: |\r?\n  name: )([a-z0-9-]+)(?=[,}\r\n])", re.MULTILINE)
_SEPARATOR = re.compile(r"^---[ \t]*\r?\n", re.MULTILINE)
_REQUIRED_KEYS = {"apiVersion", "kind", "metadata", "spec"}
_WORDS = re.compile(r"[a-z0-9-]+")
_ESCAPE = re.compile(r"\\[xuU\r\n]")
"""Escapes by which a name in double quotes need not stand in the text."""
_FEW_NAMES = 300
"""From how many names on it pays to take the texts apart into words."""


class OutlineError(Exception):
    """A file holds other specs than its outline says; whoever meets this reads every file instead."""


class SpecFile:
    """A file of specs, read at most once, whichever catalogs it is part of."""

    def __init__(self, source: SourceFile) -> None:
        """`source` is its text."""
        self.source = source

    @cached_property
    def outline(self) -> tuple[SpecId, ...] | None:
        """The specs that it declares in the plain form; None where it has to be read to know."""
        found: list[SpecId] = []
        for piece in _SEPARATOR.split(self.source.text):
            lines = _TOP_LINE.findall(piece)
            if not lines and not found:
                continue
            # A key that is no line of its own is no key of the document: no other line starts at its margin.
            keys = [match[1] for line in lines if (match := _TOP_KEY.match(line))]
            kind, name = _KIND.findall(piece), _NAME.findall(piece)
            plain = len(keys) == len(lines) == len(set(keys)) and set(keys) >= _REQUIRED_KEYS
            if not plain or len(kind) != 1 or len(name) != 1 or kind[0] not in KINDS:
                return None
            found.append(SpecId(kind[0], name[0]))
        return tuple(found) if found else None

    @cached_property
    def content(self) -> tuple[tuple[Document, ...], tuple[Diagnostic, ...]]:
        """Its documents, and what reading them found."""
        documents, diagnostics = read_documents(self.source)
        return tuple(documents), tuple(diagnostics)

    @cached_property
    def text(self) -> str:
        """Its text in lower case, as SQL may write names in any."""
        return self.source.text.lower()

    @cached_property
    def words(self) -> frozenset[str]:
        """Everything in its text that may be a name."""
        return frozenset(_WORDS.findall(self.text))

    @cached_property
    def hides_names(self) -> bool:
        """Whether a name may be written so that it does not stand in the text."""
        return _ESCAPE.search(self.source.text) is not None

    @cached_property
    def targets(self) -> tuple[tuple[SpecId, frozenset[SpecId], str], ...]:
        """For each spec: what it refers to, and the SQL in which it may name datasets."""
        found = []
        for document in self.content[0]:
            spec_id = _id_of(document)
            if spec_id is not None:
                targets = frozenset(reference.target for reference in references(document))
                found.append((spec_id, targets, " ".join(_sql_sources(document.value)).lower()))
        return tuple(found)


class PartialCatalog(Catalog):
    """A catalog that reads a file when one of its specs is asked for."""

    def __init__(
        self, files: Iterable[SpecFile], repository: RepositoryFiles, diagnostics: Iterable[Diagnostic] = ()
    ) -> None:
        """`diagnostics` are what listing and decoding the files found. OutlineError from any method, see there."""
        self.files = tuple(files)
        self.later: list[Diagnostic] = []
        """What was found in files that were read after the catalog was made."""
        documents: list[Document] = []
        found = list(diagnostics)
        unsound = []
        outlined = []
        for file in self.files:
            if file.outline is not None and "content" not in file.__dict__:
                outlined.append(file)
                continue
            documents += file.content[0]
            found += file.content[1]
            if file.content[1]:
                unsound.append(file.source)
        super().__init__(documents, repository, found, unsound)
        self._shelf = _Shelf(self._documents)
        self._documents = self._shelf
        for file in outlined:
            self._put(file)
        self._asked = 0
        self._referring: dict[SpecId, tuple[SpecId, ...]] = {}
        self._found_relations: dict[tuple[str, str | None, str], tuple[str, ...]] = {}

    def _put(self, file: SpecFile) -> None:
        outline = file.outline or ()
        if any(spec_id in self._documents for spec_id in outline) or len(set(outline)) != len(outline):
            for document in file.content[0]:
                self._add(document)
            return
        for spec_id in outline:
            self._shelf.put(spec_id, file)

    def document(self, spec_id: SpecId) -> Document | None:
        """The document that declares the spec, valid or not."""
        return self._documents.get(spec_id)

    def mentioning(self, name: str) -> Iterator[SpecFile]:
        """The files in which the name of a spec may be written; the others refer to it nowhere."""
        self._asked += 1
        if self._asked > _FEW_NAMES:
            yield from (file for file in self.files if name in file.words or file.hides_names)
        else:
            yield from (file for file in self.files if name in file.text or file.hides_names)

    def referring(self, spec_id: SpecId) -> tuple[SpecId, ...]:
        """The specs that name this one where a reference to it belongs, or in their SQL; sorted."""
        if spec_id not in self._referring:
            found = set()
            table = re.compile(rf"(?<![\w-]){re.escape(spec_id.name)}(?![\w-])")
            for file in self.mentioning(spec_id.name):
                for holder, targets, sql in file.targets:
                    reads = spec_id.kind == "Dataset" and sql and table.search(sql) is not None
                    if holder != spec_id and (spec_id in targets or reads):
                        found.add(holder)
            self._referring[spec_id] = tuple(sorted(found))
        return self._referring[spec_id]

    def related(self, relation: str, environment: str | None, name: str) -> tuple[str, ...]:
        """The names behind a reverse lookup, as `Catalog.related` gives them."""
        key = relation, environment, name
        if key not in self._found_relations:
            kind, field = RELATIONS[relation]
            candidates = {
                spec_id
                for file in self.mentioning(name)
                for spec_id in (file.outline or [one for one, _, _ in file.targets])
                if spec_id.kind == kind and spec_id in self._documents
            }
            self._found_relations[key] = tuple(
                spec_id.name for spec_id in sorted(candidates) if self._related_to(spec_id, field, environment) == name
            )
        return self._found_relations[key]


_UNREAD = Document(SourceFile("", "", ""), 0, {}, 1)
"""Keeps the place of a document that is not read yet; nobody gets to see it."""


class _Shelf(dict[SpecId, Document]):
    """Documents by their id; the file of one that is not read yet is read when it is taken."""

    def __init__(self, documents: dict[SpecId, Document]) -> None:
        super().__init__(documents)
        self.unread: dict[SpecId, SpecFile] = {}

    def get(self, key: SpecId, default: Any = None) -> Any:
        """As of any mapping."""
        self._ensure_read(key)
        return super().get(key, default)

    def __getitem__(self, key: SpecId) -> Document:
        self._ensure_read(key)
        return super().__getitem__(key)

    def put(self, key: SpecId, file: SpecFile) -> None:
        """The spec stands in a file that is not read yet."""
        self.unread[key] = file
        self[key] = _UNREAD

    def _ensure_read(self, key: SpecId) -> None:
        file = self.unread.get(key)
        if file is not None:
            self._read(file)

    def _read(self, file: SpecFile) -> None:
        documents = {_id_of(document): document for document in file.content[0]}
        if tuple(documents) != file.outline:
            raise OutlineError(file.source.path)
        for spec_id, document in documents.items():
            if spec_id is not None and self.unread.pop(spec_id, None) is not None:
                self[spec_id] = document


def _id_of(document: Document) -> SpecId | None:
    kind, metadata = document.value.get("kind"), document.value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return SpecId(kind, name) if isinstance(kind, str) and kind in KINDS and isinstance(name, str) else None


def _sql_sources(data: dict[str, Any]) -> Iterator[str]:
    """The SQL that a dataset is made by, and that its overrides put in its place."""
    overrides = data.get("overrides")
    specs = [data.get("spec"), *(overrides.values() if isinstance(overrides, dict) else ())]
    for spec in specs:
        source = spec.get("source") if isinstance(spec, dict) else None
        sql = source.get("sql") if isinstance(source, dict) else None
        if isinstance(sql, str):
            yield sql

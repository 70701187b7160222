"""A catalog of thousands of specs of which a few are asked for: files are read when somebody needs what they hold.

Which specs a file declares is read off its outline. A name that stands in a spec stands in its text, so that whoever
refers to a spec is found among the files that mention it, and the others stay unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

from penstock.catalog.dependencies import spec_key
from penstock.catalog.marked_texts import declared_id
from penstock.catalog.model import RELATIONS, Catalog, LoadedSpec, SpecId
from penstock.catalog.references import references
from penstock.catalog.repository import RepositoryFiles
from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Document, SourceFile
from penstock.source.reading.yaml_reader import read_documents
from penstock.specs.kinds import KINDS

_BEFORE_TOP_LINE = re.compile(r"\n(?=[^\s#])")
_TOP_KEY = re.compile(r"(apiVersion|kind|metadata|spec|overrides):(?:[ \t]|$)", re.MULTILINE)
_KIND = re.compile(r"kind: (\w+)[ \t]*\r?")
_NAME = re.compile(r"metadata:(?: \{name: |\r?\n  name: )([a-z0-9-]+)(?=[,}\r\n]|\Z)")
_SEPARATOR = re.compile(r"^---[ \t]*\r?\n", re.MULTILINE)
_REQUIRED_KEYS = {"apiVersion", "kind", "metadata", "spec"}
_OTHERS = bytes(one if chr(one) in "abcdefghijklmnopqrstuvwxyz0123456789-" else 0x20 for one in range(256))
"""A space for each character that no name holds."""
_ESCAPE = re.compile(r"\\[xuU\r\n]")
"""Escapes by which a name in double quotes need not stand in the text."""
_FEW_NAMES = 50
"""From how many names on it pays to take the texts apart into words."""


class OutlineError(Exception):
    """A file holds other specs than its outline says; whoever meets this reads every file instead."""


class SpecFile:
    """A file of specs, read at most once, whichever catalogs it is part of."""

    def __init__(self, source: SourceFile) -> None:
        """`source` is its text."""
        self.source = source

    @property
    def is_read(self) -> bool:
        """Whether its documents are known already."""
        return "content" in self.__dict__

    @cached_property
    def outline(self) -> tuple[SpecId, ...] | None:
        """The specs that it declares in the plain form; None where it has to be read to know."""
        found: list[SpecId] = []
        text = self.source.text
        for piece in _SEPARATOR.split(text) if "---" in text else (text,):
            # Each begins with a line at the margin, but for what stands before the first of them.
            parts = _BEFORE_TOP_LINE.split(piece)
            if not parts[0] or parts[0][0] == "#" or parts[0][0].isspace():
                del parts[0]
            if not parts and not found:
                continue
            # A key that is no line of its own is no key of the document: no other line starts at its margin.
            values = {match[1]: part for part in parts if (match := _TOP_KEY.match(part))}
            plain = len(values) == len(parts) and values.keys() >= _REQUIRED_KEYS
            kind = _KIND.fullmatch(values["kind"].partition("\n")[0]) if plain else None
            name = _NAME.match(values["metadata"]) if plain else None
            if kind is None or name is None or kind[1] not in KINDS:
                return None
            found.append(SpecId(kind[1], name[1]))
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

    def words(self) -> list[bytes]:
        """Everything in its text that may be a name, as often as it stands there."""
        return self.text.encode("utf-8", "surrogatepass").translate(_OTHERS).split()

    @cached_property
    def hides_names(self) -> bool:
        """Whether a name may be written so that it does not stand in the text."""
        return _ESCAPE.search(self.source.text) is not None

    @cached_property
    def targets(self) -> tuple[tuple[SpecId, frozenset[SpecId], str], ...]:
        """For each spec: what it refers to, and the SQL in which it may name datasets."""
        found = []
        for document in self.content[0]:
            spec_id = declared_id(document)
            if spec_id is not None:
                targets = frozenset(reference.target for reference in references(document))
                found.append((spec_id, targets, " ".join(_sql_sources(document.value)).lower()))
        return tuple(found)


class SpecFileIndex:
    """All files of both sides of a comparison; who mentions a name is looked up once for both."""

    def __init__(self, files: Iterable[SpecFile]) -> None:
        """`files`, each once."""
        self._files = tuple(dict.fromkeys(files))
        self._mentioning: dict[str, tuple[SpecFile, ...]] = {}
        self._by_name: dict[str, list[SpecFile]] | None = None
        self._loaded: dict[int, tuple[Document, LoadedSpec | None, tuple[Diagnostic, ...]]] = {}
        self._hiding = frozenset(file for file in self._files if file.hides_names)

    def mentioning(self, name: str) -> tuple[SpecFile, ...]:
        """The files in which the name of a spec may be written; the others hold and refer to no spec of this name."""
        known = self._mentioning.get(name)
        if known is None:
            if self._by_name is None and len(self._mentioning) > _FEW_NAMES:
                self._by_name = self._files_by_name()
            if self._by_name is None or name not in self._by_name:
                known = tuple(file for file in self._files if name in file.text or file in self._hiding)
            else:
                known = (*self._by_name[name], *self._hiding)
            self._mentioning[name] = known
        return known

    def _files_by_name(self) -> dict[str, list[SpecFile]]:
        """The files that mention each of the names that outlines declare."""
        found: dict[str, list[SpecFile]] = {one.name: [] for file in self._files for one in file.outline or ()}
        names = {name.encode(): files for name, files in found.items()}
        known = frozenset(names)
        for file in self._files:
            if file not in self._hiding:
                for word in known.intersection(file.words()):
                    names[word].append(file)
        return found

    def loaded(
        self, document: Document, load: Callable[[], tuple[LoadedSpec | None, tuple[Diagnostic, ...]]]
    ) -> tuple[LoadedSpec | None, tuple[Diagnostic, ...]]:
        """What a document is when it is typed, and what is wrong with it: the same on both sides, so found out once."""
        known = self._loaded.get(id(document))
        if known is None:
            # The document is kept with what it gave, so that no other can take its identity.
            known = self._loaded[id(document)] = document, *load()
        return known[1:]


class LazyCatalog(Catalog):
    """A catalog that reads a file when one of its specs is asked for."""

    def __init__(
        self,
        files: Iterable[SpecFile],
        index: SpecFileIndex,
        repository: RepositoryFiles,
        diagnostics: Iterable[Diagnostic] = (),
    ) -> None:
        """The catalog of those of the index's files that `files` names.

        `diagnostics` are what listing and decoding the files found. Files that have been read already are whole from
        the start, with all that is wrong with them. OutlineError from any method, see there.
        """
        self.files = tuple(files)
        self._own_files = frozenset(self.files)
        self._index = index
        known = [file for file in self.files if file.is_read]
        super().__init__(
            [document for file in known for document in file.content[0]],
            repository,
            [*diagnostics, *(found for file in known for found in file.content[1])],
            [file.source for file in known if file.content[1]],
        )
        self._lazy = _LazyDocuments(self._documents, self._register_mentions)
        self._documents = self._lazy
        self._override_keys: dict[str | None, set[str]] = {}
        self._read_before = frozenset(known)
        """Files that had been read when the catalog was made."""
        self._registered: set[SpecFile] = set(known)
        """Files whose specs are known by their ids."""
        self._complete_kinds: set[str] = set()
        """Kinds of which every spec is registered."""
        self._referring: dict[SpecId, tuple[SpecId, ...]] = {}
        self._found_relations: dict[tuple[str, str | None, str], tuple[str, ...]] = {}

    def ids(self, kind: str | None = None) -> tuple[SpecId, ...]:
        """The ids of all specs, or of one kind, sorted; invalid specs are among them."""
        for file in self.files:
            if kind is None or kind in file.source.text or file.hides_names:
                self._register(file)
        self._complete_kinds |= set(KINDS) if kind is None else {kind}
        return tuple(sorted(spec_id for spec_id in self._lazy if kind is None or spec_id.kind == kind))

    def read_since(self) -> Iterator[Diagnostic]:
        """What is wrong with the files that had to be read since the catalog was made.

        Those are all that mention a spec that was asked for: one that cannot be parsed may have said anything of it.
        """
        for file in self.files:
            if file.is_read and file not in self._read_before:
                yield from file.content[1]

    def mentioning(self, name: str) -> Iterator[SpecFile]:
        """The files in which the name of a spec may be written; the others refer to it nowhere."""
        return (file for file in self._index.mentioning(name) if file in self._own_files)

    def referring(self, spec_id: SpecId) -> tuple[SpecId, ...]:
        """The specs that name this one where a reference to it belongs, or in their SQL; sorted."""
        if spec_id not in self._referring:
            found = set()
            table = re.compile(rf"(?<![\w-]){re.escape(spec_id.name)}(?![\w-])") if spec_id.kind == "Dataset" else None
            for file in self.mentioning(spec_id.name):
                for holder, targets, sql in file.targets:
                    reads = table is not None and table.search(sql) is not None
                    if holder != spec_id and (spec_id in targets or reads):
                        found.add(holder)
            self._referring[spec_id] = tuple(sorted(found))
        return self._referring[spec_id]

    def related(self, relation: str, environment: str | None, name: str) -> tuple[str, ...]:
        """The names behind a reverse lookup, as `Catalog.related` gives them."""
        key = relation, environment, name
        if key not in self._found_relations:
            kind, field = RELATIONS[relation]
            found = [one for one in self.referring(_named(relation, name)) if one.kind == kind]
            self._found_relations[key] = tuple(
                spec_id.name for spec_id in found if self._related_to(spec_id, field, environment) == name
            )
        return self._found_relations[key]

    def keys_overridden(self, environment: str | None) -> frozenset[str]:
        """As of the whole catalog, for the specs that are read by now: no value was computed from any other."""
        while self._lazy.read:
            spec_id, document = self._lazy.read.pop()
            overrides = document.value.get("overrides")
            for name in overrides if isinstance(overrides, dict) else ():
                self._override_keys.setdefault(name, set()).add(spec_key(spec_id.kind, spec_id.name))
        return frozenset(self._override_keys.get(environment, ()))

    def _load(self, spec_id: SpecId) -> None:
        document = self._documents.get(spec_id)
        if document is None:
            self._loaded[spec_id] = None
            return

        def load() -> tuple[LoadedSpec | None, tuple[Diagnostic, ...]]:
            super(LazyCatalog, self)._load(spec_id)
            return self._loaded[spec_id], self._problems[spec_id]

        self._loaded[spec_id], self._problems[spec_id] = self._index.loaded(document, load)

    def _register_mentions(self, spec_id: SpecId) -> None:
        if spec_id.kind in self._complete_kinds:
            return
        for file in self.mentioning(spec_id.name):
            if file not in self._registered and (spec_id.kind in file.source.text or file.hides_names):
                self._register(file)

    def _register(self, file: SpecFile) -> None:
        """Make the specs of a file known; where another file has one of the same name, its documents too."""
        if file in self._registered:
            return
        self._registered.add(file)
        outline = file.outline
        if outline is None or any(dict.__contains__(self._lazy, one) for one in outline):
            for document in file.content[0]:
                self._add(document)
        else:
            for spec_id in outline:
                self._lazy.put(spec_id, file)


def _named(relation: str, name: str) -> SpecId:
    """What a reverse lookup starts from: a model, or a rollout."""
    return SpecId("Rollout" if relation == "release-of" else "Model", name)


_UNREAD = Document(SourceFile("", "", ""), 0, {}, 1)
"""Keeps the place of a document that is not read yet; nobody gets to see it."""


class _LazyDocuments(dict[SpecId, Document]):
    """Documents by their id; which specs there are, and what they hold, is found out when one is asked for."""

    def __init__(self, documents: dict[SpecId, Document], find: Callable[[SpecId], None]) -> None:
        super().__init__(documents)
        self._find = find
        self._sought: set[SpecId] = set()
        self._unread: dict[SpecId, SpecFile] = {}
        self.read = list(documents.items())
        """Documents that were read since somebody last took them from here."""

    def __setitem__(self, key: SpecId, document: Document) -> None:
        super().__setitem__(key, document)
        if document is not _UNREAD:
            self.read.append((key, document))

    def put(self, key: SpecId, file: SpecFile) -> None:
        """The spec stands in a file that is not read yet."""
        self._unread[key] = file
        self[key] = _UNREAD

    def get(self, key: SpecId, default: Any = None) -> Any:
        """As of any mapping."""
        self._read_file_of(key)
        return super().get(key, default)

    def __getitem__(self, key: SpecId) -> Document:
        self._read_file_of(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        if isinstance(key, SpecId) and key not in self._sought:
            self._sought.add(key)
            self._find(key)
        return super().__contains__(key)

    def _read_file_of(self, key: SpecId) -> None:
        file = self._unread.get(key) if key in self else None
        if file is None:
            return
        documents = {declared_id(document): document for document in file.content[0]}
        if tuple(documents) != file.outline:
            raise OutlineError(file.source.path)
        for spec_id, document in documents.items():
            if spec_id is not None and self._unread.pop(spec_id, None) is not None:
                self[spec_id] = document


def _sql_sources(data: dict[str, Any]) -> Iterator[str]:
    """The SQL that a dataset is made by, and that its overrides put in its place."""
    overrides = data.get("overrides")
    specs = [data.get("spec"), *(overrides.values() if isinstance(overrides, dict) else ())]
    for spec in specs:
        source = spec.get("source") if isinstance(spec, dict) else None
        sql = source.get("sql") if isinstance(source, dict) else None
        if isinstance(sql, str):
            yield sql

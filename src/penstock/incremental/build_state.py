"""The build state: what a compile run remembers for the next one. Only runs without errors are remembered.

``seen`` has the stat of every spec file and the digests of the other parts, which count only where they are the very
ones that the same run has written. A run in which nothing changed reads ``seen`` and ``outputs`` alone; one after an
edit searches the large parts and decodes a few of their lines (see `KeyedLines`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import penstock
from penstock.incremental.documents import PARTS, Documents
from penstock.source.cache import Cache
from penstock.source.files import FileStat
from penstock.source.keyed_jsonl import KeyedLines
from penstock.source.model import SourceFile
from penstock.source.private_folder import NAME as PRIVATE
from penstock.source.stat_cache import Observed

SnapshotFile = tuple[int, int, int, int, str, list[str]]
"""A `Stat` (its time of change `UNPROVED` where it proves nothing yet), inode, blob id, and the specs in it."""

RememberedArtifact = tuple[str, str, bool]
"""What of an artifact outlasts most edits: path, owner, and whether it is applied. Its digest is among the outputs."""

RememberedUnit = tuple[list[str], list[RememberedArtifact]]
"""What became of a unit: the keys that it read, and its artifacts."""


@dataclass(slots=True)
class FileSnapshot:
    """The files that a run has read, as they were then."""

    files: dict[str, SnapshotFile] = field(default_factory=dict)
    """By the path of the spec file."""
    repository: dict[str, Observed | None] = field(default_factory=dict)
    """Other file that was looked for -> what is known of it on the disk; None where there was none."""
    quiet: bool = False
    """Whether the run had nothing to say but who is `waiting`, so that the next one may say that without looking."""
    waiting: list[str] = field(default_factory=list)
    """The units to which nothing is released yet, so that their serving manifests are left out."""
    unread: list[str] = field(default_factory=list)
    """Spec files that are read at each run: their findings, or their documents as they are now, are not remembered."""
    parts: dict[str, str] = field(default_factory=dict)
    """Part of `BuildState` -> its digest."""


@dataclass(slots=True)
class Overview:
    """What is known of all specs and units, short enough to be decoded whole."""

    facts: dict[str, Any] | None = None
    """The `Facts` about the specs."""
    units_of: dict[str, list[str]] = field(default_factory=dict)
    """Model -> the names of its units and of those of its rollouts."""
    dirty_specs: list[str] = field(default_factory=list)
    """The specs with findings, which are looked at again."""

    @property
    def names(self) -> dict[str, list[str]]:
        """Kind -> the names of its specs."""
        found: dict[str, list[str]] = (self.facts or {}).get("names", {})
        return found


@dataclass(slots=True)
class BuildState:
    """What a run has found out, and what it rests on."""

    documents: Documents = field(default_factory=Documents)
    fingerprints: KeyedLines = field(default_factory=KeyedLines)
    """Key of `Dependencies` -> what it stood for."""
    checked: KeyedLines = field(default_factory=KeyedLines)
    """Spec -> keys that its checks read; a spec with findings is left out."""
    units: KeyedLines = field(default_factory=KeyedLines)
    """Unit -> `RememberedUnit`."""
    sql: KeyedLines = field(default_factory=KeyedLines)
    """Question about SQL -> its answer (see `penstock.catalog.sql.analysis`)."""
    outputs: KeyedLines = field(default_factory=KeyedLines)
    """Generated file -> what is known of it on the disk."""
    overview: Overview = field(default_factory=lambda: Overview())


class StateStore:
    """The files of a repository's memory, below ``.penstock/cache/``."""

    def __init__(self, root: Path) -> None:
        self._engine = engine_fingerprint()
        self._folder = root / PRIVATE / "cache"

    def seen(self) -> FileSnapshot:
        """What the last run saw; nothing where that cannot be relied on."""
        found = self._cache("seen").load() or {}
        try:
            # Fit to be looked at, not rebuilt: a run in which nothing changed reads thousands of entries here.
            return FileSnapshot(**found)
        except TypeError:
            return FileSnapshot()

    def outputs(self, seen: FileSnapshot) -> KeyedLines | None:
        """The generated files of the run that has `seen` these specs; None where that cannot be relied on."""
        return self._cache("outputs").load_lines(seen.parts.get("outputs", ""))

    def known(self, seen: FileSnapshot) -> BuildState | None:
        """What the run that has `seen` these files found out; None where that cannot be relied on."""
        known = BuildState()
        for each in fields(BuildState):
            cache, digest = self._cache(each.name), seen.parts.get(each.name, "")
            value: Any
            if each.name == "documents":
                value = Documents(load=lambda number: self._documents(number, seen))
            elif each.name == "overview":
                plain = cache.load(digest)
                value = Overview(**plain) if plain is not None else None
            else:
                value = cache.load_lines(digest)
            if value is None:
                return None
            setattr(known, each.name, value)
        return known

    def _documents(self, number: int, seen: FileSnapshot) -> KeyedLines | None:
        name = f"documents-{number:02}"
        return self._cache(name).load_lines(seen.parts.get(name, ""))

    def save(self, seen: FileSnapshot, known: BuildState, before: BuildState) -> None:
        """Remember a run; of what it began with `before`, only what has changed is written."""
        for each in fields(BuildState):
            value = getattr(known, each.name)
            if value is getattr(before, each.name) and (each.name in seen.parts or each.name == "documents"):
                continue
            if isinstance(value, Documents):
                for number in range(PARTS):
                    name = f"documents-{number:02}"
                    seen.parts[name] = self._cache(name).save_lines(value.part(number))
            elif isinstance(value, KeyedLines):
                seen.parts[each.name] = self._cache(each.name).save_lines(value)
            else:
                seen.parts[each.name] = self._cache(each.name).save(_plain(value))
        # Last: until then, the earlier one names parts that are not there any more, and nothing counts as remembered.
        self._cache("seen").save(_plain(seen))

    def _cache(self, name: str) -> Cache:
        return Cache(self._folder / name, self._engine)


def _plain(values: FileSnapshot | Overview) -> dict[str, Any]:
    return {each.name: getattr(values, each.name) for each in fields(values)}


class UnreadFile(SourceFile):
    """A file whose documents are remembered; its text is read when a place in it is asked for."""

    __slots__ = ("_root",)

    def __init__(self, root: Path, path: str, blob: str) -> None:
        object.__setattr__(self, "_root", root)
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "blob", blob)

    def __getattr__(self, name: str) -> Any:
        if name != "text":
            raise AttributeError(name)
        from penstock.source.files import read_file

        file, _ = read_file(self._root, self.path)
        text = file.text if file is not None else ""
        object.__setattr__(self, "text", text)
        return text


def unchanged(known: SnapshotFile | None, stat: FileStat) -> bool:
    """Whether a file is proved to be as it was when `known` was noted."""
    return known is not None and tuple(known[:4]) == stat[1:]


def engine_fingerprint() -> str:
    """Text that changes whenever Penstock itself, its interpreter or what it reads with does."""
    package = str(Path(penstock.__file__).parent)
    files = sorted(_files_of(package, _NOT_COMPILING))
    files += [(origin, Path(origin).stat()) for name in _READS_WITH if (origin := _origin(name))]
    state = "\n".join(f"{path.removeprefix(package)}\0{status.st_size}\0{status.st_mtime_ns}" for path, status in files)
    return " ".join([penstock.__version__, sys.version.split()[0], sha256(state.encode()).hexdigest()])


def _files_of(folder: str, passed_over: frozenset[str] = frozenset()) -> Iterator[tuple[str, os.stat_result]]:
    # Each short command begins with this: scandir takes a third of the time that pathlib would take.
    for entry in os.scandir(folder):
        if entry.name in passed_over or entry.name == "__pycache__":
            continue
        if entry.is_dir():
            yield from _files_of(entry.path)
        elif entry.name.endswith(_FILES):
            yield entry.path, entry.stat()


def _origin(name: str) -> str | None:
    spec = find_spec(name)
    return spec.origin if spec is not None else None


_READS_WITH = ("pydantic", "yaml", "sqlglot", "promql_parser")
_FILES = (".py", ".json")
_NOT_COMPILING = frozenset({"runtime", "local", "review", "forges", "cli", "verification"})

"""What a compile run remembers for the next one. Only runs without errors are remembered.

Three files, so that a run in which nothing changed reads the smallest alone: ``seen`` has the stat of every file,
``known`` the fingerprint of everything that was read and the artifacts of every unit, ``documents`` the specs as plain
data.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import penstock
from penstock.source.cache import Cache
from penstock.source.files import FileStat
from penstock.source.model import Document, SourceFile
from penstock.source.stat_cache import Observed, is_settled

RememberedArtifact = tuple[str, str, str, bool]
"""An artifact without its bytes: path, digest, owner, and whether it is applied."""

RememberedUnit = tuple[list[str], list[RememberedArtifact], bool]
"""What became of a unit: the keys that it read, its artifacts, and whether it waits for its first release."""


@dataclass(slots=True)
class Seen:
    """The files that a run has read and written, as they were then."""

    files: dict[str, tuple[int, int, int, str]] = field(default_factory=dict)
    """Spec file -> size, time of change, inode, blob id; files whose time proves nothing yet are left out."""
    outputs: dict[str, Observed] = field(default_factory=dict)
    """Generated file -> what is known of it on the disk."""
    repository: dict[str, Observed | None] = field(default_factory=dict)
    """Other file that was looked for -> what is known of it on the disk; None where there was none."""
    quiet: bool = False
    """Whether the run found nothing to say, so that the next one may say nothing without looking."""
    run: str = ""
    """Stands for the run; what the same run has `Known` bears it too."""


@dataclass(slots=True)
class Known:
    """What a run has found out, and what it rests on."""

    fingerprints: dict[str, str] = field(default_factory=dict)
    """Key of `Reads` -> what it stood for."""
    checked: dict[str, list[str]] = field(default_factory=dict)
    """Spec -> keys that its checks read; a spec with findings is left out, and so checked again."""
    units: dict[str, RememberedUnit] = field(default_factory=dict)
    """Unit -> what became of it; a unit with findings is left out, and so compiled again."""


class Store:
    """The three files of a repository's memory, below ``.penstock/cache/``."""

    def __init__(self, root: Path) -> None:
        engine = engine_fingerprint()
        folder = root / ".penstock" / "cache"
        self._seen = Cache(folder / "seen", engine)
        self._known = Cache(folder / "known", engine)
        self._documents = Cache(folder / "documents", engine)

    def seen(self) -> Seen:
        """What the last run saw; nothing where that cannot be relied on."""
        found = self._seen.load() or {}
        try:
            # Fit to be looked at, not rebuilt: a run in which nothing changed reads twenty thousand entries here.
            return Seen(**found)
        except TypeError:
            return Seen()

    def known(self, seen: Seen) -> Known:
        """What the run that has `seen` these files found out; nothing where that cannot be relied on."""
        found = self._known.load() or {}
        if not seen.run or found.pop("run", None) != seen.run:
            return Known()
        try:
            return Known(**found)
        except TypeError:
            return Known()

    def documents(self) -> dict[str, list[Any]]:
        """Spec file -> its blob and documents, as `save` was given them."""
        return self._documents.load() or {}

    def save(self, seen: Seen, known: Known, documents: Mapping[str, Sequence[Document]] | None) -> None:
        """Remember a run; `documents` by file, or None where they are as they were."""
        if documents is not None:
            plain = {
                path: [found[0].file.blob, [[d.index, d.line, d.value] for d in found]]
                for path, found in documents.items()
                if found
            }
            self._documents.save(plain)
        seen.run = secrets.token_hex(8)
        # In this order: what is known rests on what was seen, and without it counts as nothing.
        if self._known.save({"run": seen.run, **_plain(known)}):
            self._seen.save(_plain(seen))


def _plain(values: Seen | Known) -> dict[str, Any]:
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


def unchanged(known: tuple[int, int, int, str] | None, stat: FileStat) -> bool:
    """Whether a file is proved to be as it was when `known` was noted."""
    return known is not None and tuple(known[:3]) == (stat.size, stat.mtime_ns, stat.inode)


def notable(stat: FileStat, now_ns: int) -> bool:
    """Whether a later change of the file would show in its stat."""
    return is_settled(stat.mtime_ns, now_ns)


def engine_fingerprint() -> str:
    """Text that changes whenever Penstock itself, its interpreter or what it reads with does."""
    package = Path(penstock.__file__).parent
    digest = sha256()
    for room in sorted(package.iterdir()):
        if room.name in _NOT_COMPILING:
            continue
        for file in sorted(room.rglob("*.py")) if room.is_dir() else [room]:
            status = file.stat()
            digest.update(f"{file.relative_to(package)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    for name in _READS_WITH:
        spec = find_spec(name)
        origin = spec.origin if spec is not None else None
        digest.update(f"{origin}\0{Path(origin).stat().st_mtime_ns if origin else 0}\n".encode())
    return " ".join([penstock.__version__, sys.version.split()[0], digest.hexdigest()])


_READS_WITH = ("pydantic", "yaml", "sqlglot", "promql_parser")
_NOT_COMPILING = frozenset({"runtime", "local", "review", "forges", "cli", "verification", "__pycache__"})

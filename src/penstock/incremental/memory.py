"""What a compile run remembers for the next one. Only runs without errors are remembered.

Two files, so that a run in which nothing changed reads the small one alone: ``state`` has the stat of every file, the
fingerprint of everything that was read and the artifacts of every unit; ``documents`` has the specs as plain data.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
class Memory:
    """The state after a run without errors."""

    files: dict[str, tuple[int, int, int, str]] = field(default_factory=dict)
    """Spec file -> size, time of change, inode, blob id; files whose time proves nothing yet are left out."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """Key of `Reads` -> what it stood for."""
    checked: dict[str, list[str]] = field(default_factory=dict)
    """Spec -> keys that its checks read; a spec with findings is left out, and so checked again."""
    units: dict[str, RememberedUnit] = field(default_factory=dict)
    """Unit -> what became of it; a unit with findings is left out, and so compiled again."""
    outputs: dict[str, Observed] = field(default_factory=dict)
    """Generated file -> what is known of it on the disk."""
    repository: dict[str, Observed | None] = field(default_factory=dict)
    """Other file that was looked for -> what is known of it on the disk; None where there was none."""
    quiet: bool = False
    """Whether the run found nothing to say, so that the next one may say nothing without looking."""


class Store:
    """The two files of a repository's memory, below ``.penstock/cache/``."""

    def __init__(self, root: Path) -> None:
        engine = engine_fingerprint()
        self._root = root
        self._state = Cache(root / ".penstock" / "cache" / "state", engine)
        self._documents = Cache(root / ".penstock" / "cache" / "documents", engine)

    def load(self) -> Memory:
        """What the last run remembered; an empty memory where that cannot be relied on."""
        found = self._state.load()
        if found is None:
            return Memory()
        try:
            # Fit to be looked at, not rebuilt: a run in which nothing changed reads twenty thousand entries here.
            return Memory(
                files=found["files"],
                fingerprints=found["fingerprints"],
                checked=found["checked"],
                units=found["units"],
                outputs=found["outputs"],
                repository=found["repository"],
                quiet=found["quiet"],
            )
        except (KeyError, TypeError):
            return Memory()

    def load_documents(self) -> dict[str, list[Any]]:
        """Spec file -> its blob and documents, as `save` was given them."""
        return self._documents.load() or {}

    def save(self, memory: Memory, documents: Mapping[str, Sequence[Document]] | None) -> None:
        """Remember a run; `documents` by file, or None where they are as they were."""
        if documents is not None:
            plain = {
                path: [found[0].file.blob, [[d.index, d.line, d.value] for d in found]]
                for path, found in documents.items()
                if found
            }
            self._documents.save(plain)
        self._state.save(
            {
                "files": memory.files,
                "fingerprints": memory.fingerprints,
                "checked": memory.checked,
                "units": memory.units,
                "outputs": memory.outputs,
                "repository": memory.repository,
                "quiet": memory.quiet,
            }
        )


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

"""Files of the repository other than specs: what functions and evidence are read from.

A work tree is read as the commit of it would be: git keeps of a link only where it points, so that nothing is read
through one, and a path is written in the one way in which git writes it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from penstock.source.plain_file import read_plain_file

if TYPE_CHECKING:
    from penstock.source.git.repository import GitRepository
    from penstock.source.git.values import TreeEntry


class RepositoryFiles(Protocol):
    """Reads files by their path relative to the repository's root, with `/` between its parts."""

    def read(self, path: str) -> bytes | None:
        """The bytes of the file; None where there is none, or the path leads over a link or out of the repository."""

    def link(self, path: str) -> str | None:
        """The part of the path, from its beginning, that is a symbolic link; None where none is."""

    def listing(self, folder: str) -> tuple[str, ...]:
        """The names of the files and folders in `folder`, sorted; none where it does not exist."""


def is_inside(path: str) -> bool:
    """Whether `path` names a place below the repository's root, as git would write it."""
    return not {"", ".", ".."} & set(path.split("/"))


def file_digest(path: str, data: bytes | None) -> str:
    """The hexadecimal SHA-256 of a file's bytes; nothing where there is no file."""
    if data is not None and path.endswith(".py"):
        # As Python reads it: git gives files other line ends on some machines.
        data = data.replace(b"\r\n", b"\n")
    return "" if data is None else sha256(data).hexdigest()


def _beginnings(path: str) -> Iterator[str]:
    """The folders above a path, the outermost first, and the path itself."""
    parts = path.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts) + 1))


class WorkTree:
    """The files as they lie on the disk."""

    def __init__(self, root: Path) -> None:
        """`root` is the repository's root."""
        self._root = root

    def read(self, path: str) -> bytes | None:
        """The bytes of the file; None where there is none, or the path leads over a link or out of the repository."""
        try:
            if not is_inside(path) or self.link(path) is not None:
                return None
            return read_plain_file(f"{os.fspath(self._root)}/{path}")
        except (OSError, ValueError):
            return None

    def link(self, path: str) -> str | None:
        """The part of the path, from its beginning, that is a symbolic link; None where none is."""
        parts = _beginnings(path) if is_inside(path) else ()
        return next((part for part in parts if (self._root / part).is_symlink()), None)

    def listing(self, folder: str) -> tuple[str, ...]:
        """The names of the files and folders in `folder`, sorted; none where it does not exist."""
        if folder and (not is_inside(folder) or self.link(folder) is not None):
            return ()
        try:
            return tuple(sorted(entry.name for entry in (self._root / folder).iterdir()))
        except OSError:
            return ()


class CommittedFiles:
    """The files of one commit."""

    def __init__(self, repository: GitRepository, revision: str) -> None:
        """`revision` names the commit."""
        self._repository = repository
        self._revision = revision
        self._tree: dict[str, TreeEntry] | None = None

    def read(self, path: str) -> bytes | None:
        """The bytes of the file; None where the commit has none. GitError where git fails."""
        entry = self._entries().get(path)
        if entry is None or entry.is_link:
            return None
        return self._repository.blobs([entry.blob])[entry.blob]

    def link(self, path: str) -> str | None:
        """The part of the path, from its beginning, that is a symbolic link; None where none is."""
        found = self._entries()
        return next((part for part in _beginnings(path) if part in found and found[part].is_link), None)

    def listing(self, folder: str) -> tuple[str, ...]:
        """The names of the files and folders in `folder`, sorted; none where it does not exist."""
        start = f"{folder}/" if folder else ""
        below = (path[len(start) :] for path in self._entries() if path.startswith(start))
        return tuple(sorted({path.split("/", 1)[0] for path in below}))

    def _entries(self) -> dict[str, TreeEntry]:
        if self._tree is None:
            self._tree = {entry.path: entry for entry in self._repository.entries(self._revision)}
        return self._tree


class FilesInMemory:
    """Files given as a mapping from path to bytes."""

    def __init__(self, files: dict[str, bytes]) -> None:
        """`files` by their paths."""
        self._files = files

    def read(self, path: str) -> bytes | None:
        """The bytes of the file; None where there is none."""
        return self._files.get(path)

    def link(self, path: str) -> str | None:  # noqa: ARG002
        """None: a mapping holds files alone."""
        return None

    def listing(self, folder: str) -> tuple[str, ...]:
        """The names of the files and folders in `folder`, sorted; none where it does not exist."""
        start = f"{folder}/" if folder else ""
        return tuple(sorted({path[len(start) :].split("/", 1)[0] for path in self._files if path.startswith(start)}))

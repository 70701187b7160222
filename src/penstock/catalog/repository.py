"""Files of the repository other than specs: what functions and evidence are read from."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from penstock.source.git import GitRepository
    from penstock.source.git_values import TreeEntry


class RepositoryFiles(Protocol):
    """Reads files by their path relative to the repository's root, with `/` between its parts."""

    def read(self, path: str) -> bytes | None:
        """The bytes of the file; None where there is none, or the path leads out of the repository."""

    def listing(self, folder: str) -> tuple[str, ...]:
        """The names of the files and folders in `folder`, sorted; none where it does not exist."""


def is_inside(path: str) -> bool:
    """Whether `path` names a place below the repository's root."""
    parts = PurePosixPath(path)
    return not parts.is_absolute() and ".." not in parts.parts and path != ""


class WorkTree:
    """The files as they lie on the disk."""

    def __init__(self, root: Path) -> None:
        """`root` is the repository's root."""
        self._root = root

    def read(self, path: str) -> bytes | None:
        """The bytes of the file; None where there is none, or the path leads out of the repository."""
        if not is_inside(path):
            return None
        try:
            full = (self._root / path).resolve(strict=True)
            return full.read_bytes() if full.is_relative_to(self._root.resolve()) else None
        except (OSError, RuntimeError, ValueError):
            return None

    def listing(self, folder: str) -> tuple[str, ...]:
        """The names of the files and folders in `folder`, sorted; none where it does not exist."""
        if folder and not is_inside(folder):
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

    def listing(self, folder: str) -> tuple[str, ...]:
        """The names of the files and folders in `folder`, sorted; none where it does not exist."""
        start = f"{folder}/" if folder else ""
        return tuple(sorted({path[len(start) :].split("/", 1)[0] for path in self._files if path.startswith(start)}))

"""The files of the two revisions of a pull request, by the ids of their blobs: few of them have to be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from penstock.catalog.repository import CommittedFiles, RepositoryFiles, WorkTree
from penstock.source.git.repository import GitRepository

_MANY_FOLDERS = 100
"""From how many folders on it is cheaper to list all files of a commit than those of each."""


class TreeFiles(RepositoryFiles, Protocol):
    """Files of a tree, many at once."""

    def blobs(self, paths: Iterable[str]) -> dict[str, str]:
        """The ids of the blobs of those of the files that exist, by path: files of one id are the same, byte by byte.

        Links are no files here.
        """

    def blobs_in(self, folders: Iterable[str]) -> Mapping[str, str]:
        """The same of all files that stand directly in the folders, and maybe of others."""

    def read_once(self, path: str) -> bytes | None:
        """The bytes of the file, which are not kept for whoever asks again."""

    def links(self) -> Iterable[str]:
        """The paths of all links and submodules."""


@dataclass(frozen=True, slots=True)
class Unread:
    """What a file of a tree holds, read when somebody looks; those of one blob are equal."""

    blob: str
    path: str = field(compare=False)
    files: TreeFiles = field(compare=False, repr=False)

    def __call__(self) -> bytes:
        """The bytes. GitError where git fails."""
        return self.files.read_once(self.path) or b""


class CommitFiles(CommittedFiles):
    """Files of one commit; each folder is listed once, and each blob read once for both sides."""

    def __init__(self, repository: GitRepository, commit: str, bodies: dict[str, bytes]) -> None:
        """`bodies` are the blobs that have been read, by their ids; those that are read later are put there."""
        super().__init__(repository, commit)
        self._bodies = bodies
        self._blobs: dict[str, str] = {}
        self._listed: set[str] | None = set()
        """Folders whose files are known; None where all are."""

    def read(self, path: str) -> bytes | None:
        """The bytes of the file; None where the commit has none. GitError where git fails."""
        blob = self.blobs([path]).get(path)
        if blob is None:
            return None
        if blob not in self._bodies:
            self._bodies |= self._repository.blobs([blob])
        return self._bodies[blob]

    def read_once(self, path: str) -> bytes | None:
        """The bytes of the file, which are not kept for whoever asks again."""
        blob = self.blobs([path]).get(path)
        return None if blob is None else self._bodies.get(blob) or self._repository.blobs([blob])[blob]

    def links(self) -> Iterable[str]:
        """The paths of all links and submodules. GitError where git fails."""
        return self._repository.links(self._revision)

    def blobs(self, paths: Iterable[str]) -> dict[str, str]:
        """The ids of the blobs of those of the files that exist, by path. GitError where git fails."""
        wanted = list(paths)
        # No tree holds a way up, or a path with empty parts: such ones are among no files.
        known = self._blobs if self._listed is None else self.blobs_in({path.rpartition("/")[0] for path in wanted})
        return {path: known[path] for path in wanted if path in known}

    def blobs_in(self, folders: Iterable[str]) -> Mapping[str, str]:
        """The same of all files that stand directly in the folders, and maybe of others."""
        if self._listed is not None:
            unknown = set(folders) - self._listed
            if len(unknown) > _MANY_FOLDERS:
                self._listed, self._blobs = None, self._repository.files(self._revision)
            else:
                self._listed |= unknown
                self._blobs |= self._repository.files(self._revision, sorted(unknown))
        return self._blobs


class DiskFiles(WorkTree):
    """The files of the work tree, as they were when their ids were computed."""

    def __init__(self, root: Path, blobs: Mapping[str, str], links: Iterable[str]) -> None:
        """`blobs` are the ids of all files that matter, by path; `links` the links and submodules that git knows."""
        super().__init__(root)
        self._blobs = blobs
        self._links = tuple(links)

    def read_once(self, path: str) -> bytes | None:
        """The bytes of the file, which nobody keeps."""
        return self.read(path)

    def links(self) -> Iterable[str]:
        """The paths of all links and submodules."""
        return [*self._links, *(path for path in self._blobs if self.link(path) is not None)]

    def blobs(self, paths: Iterable[str]) -> dict[str, str]:
        """The ids of the blobs of those of the files that exist, by path."""
        return {path: self._blobs[path] for path in paths if path in self._blobs}

    def blobs_in(self, folders: Iterable[str]) -> Mapping[str, str]:
        """Those of all files, whatever the folders."""
        del folders
        return self._blobs

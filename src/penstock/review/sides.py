"""The two trees of a pull request, read from git without a checkout: catalogs, and the paths that differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from penstock.catalog.load import SPECS
from penstock.catalog.model import SpecId
from penstock.catalog.partial import Library, PartialCatalog, SpecFile
from penstock.catalog.repository import CommittedFiles, RepositoryFiles, WorkTree, is_inside
from penstock.diagnostics.model import Diagnostic
from penstock.review.uncollected import uncollected
from penstock.source.characters import decode
from penstock.source.files import list_commit, read_file, scan
from penstock.source.git import GitError, GitRepository, TreeChange
from penstock.source.model import SourceFile, blob_id

WORK_TREE = "WORKTREE"
"""The head that stands for the files as they lie on the disk."""

GENERATED = "generated"
DEFAULT_BRANCHES = ("origin/main", "origin/master", "main", "master", "origin/HEAD")


_MANY_FOLDERS = 50
"""From how many folders on it is cheaper to list all files of a commit than those of each."""


class TreeFiles(RepositoryFiles, Protocol):
    """Files of a tree, many at once."""

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of those of the files that exist, by path."""


class _Commit(CommittedFiles):
    """Files of one commit; each folder is listed once, and each blob read once for both sides."""

    def __init__(self, repository: GitRepository, commit: str, bodies: dict[str, bytes]) -> None:
        super().__init__(repository, commit)
        self._bodies = bodies
        self._blobs: dict[str, str] = {}
        self._listed: set[str] | None = set()
        """Folders whose files are known; None where all are."""

    def read(self, path: str) -> bytes | None:
        """The bytes of the file; None where the commit has none. GitError where git fails."""
        return self.read_many([path]).get(path)

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of those of the files that exist, in one run of git."""
        wanted = [path for path in paths if is_inside(path) and _is_plain(path)]
        self._list({path.rpartition("/")[0] for path in wanted})
        blobs = {path: self._blobs[path] for path in wanted if path in self._blobs}
        missing = sorted({blob for blob in blobs.values() if blob not in self._bodies})
        self._bodies |= self._repository.blobs(missing)
        return {path: self._bodies[blob] for path, blob in blobs.items()}

    def _list(self, folders: set[str]) -> None:
        if self._listed is None or folders <= self._listed:
            return
        unknown = folders - self._listed
        if len(unknown) > _MANY_FOLDERS:
            self._listed, self._blobs = None, self._repository.files(self._revision)
        else:
            self._listed |= unknown
            self._blobs |= self._repository.files(self._revision, sorted(unknown))


def _is_plain(path: str) -> bool:
    """Whether a tree can hold the path at all: git writes each in one way alone, without empty parts or dots."""
    try:
        path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return "\0" not in path and not {"", "."} & set(path.split("/"))


class _Disk(WorkTree):
    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of those of the files that exist."""
        return {path: data for path in paths if (data := self.read(path)) is not None}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two trees."""

    name: str
    """Its commit, or `WORK_TREE`."""
    catalog: PartialCatalog
    files: TreeFiles
    """Every file of the tree, generated ones and Python among them."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Both trees, and what differs between them."""

    base: Side
    head: Side
    paths: tuple[TreeChange, ...]
    """Paths whose bytes differ, below ``specs/`` or not, sorted."""
    touched: tuple[SpecId, ...]
    """The specs that stand in a file that differs, on either side, sorted."""


def default_base(repository: GitRepository, head: str) -> str:
    """The commit from which `head` left the main branch. GitError, with the command that helps, where none is found."""
    revision = "HEAD" if head == WORK_TREE else head
    start = repository.resolve(revision)
    is_shallow = repository.is_shallow()
    for branch in DEFAULT_BRANCHES:
        if is_shallow and branch == "origin/HEAD":
            # A clone of one branch alone takes that branch for the main one.
            continue
        try:
            repository.resolve(branch)
        except GitError:
            continue
        return repository.merge_base(start, branch)
    advice = "git fetch --unshallow origin main" if is_shallow else "git fetch origin main"
    raise GitError(f"No main branch is here to compare with: run `{advice}`, or name the base with `--base REVISION`.")


@uncollected()
def read_sides(repository: GitRepository, base: str, head: str, *, read_all: bool = False) -> Sides:
    """Both trees. `base` and `head` name commits, `head` may be `WORK_TREE`. GitError where git fails.

    `read_all` reads every spec at once instead of when it is asked for.
    """
    commit = repository.resolve(base)
    base_listing, base_problems = list_commit(repository, commit, SPECS)
    before = {entry.path: entry.blob for entry in base_listing}
    bodies: dict[str, bytes] = {}
    if head == WORK_TREE:
        after, texts, head_problems = _work_tree_specs(repository.root)
        paths = _work_tree_changes(repository, commit)
        name = WORK_TREE
        files: TreeFiles = _Disk(repository.root)
    else:
        name = repository.resolve(head)
        listing, head_problems = list_commit(repository, name, SPECS)
        after, texts = {entry.path: entry.blob for entry in listing}, {}
        paths = repository.changes(commit, name)
        files = _Commit(repository, name, bodies)
    wanted = {blob for path, blob in (*before.items(), *after.items()) if (path, blob) not in texts}
    bodies |= repository.blobs(sorted(wanted))
    shared: dict[tuple[str, str], SpecFile | None] = {
        place: None if source is None else SpecFile(source) for place, source in texts.items()
    }
    differing = {path for path in (*before, *after) if before.get(path) != after.get(path)}
    one = _files(before, bodies, shared, base_problems)
    other = _files(after, bodies, shared, head_problems)
    for file in (*one, *other):
        if read_all or file.source.path in differing:
            _ = file.content
    library = Library([*one, *other])
    base_files = _Commit(repository, commit, bodies)
    return Sides(
        Side(commit, PartialCatalog(one, library, base_files, base_problems), base_files),
        Side(name, PartialCatalog(other, library, files, head_problems), files),
        tuple(paths),
        tuple(sorted({spec for file in (*one, *other) if file.source.path in differing for spec in _declared(file)})),
    )


def _files(
    listing: dict[str, str],
    bodies: dict[str, bytes],
    shared: dict[tuple[str, str], SpecFile | None],
    problems: list[Diagnostic],
) -> list[SpecFile]:
    """The files of one side, each shared with the other side where path and bytes are the same."""
    found = []
    for place in listing.items():
        if place not in shared:
            source, in_text = decode(place[0], bodies[place[1]])
            problems += in_text
            shared[place] = SpecFile(source) if source is not None else None
        file = shared[place]
        if file is not None:
            found.append(file)
    return found


def _declared(file: SpecFile) -> Iterable[SpecId]:
    return (spec_id for spec_id, _, _ in file.targets)


def _work_tree_specs(
    root: Path,
) -> tuple[dict[str, str], dict[tuple[str, str], SourceFile | None], list[Diagnostic]]:
    stats, problems = scan(root, SPECS)
    listing: dict[str, str] = {}
    texts: dict[tuple[str, str], SourceFile | None] = {}
    for stat in stats:
        source, found = read_file(root, stat.path)
        problems += found
        if source is not None:
            listing[stat.path] = source.blob
            texts[stat.path, source.blob] = source
    return listing, texts, problems


def _work_tree_changes(repository: GitRepository, base: str) -> list[TreeChange]:
    """The tracked paths, and those below specs and generated files, that lie on the disk other than in `base`."""
    known = repository.files(base)
    paths = set(known)
    for folder in (SPECS, GENERATED):
        top = repository.root / folder
        paths |= {path.relative_to(repository.root).as_posix() for path in top.rglob("*") if path.is_file()}
    files = WorkTree(repository.root)
    changes = []
    for path in sorted(paths):
        data = files.read(path)
        now = None if data is None else blob_id(data)
        if now != known.get(path):
            changes.append(TreeChange(path, known.get(path), now))
    return changes

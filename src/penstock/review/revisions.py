"""Base and head of a pull request, read from git without a checkout: their catalogs, and the paths that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

from penstock.catalog.lazy import LazyCatalog, OutlineError, SpecFile, SpecFileIndex
from penstock.catalog.model import SpecId
from penstock.catalog.repository import WorkTree
from penstock.diagnostics.model import Diagnostic
from penstock.review.gc_paused import gc_paused
from penstock.review.trees import CommitFiles, DiskFiles, TreeFiles
from penstock.source.files import GENERATED, SPECS, list_commit, read_file, scan
from penstock.source.git.call import GitError
from penstock.source.git.default_base import WORK_TREE
from penstock.source.git.paths import Folder
from penstock.source.git.repository import GitRepository
from penstock.source.git.values import TreeChange, TreeEntry
from penstock.source.git.work_tree import work_tree_status
from penstock.source.model import SourceFile, blob_id
from penstock.source.reading.characters import MAX_FILE_BYTES, decode

T = TypeVar("T")


class Revision(NamedTuple):
    """The base or the head of a pull request."""

    name: str
    """Its commit, or `WORK_TREE`."""
    catalog: LazyCatalog
    files: TreeFiles
    """Every file of the tree, generated ones and Python among them."""


class Revisions(NamedTuple):
    """Base and head, and what differs between them."""

    base: Revision
    head: Revision
    paths: tuple[TreeChange, ...]
    """Paths whose bytes differ, below ``specs/`` or not, sorted; those outside of the folder that is reviewed, too."""
    touched: tuple[SpecId, ...]
    """The specs that stand in a file that differs, on either side, sorted."""


def with_revisions(repository: GitRepository, base: str, head: str, understand: Callable[[Revisions], T]) -> T:
    """What `understand` makes of both trees (see `load_revisions`).

    Where a file holds other specs than its outline says, it begins again with all of them read.
    """
    with repository.reading():
        try:
            return understand(load_revisions(repository, base, head))
        except OutlineError:
            return understand(load_revisions(repository, base, head, read_all=True))


@gc_paused()
def load_revisions(repository: GitRepository, base: str, head: str, *, read_all: bool = False) -> Revisions:
    """Both trees. `base` and `head` name commits, `head` may be `WORK_TREE`. GitError where git fails.

    `read_all` reads every spec at once instead of when it is asked for.
    """
    commit = repository.resolve(base)
    base_listing, base_problems = list_commit(repository, commit)
    before = {entry.path: entry.blob for entry in base_listing}
    bodies: dict[str, bytes] = {}
    if head == WORK_TREE:
        after, texts, head_problems = _work_tree_specs(repository.root)
        paths, blobs, links = _work_tree_changes(repository, commit)
        name = WORK_TREE
        files: TreeFiles = DiskFiles(repository.root, blobs, links)
    else:
        name = repository.resolve(head)
        paths = repository.changes(commit, name)
        edited = _edited_specs(repository, base_listing, paths)
        if edited is None:
            listing, head_problems = list_commit(repository, name)
            after = {entry.path: entry.blob for entry in listing}
        else:
            after, head_problems = before | edited, list(base_problems)
        texts = {}
        files = CommitFiles(repository, name, bodies)
    if head != WORK_TREE and not before and not after:
        head_problems = [*head_problems, _no_specs(repository.folder, (path.path for path in paths))]
    wanted = {blob for path, blob in (*before.items(), *after.items()) if (path, blob) not in texts}
    bodies |= repository.blobs(sorted(wanted))
    shared = {place: _Read(SpecFile(source), problems) for place, (source, problems) in texts.items()}
    differing = {path for path in (*before, *after) if before.get(path) != after.get(path)}
    one = _files(before, bodies, shared, base_problems)
    other = _files(after, bodies, shared, head_problems)
    for file in (*one, *other):
        if read_all or file.source.path in differing:
            _ = file.content
    library = SpecFileIndex([*one, *other])
    base_files = CommitFiles(repository, commit, bodies)
    return Revisions(
        Revision(commit, LazyCatalog(one, library, base_files, base_problems), base_files),
        Revision(name, LazyCatalog(other, library, files, head_problems), files),
        tuple(paths),
        tuple(sorted({spec for file in (*one, *other) if file.source.path in differing for spec in _declared(file)})),
    )


def _no_specs(folder: str, paths: Iterable[str]) -> Diagnostic:
    """Neither tree has a spec: of what is looked for in the wrong place, nothing ever changes.

    `paths` are those that differ, as they are from `folder`.
    """
    seen = Folder(folder)
    below = sorted({seen.outer(path[: path.index(f"/{SPECS}/")]) for path in paths if f"/{SPECS}/" in path})
    named = f"`{folder}/{SPECS}`" if folder else f"`{SPECS}` at the top"
    root = (
        f"the folder to review may be `{below[0]}`: pass it as `root` of the action, or with `--root`" if below else ""
    )
    return Diagnostic.error(
        "no-specifications",
        f"neither base nor head has a specification in the folder {named} of the git repository",
        None,
        help=(root or f"specifications belong in `{SPECS}/` of the folder that is reviewed",),
    )


def _edited_specs(
    repository: GitRepository, base: Iterable[TreeEntry], changes: Iterable[TreeChange]
) -> dict[str, str] | None:
    """The blobs of head by path, where all that differs among the specs are files that base reads and head can read.

    None where something else came, went or turned into something else: head has to be listed then.
    """
    below = [change for change in changes if change.path.startswith(f"{SPECS}/")]
    edited = {change.path: change.after for change in below if change.is_edit and change.after is not None}
    if len(edited) < len(below) or not edited.keys() <= {entry.path for entry in base}:
        return None
    sizes = repository.sizes(edited.values()) if edited else []
    return edited if max(sizes, default=0) <= MAX_FILE_BYTES else None


class _Read(NamedTuple):
    """A file that was read, for both sides where they have the same."""

    file: SpecFile | None
    """None where its bytes are no text."""
    problems: list[Diagnostic]


def _files(
    listing: dict[str, str],
    bodies: dict[str, bytes],
    shared: dict[tuple[str, str], _Read],
    problems: list[Diagnostic],
) -> list[SpecFile]:
    """The files of one side, each shared with the other side where path and bytes are the same.

    What is wrong with a file is added to `problems`, whichever side was read first.
    """
    found = []
    for place in listing.items():
        if place not in shared:
            source, in_text = decode(place[0], bodies[place[1]], place[1])
            shared[place] = _Read(SpecFile(source) if source is not None else None, in_text)
        file, in_file = shared[place]
        problems += in_file
        if file is not None:
            found.append(file)
    return found


def _declared(file: SpecFile) -> Iterable[SpecId]:
    return (spec_id for spec_id, _, _ in file.targets)


def _work_tree_specs(
    root: Path,
) -> tuple[dict[str, str], dict[tuple[str, str], tuple[SourceFile, list[Diagnostic]]], list[Diagnostic]]:
    """The blobs by path, the texts with what is wrong with each, and what is wrong with what is no text.

    GitError where a sparse checkout leaves specs out: a plan would show them as removed.
    """
    stats, problems = scan(root)
    for problem in problems:
        if problem.code == "sparse-checkout":
            raise GitError(f"{problem.headline}: {problem.help[0]}.")
    listing: dict[str, str] = {}
    texts: dict[tuple[str, str], tuple[SourceFile, list[Diagnostic]]] = {}
    for stat in stats:
        source, found = read_file(root, stat.path)
        if source is None:
            problems += found
        else:
            listing[stat.path] = source.blob
            texts[stat.path, source.blob] = (source, found)
    return listing, texts, problems


def _work_tree_changes(repository: GitRepository, base: str) -> tuple[list[TreeChange], dict[str, str], Iterable[str]]:
    """The paths that lie on the disk other than in `base`: tracked, new, or below specs and generated files.

    With them, the blobs of all such files as they lie there, and the paths of links and submodules. What git knows to
    be as it was is not read.
    What `.gitignore` leaves out is no part of a commit, but specs and generated files are read from the disk all the
    same.
    """
    seen = Folder(repository.folder)
    whole = repository.seen_from("")
    known = {seen.inner(path): one for path, one in (*whole.files(base).items(), *whole.links(base).items())}
    blobs, others, links = work_tree_status(repository)
    paths = known.keys() | blobs.keys() | others | links.keys()
    for folder in (SPECS, GENERATED):
        top = repository.root / folder
        paths |= {path.relative_to(repository.root).as_posix() for path in top.rglob("*") if path.is_file()}
    files = WorkTree(repository.top)
    held = ((path, files.read(seen.outer(path))) for path in paths - blobs.keys() - links.keys())
    blobs |= {path: blob_id(data, len(base)) for path, data in held if data is not None}
    there = blobs | links
    changed = (path for path in sorted(paths) if there.get(path) != known.get(path))
    return [TreeChange(path, known.get(path), there.get(path)) for path in changed], blobs, links

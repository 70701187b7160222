"""Which files hold specifications, in the work tree or in a commit, and their text."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic, Label, Span
from penstock.source.case_folding import colliding, folded
from penstock.source.git.sparse_checkout import left_out
from penstock.source.model import SourceFile
from penstock.source.plain_file import read_plain_file
from penstock.source.reading.characters import MAX_FILE_BYTES, decode, too_large
from penstock.source.stat_cache import stat_of

if TYPE_CHECKING:
    from penstock.source.git.repository import GitRepository
    from penstock.source.git.values import TreeEntry

SPECS = "specs"
"""The folder of a repository that holds its specifications."""
GENERATED = "generated"
"""The folder that holds what they compile to."""
SUFFIXES = (".yaml", ".yml")
_ALMOST = (*SUFFIXES, ".json")
"""Whatever case they have: files with these ends are mostly meant to be read."""


class FileStat(NamedTuple):
    """A file of the work tree, and what changes when its bytes do. `path` is relative to the repository."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


def scan(repository: Path) -> tuple[list[FileStat], list[Diagnostic]]:
    """The specification files of a work tree, sorted by path, and what is wrong with them.

    Names that start with a dot are passed over. Links are refused wherever they lead: a commit
    holds a link's name and no text, so that work tree and commit would not be read alike.
    Names that differ from those that are read in case alone get a warning, and so does JSON. Where a sparse checkout
    leaves some of them out, none is listed.
    """
    top = os.fspath(repository)
    if not (repository / SPECS).is_dir() or (repository / SPECS).is_symlink():
        return [], [_no_folder()]
    missing = [path for path in left_out(repository, SPECS) if path.endswith(SUFFIXES)]
    if missing:
        return [], [_sparse(missing)]
    files: list[FileStat] = []
    diagnostics: list[Diagnostic] = [_unread_folder(name) for name in lookalikes(repository)]
    waiting = [SPECS]
    while waiting:
        directory = waiting.pop()
        try:
            entries = list(os.scandir(f"{top}/{directory}"))
        except OSError as error:
            diagnostics.append(unreadable(directory, error.strerror or "reading it failed"))
            continue
        for entry in entries:
            if entry.name[0] == ".":
                continue
            path = f"{directory}/{entry.name}"
            if entry.is_symlink():
                diagnostics += _link(repository, path)
            elif entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif entry.name.endswith(SUFFIXES):
                status = entry.stat(follow_symlinks=False)
                found = _unusable(path, status.st_size, stat.S_ISREG(status.st_mode))
                if found is None:
                    files.append(FileStat(path, *stat_of(status), status.st_ino))
                else:
                    diagnostics.append(found)
            elif entry.name.lower().endswith(_ALMOST):
                diagnostics.append(_unread_file(path))
    files.sort(key=lambda file: file.path)
    diagnostics += case_collisions(file.path for file in files)
    return files, sorted(diagnostics)


def read_file(repository: Path, path: str) -> tuple[SourceFile | None, list[Diagnostic]]:
    """The text of one file of the work tree; None with the reason where it has none."""
    try:
        data = read_plain_file(f"{os.fspath(repository)}/{path}")
    except OSError as error:
        return None, [unreadable(path, error.strerror or "reading it failed")]
    return decode(path, data)


def read_commit(repository: GitRepository, revision: str) -> tuple[list[SourceFile], list[Diagnostic]]:
    """The specification files of a commit, sorted by path. GitError where git fails."""
    wanted, diagnostics = list_commit(repository, revision)
    bodies = repository.blobs(entry.blob for entry in wanted)
    files = []
    for entry in wanted:
        file, found_in_text = decode(entry.path, bodies[entry.blob])
        diagnostics += found_in_text
        if file is not None:
            files.append(file)
    return files, sorted(diagnostics)


def list_commit(repository: GitRepository, revision: str) -> tuple[list[TreeEntry], list[Diagnostic]]:
    """The specification files of a commit without their text. GitError where git fails."""
    diagnostics: list[Diagnostic] = []
    wanted = []
    for entry in repository.entries(revision, SPECS):
        if not entry.path.endswith(SUFFIXES) or "/." in f"/{entry.path}":
            if entry.path.lower().endswith(_ALMOST) and "/." not in f"/{entry.path}" and not entry.is_link:
                diagnostics.append(_unread_file(entry.path))
            continue
        found = _refused_link(entry.path) if entry.is_link else _unusable(entry.path, entry.size, True)
        if found is None:
            wanted.append(entry)
        else:
            diagnostics.append(found)
    diagnostics += case_collisions(entry.path for entry in wanted)
    return wanted, diagnostics


def case_collisions(paths: Iterable[str]) -> Iterator[Diagnostic]:
    """Files that are one file where case, or the form of an accent, does not count."""
    for path, other in colliding(paths):
        yield Diagnostic.error(
            "case-collision",
            "two files have the same name on case-insensitive file systems",
            Span.point(path),
            secondary=(Label(Span.point(other), "the other one"),),
            help=("rename one: on macOS and Windows a clone contains only one of them",),
        )


def _unusable(path: str, size: int, is_plain: bool) -> Diagnostic | None:
    if not is_plain:
        return unreadable(path, "it is not a regular file")
    if size > MAX_FILE_BYTES:
        return too_large(path, size)
    if not path.isprintable():
        return Diagnostic.error(
            "bad-file-name",
            "a file name contains unprintable characters",
            Span.point(path),
            help=("rename it: use UTF-8 without control characters",),
        )
    return None


def _link(repository: Path, path: str) -> Iterator[Diagnostic]:
    """The refusal of a link that looks like a specification, or like a folder of them."""
    full = repository / path
    try:
        target = full.resolve(strict=True)
    except (OSError, RuntimeError):
        if path.endswith(SUFFIXES):
            yield _refused_link(path, "its target does not exist, or it is part of a loop")
        return
    if not path.endswith(SUFFIXES) and not target.is_dir():
        return
    outside = not target.is_relative_to(repository.resolve())
    yield _refused_link(path, "its target is outside of the repository" if outside else "")


def _refused_link(path: str, why: str = "") -> Diagnostic:
    return Diagnostic.error(
        "symbolic-link",
        "a specification is a symbolic link",
        Span.point(path),
        why,
        help=("replace it with the file itself: git stores only the path of a link",),
    )


def unreadable(path: str, why: str) -> Diagnostic:
    """The error of a file or folder whose bytes are not to be had, or not to be asked for."""
    return Diagnostic.error(
        "unreadable-file",
        "cannot read a file or folder",
        Span.point(path),
        why.lower(),
        help=("check that it is a regular file or a folder with read permission, or move it elsewhere",),
    )


def lookalikes(repository: Path) -> list[str]:
    """The folders of a work tree whose name differs from that of the specifications in case alone, sorted."""
    try:
        names = sorted(entry.name for entry in os.scandir(repository) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
    return [name for name in names if name != SPECS and folded(name) == SPECS]


def _unread_file(path: str) -> Diagnostic:
    name = path.rpartition("/")[2]
    stem, _, suffix = name.rpartition(".")
    right = suffix.lower()
    advice = f"rename it to `{stem}.{right}`"
    if f".{right}" not in SUFFIXES:
        advice = (
            f"rename it to `{stem}.yaml`, since JSON is valid YAML, or move it elsewhere if it is not a specification"
        )
    return Diagnostic.warning(
        "unread-file",
        f"ignored file: its name ends in `.{suffix}`",
        Span.point(path),
        help=(advice,),
    )


def _unread_folder(name: str) -> Diagnostic:
    return Diagnostic.warning(
        "unread-file",
        f"ignored folder `{name}`: specifications are in `{SPECS}`",
        None,
        help=(f"move its files to `{SPECS}`",),
    )


def _sparse(missing: list[str]) -> Diagnostic:
    """The error of a work tree without some of the branch's files: what they declare would look undeclared."""
    return Diagnostic.error(
        "sparse-checkout",
        f"a sparse checkout leaves out {counted(len(missing), 'file')} of the specifications",
        Span.point(missing[0]),
        help=("`git sparse-checkout add specs` brings them, `git sparse-checkout disable` all other files, too",),
    )


def _no_folder() -> Diagnostic:
    return Diagnostic.error(
        "no-specifications",
        f"there is no folder `{SPECS}`",
        None,
        help=("run this in the repository's root, or pass the folder with `--root`",),
    )

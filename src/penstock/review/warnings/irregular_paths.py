"""Paths that a review does not read and others do: links, submodules, and other spellings of a folder's name."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.diagnostics.model import Diagnostic, Span
from penstock.review.revisions import Revisions
from penstock.source.case_folding import folded
from penstock.source.files import GENERATED, SPECS, SUFFIXES
from penstock.source.git.default_base import WORK_TREE
from penstock.source.git.paths import Folder, is_outside
from penstock.source.git.repository import GitRepository

_FOLDERS = (SPECS, GENERATED)
_LINK, _SUBMODULE = "120000", "160000"
_WHAT = {_LINK: "a symbolic link", _SUBMODULE: "a submodule"}


def irregular_paths(repository: GitRepository, revisions: Revisions) -> Iterator[Diagnostic]:
    """Errors for links and submodules of head, and for folders that some file systems take for one of the two.

    Among the generated files, one that stands on base already is an error too: what it leads to is changed elsewhere,
    and whoever applies the folder follows it. Specs are read from plain files alone, so that there only a new one is.
    """
    if revisions.head.name == WORK_TREE:
        # Whoever reads the work tree refuses links itself.
        return
    everywhere = {change.path for change in revisions.paths if change.after is not None}
    changed = {path for path in everywhere if not is_outside(path)}
    yield from _case_variants(changed)
    if repository.folder:
        yield from _around(Folder(repository.folder), everywhere - changed)
    if changed <= {file.source.path for file in revisions.head.catalog.files}:
        # Nothing but plain files of specs comes, and nothing that a link may lead to changes without a manifest.
        return
    for path, mode in sorted(repository.irregular(revisions.head.name, _FOLDERS).items()):
        if is_generated(path) or (path in changed and not _is_refused(path, mode)):
            yield _irregular(path, mode)


def is_generated(path: str) -> bool:
    """Whether a path is the folder of the generated files, or leads into it."""
    return path == GENERATED or path.startswith(f"{GENERATED}/")


def _is_refused(path: str, mode: str) -> bool:
    """Whether listing the specs says so already."""
    return mode == _LINK and path.endswith(SUFFIXES) and "/." not in path


def _irregular(path: str, mode: str) -> Diagnostic:
    what = _WHAT.get(mode, "something other than a regular file")
    folder = "generated files" if path.startswith(GENERATED) else "specifications"
    return Diagnostic.error(
        "irregular-file",
        f"{what} among the {folder}",
        Span.point(path),
        "the review does not follow it",
        help=("remove it, or replace it with a regular file",),
    )


def _case_variants(paths: set[str]) -> Iterator[Diagnostic]:
    for first in sorted({path.partition("/")[0] for path in paths} - set(_FOLDERS)):
        folder = next((one for one in _FOLDERS if one == folded(first)), None)
        if folder is not None:
            example = min(path for path in paths if path.partition("/")[0] == first)
            yield _case_variant(first, folder, example)


def _around(folder: Folder, paths: set[str]) -> Iterator[Diagnostic]:
    """What may be taken for the folder that is reviewed, or stands in its place; `paths` are outside of it."""
    own = folder.path.split("/")
    for path in sorted(paths):
        parts = folder.outer(path).split("/")
        named = parts[: len(own)]
        if parts == own[: len(parts)]:
            yield Diagnostic.error(
                "irregular-file",
                f"the reviewed folder `{folder.path}` is no longer a folder",
                Span.point(path),
                "tools that follow it read files that the review does not",
                help=("restore the folder",),
            )
        elif named != own and [folded(part) for part in named] == [folded(part) for part in own]:
            yield _case_variant("/".join(named), folder.path, path)


def _case_variant(name: str, folder: str, example: str) -> Diagnostic:
    return Diagnostic.error(
        "case-collision",
        f"`{ascii(name)[1:-1]}` collides with `{folder}` on case-insensitive file systems",
        Span.point(example),
        help=("rename it: a clone on macOS or Windows merges the two folders",),
    )

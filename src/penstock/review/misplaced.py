"""What stands in or beside the folders that a review reads so that it reads it not, while others do."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from penstock.catalog.load import SPECS
from penstock.diagnostics.model import Diagnostic, Span
from penstock.review.sides import GENERATED, WORK_TREE, Sides
from penstock.source.files import SUFFIXES
from penstock.source.git.paths import Folder, is_outside
from penstock.source.git.repository import GitRepository

_FOLDERS = (SPECS, GENERATED)
_LINK, _SUBMODULE = "120000", "160000"
_WHAT = {_LINK: "a symbolic link", _SUBMODULE: "a submodule"}


def misplaced(repository: GitRepository, sides: Sides) -> Iterator[Diagnostic]:
    """Errors for links and submodules of head, and for folders that some file systems take for one of the two.

    Among the generated files, one that stands on base already is an error too: what it leads to is changed elsewhere,
    and whoever applies the folder follows it. Specs are read from plain files alone, so that there only a new one is.
    """
    if sides.head.name == WORK_TREE:
        # Whoever reads the work tree refuses links itself.
        return
    everywhere = {change.path for change in sides.paths if change.after is not None}
    changed = {path for path in everywhere if not is_outside(path)}
    yield from _twins(changed)
    if repository.folder:
        yield from _around(Folder(repository.folder), everywhere - changed)
    if changed <= {file.source.path for file in sides.head.catalog.files}:
        # Nothing but plain files of specs comes, and nothing that a link may lead to changes without a manifest.
        return
    for path, mode in sorted(repository.irregular(sides.head.name, _FOLDERS).items()):
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


def _twins(paths: set[str]) -> Iterator[Diagnostic]:
    for first in sorted({path.partition("/")[0] for path in paths} - set(_FOLDERS)):
        folder = next((one for one in _FOLDERS if one == _folded(first)), None)
        if folder is not None:
            example = min(path for path in paths if path.partition("/")[0] == first)
            yield _twin(first, folder, example)


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
        elif named != own and [_folded(part) for part in named] == [_folded(part) for part in own]:
            yield _twin("/".join(named), folder.path, path)


def _twin(name: str, folder: str, example: str) -> Diagnostic:
    return Diagnostic.error(
        "twin-folder",
        f"`{ascii(name)[1:-1]}` collides with `{folder}` on case-insensitive file systems",
        Span.point(example),
        help=("rename it: a clone on macOS or Windows merges the two folders",),
    )


def _folded(name: str) -> str:
    """The name as file systems compare it: without case, the form of letters, and what is not shown."""
    shown = (letter for letter in unicodedata.normalize("NFKC", name) if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", "".join(shown).casefold())

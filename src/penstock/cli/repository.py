"""Which repository a command works in."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.source.files import SPECS, lookalikes

if TYPE_CHECKING:
    from penstock.source.git.repository import GitRepository

_BELOW = ("*", "*/*")
"""How far down it is looked for what is not found upwards."""


class NoRepositoryError(Exception):
    """There is no folder of specs here or above; the message says what to do."""


def add_root(parser: argparse.ArgumentParser) -> None:
    """The option that names the repository's root."""
    parser.add_argument(
        "--root",
        type=Path,
        metavar="DIR",
        help="root of the repository (default: the nearest folder upwards that contains specs/)",
    )


def find_root(options: argparse.Namespace) -> Path:
    """The repository's root; NoRepositoryError where there is none."""
    if options.root is not None:
        if (options.root / SPECS).is_dir():
            return Path(options.root).resolve()
        raise NoRepositoryError(f"there is no folder {SPECS}/ in {options.root}{_hint(options.root)}")
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / SPECS).is_dir():
            return folder
    raise NoRepositoryError(
        f"there is no folder {SPECS}/ in {here} or above it; change to a repository, or pass --root"
        f"{_hint(here) or '; `penstock init` writes the first specs'}"
    )


def find_git(root: Path) -> GitRepository:
    """The git repository that `root` lies in, seen from there. GitError where there is none.

    `root` need not exist: what is only added by the head of a pull request is not here yet.
    """
    from penstock.source.git.repository import GitRepository

    root = root.resolve()
    here = next(folder for folder in (root, *root.parents) if folder.is_dir())
    repository = GitRepository.find(here)
    folder = root.relative_to(repository.top.resolve()).as_posix()
    return repository if folder == "." else repository.seen_from(folder)


def find_compared(options: argparse.Namespace, head: str) -> GitRepository:
    """The git repository in which revisions are compared. NoRepositoryError where there are no specs.

    Two commits need no work tree: the specs of `head` will do, in a bare repository or one without a checkout.
    """
    try:
        root = find_root(options)
    except NoRepositoryError:
        from penstock.source.git.call import GitError
        from penstock.source.git.default_base import WORK_TREE

        with suppress(GitError):
            repository = find_git(options.root or Path.cwd())
            if head != WORK_TREE and repository.entries(head, SPECS):
                return repository
        raise
    return find_git(root)


def folder_in_git(root: Path) -> str:
    """The folder of a git repository that `root` is; empty for its top, and outside of any. Git is not asked."""
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    folder = root.relative_to(top).as_posix()
    return "" if folder == "." else folder


def _hint(folder: Path) -> str:
    """What else may be meant: a name that differs in case alone, or a folder a little further down."""
    names = lookalikes(folder)
    if names:
        return f" (names are case-sensitive in git: rename `{names[0]}` to `{SPECS}`)"
    below = sorted(found.parent.relative_to(folder) for depth in _BELOW for found in folder.glob(f"{depth}/{SPECS}"))
    return f" (there is one in `{below[0]}`: `--root {below[0]}`)" if below else ""

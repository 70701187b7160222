"""Which repository a command works in."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.source.files import lookalikes

if TYPE_CHECKING:
    from penstock.source.git import GitRepository

SPECS = "specs"


class NoRepositoryError(Exception):
    """There is no folder of specs here or above, or commits have it elsewhere; the message says what to do."""


def add_root(parser: argparse.ArgumentParser) -> None:
    """The option that names the repository's root."""
    parser.add_argument(
        "--root",
        type=Path,
        metavar="DIR",
        help="root of the repository; by default the nearest folder from here upwards that holds specs/",
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
        f"there is no folder {SPECS}/ in {here} or above it; go to a repository, or name it by --root{_hint(here)}"
    )


def find_git(root: Path) -> GitRepository:
    """The git repository of which `root` is the top. GitError where there is none, NoRepositoryError in its folders.

    The paths of commits begin at its top: specs of a folder below would be found in no commit, and no change of them.
    """
    from penstock.source.git import GitRepository

    repository = GitRepository.find(root)
    if not repository.root.samefile(root):
        folder = root.resolve().relative_to(repository.root.resolve()).as_posix()
        raise NoRepositoryError(
            f"commits are compared from the top of the git repository, {repository.root}, and {SPECS}/ stands in its "
            f"folder `{folder}`: move what `{folder}` holds to the top, or make it a repository of its own"
        )
    return repository


def _hint(folder: Path) -> str:
    """What else may be meant, where a name differs in case alone."""
    names = lookalikes(folder, SPECS)
    return f" (`{names[0]}` is another name to git: rename it to `{SPECS}`)" if names else ""

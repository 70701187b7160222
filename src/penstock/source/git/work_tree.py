"""The status of a work tree: which files are as the index has them, by git alone, without reading them."""

from __future__ import annotations

from typing import NamedTuple

from penstock.source.git import call
from penstock.source.git.paths import Folder
from penstock.source.git.repository import GitRepository
from penstock.source.git.sparse_checkout import LEFT_OUT, is_gone

_PLAIN = ("100644", "100755")
_LOOKED_AT = "H"
"""The tag of an entry of the index that git compares with the disk, and that no merge has left open."""


class WorkTreeStatus(NamedTuple):
    """The files of a work tree, by their paths from the folder that is seen from."""

    unchanged: dict[str, str]
    """The blobs of the plain ones that lie as the index has them, or that a sparse checkout leaves out."""
    others: frozenset[str]
    """Those that may hold anything, or be gone: edited, new, or such that git was told not to look at them."""
    links: dict[str, str]
    """The links and submodules that lie as the index has them: the blob of the one, the commit of the other."""


def work_tree_status(repository: GitRepository) -> WorkTreeStatus:
    """The files of the work tree, but for new ones that `.gitignore` leaves out. GitError where git fails.

    git tells an edited file by its size and times, as `git status` does, and line ends as a commit would have them are
    no edit. Filters are not run: a file that has one and was written together with the index is among the others.
    """
    inner = Folder(repository.folder).inner
    listing = _paths(repository, ["ls-files", "--stage", "-v", "-z"], "git cannot list the files of the index.")
    known: dict[str, str] = {}
    links: dict[str, str] = {}
    others = set()
    for line in listing:
        facts, _, path = line.partition("\t")
        tag, mode, blob, _ = facts.split()
        as_indexed = tag == _LOOKED_AT or (tag in LEFT_OUT and is_gone(repository.top, path))
        if as_indexed and mode in _PLAIN:
            known[inner(path)] = blob
        elif as_indexed:
            links[inner(path)] = blob
        else:
            others.add(inner(path))
    edited = ["diff-files", "--name-only", "--no-ext-diff", "--ignore-submodules=dirty", "-z"]
    complaint = "git cannot compare the files of the work tree with the index."
    others.update(map(inner, _paths(repository, edited, complaint, variables=_without_filters(repository))))
    new = ["ls-files", "--others", "--exclude-standard", "--full-name", "-z"]
    others.update(map(inner, _paths(repository, new, "git cannot list the new files of the work tree.")))
    unchanged, same = ({path: one for path, one in each.items() if path not in others} for each in (known, links))
    return WorkTreeStatus(unchanged, frozenset(others), same)


def _without_filters(repository: GitRepository) -> dict[str, str]:
    """Variables for git's environment by which none of the filters that are configured is run."""
    asked = ["config", "--name-only", "-z", "--get-regexp", r"^filter\..*\.(clean|process|required)$"]
    names = call.attempt(repository.top, asked).stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    found = {"GIT_CONFIG_COUNT": str(len(names))}
    for number, name in enumerate(names):
        found[f"GIT_CONFIG_KEY_{number}"] = name
        found[f"GIT_CONFIG_VALUE_{number}"] = "false" if name.endswith(".required") else ""
    return found


def _paths(
    repository: GitRepository, command: list[str], complaint: str, variables: dict[str, str] | None = None
) -> list[str]:
    listing = call.run(repository.top, command, complaint, variables=variables)
    return listing.decode("utf-8", "surrogateescape").split("\0")[:-1]

"""With which commit a pull request is compared where nobody names one."""

from __future__ import annotations

from penstock.source.git.call import GitError
from penstock.source.git.repository import GitRepository

WORK_TREE = "WORKTREE"
"""The head that stands for the files as they lie on the disk."""

DEFAULT_BRANCHES = ("origin/main", "origin/master", "main", "master", "origin/HEAD")


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
    raise GitError(f"There is no main branch to compare with: run `{advice}`, or pass the base with `--base REVISION`.")

"""Sparse checkouts: files that belong to the branch, and that git was told to leave out of the work tree."""

from __future__ import annotations

from pathlib import Path

LEFT_OUT = frozenset("Ss")
"""The tags by which ``git ls-files -v`` marks such an entry of the index; small where its changes are ignored, too."""


def left_out(root: Path, folder: str) -> list[str]:
    """The files below a folder of the work tree that a sparse checkout leaves out, by their paths from `root`.

    git is asked only where it keeps a pattern for it; where it does not answer, none is known.
    """
    if not _has_patterns(root):
        return []
    from penstock.source.git import call  # what starts processes: seldom needed, and every scan comes by here

    listed = call.attempt(root, ["ls-files", "-v", "-z", "--", folder])
    entries = listed.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1] if listed.returncode == 0 else []
    return [path for tag, _, path in (one.partition(" ") for one in entries) if tag in LEFT_OUT and is_gone(root, path)]


def is_gone(root: Path, path: str) -> bool:
    """Whether a file of the index is not in the work tree: one that is left out may have been brought by hand."""
    full = root / path
    return not full.exists() and not full.is_symlink()


def _has_patterns(root: Path) -> bool:
    """Whether the repository around `root` has, or had, a sparse checkout. git is not started for it."""
    for folder in (root, *root.parents):
        git = folder / ".git"
        if git.is_dir():
            return (git / "info/sparse-checkout").exists()
        if git.is_file():  # of a work tree beside the first one, or of a submodule
            named = git.read_text(errors="replace").removeprefix("gitdir:").strip()
            return (folder / named / "info/sparse-checkout").exists()
    return False

"""A file that somebody saves while a compile reads it is compiled again by the next one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from incremental.repositories import compile_all, copy, edit, files, let_clocks_pass
from penstock.catalog.repository import WorkTree
from penstock.incremental import shares
from penstock.incremental.session import Session

MODULE = "systems/flights.py"


def saved(root: Path, _: bytes) -> None:
    edit(root, MODULE, '"""', '"""Nothing. ')


def saved_as_it_was_before(root: Path, before: bytes) -> None:
    (root / MODULE).write_bytes(before)


def moved_away(root: Path, _: bytes) -> None:
    (root / MODULE).unlink()


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, root: Path, change: Callable[[], None], at: int, *, in_copy: bool
) -> None:
    """Let `change` happen once, after the reading of the module of that number, in this process or in a copy of it."""
    read, original, done, count = WorkTree.read, os.getpid(), root / "done", 0

    def watched(tree: WorkTree, path: str) -> bytes | None:
        nonlocal count
        data = read(tree, path)
        if path == MODULE and (os.getpid() != original) is in_copy:
            count += 1
            if count == at and not done.exists():
                done.touch()
                change()
                let_clocks_pass(root)
        return data

    monkeypatch.setattr(WorkTree, "read", watched)


@pytest.mark.parametrize("change", [saved, saved_as_it_was_before, moved_away])
@pytest.mark.parametrize(("is_known", "processes", "at"), [(False, 2, 1), (True, 1, 1), (True, 1, 2)])
def test_what_changes_while_it_is_read_is_found_by_the_next_compile(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    change: Callable[[Path, bytes], None],
    is_known: bool,
    processes: int,
    at: int,
) -> None:
    monkeypatch.setattr(shares, "FEWEST", 1)
    root = copy(tmp_path / "repository", "flights")
    # The first share, which this process does itself, is that of the first files.
    (root / "specs/flights").rename(root / "specs/systems")
    before = (root / MODULE).read_bytes()
    if is_known:
        compile_all(root)
    edit(root, MODULE, '"""', '"""First. ')
    with monkeypatch.context() as during:
        meanwhile(during, root, lambda: change(root, before), at, in_copy=processes > 1)
        Session(root, processes=processes).compile()
    assert (root / "done").exists()
    warm = Session(root, processes=1).compile()
    made = files(root)
    shutil.rmtree(root / ".penstock")
    cold = Session(root, use_memory=False).compile()
    assert warm.diagnostics == cold.diagnostics
    assert warm.failed is (change is moved_away)
    assert made == files(root)

"""A catalog of the work tree and one of a commit are the same for the same files."""

from __future__ import annotations

import subprocess
from pathlib import Path

from catalog.repositories import small
from penstock.catalog.load import load_commit, load_work_tree
from penstock.catalog.repository import WorkTree
from penstock.checks.engine import check
from penstock.source.git.repository import GitRepository


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


def test_a_commit_is_read_like_the_work_tree_and_stays_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, small())
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "specs")
    here = load_work_tree(tmp_path)
    (tmp_path / "systems/flights.py").write_text("def other(): pass\n")
    (tmp_path / "specs/gate.yaml").unlink()
    there = load_commit(GitRepository.find(tmp_path), "HEAD")
    assert there.ids() == here.ids()
    assert check(there) == ()
    assert {found.code for found in check(load_work_tree(tmp_path))} == {"unknown-gate", "unknown-function"}


def test_no_file_outside_of_the_repository_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    inside = tmp_path / "repository"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path / "secret")
    tree = WorkTree(inside)
    assert tree.read("../secret") is None
    assert tree.read("link") is None
    assert tree.read(str(tmp_path / "secret")) is None
    assert tree.listing("..") == ()

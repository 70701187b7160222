"""The files of a work tree are read as those of a commit would be."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from catalog.repositories import small
from penstock.catalog.load import load_commit, load_work_tree
from penstock.catalog.repository import CommittedFiles, WorkTree
from penstock.checks.engine import check
from penstock.source.git.repository import GitRepository


def commit(root: Path) -> GitRepository:
    """The files of a folder as the one commit of a repository."""
    environment = os.environ | {
        "GIT_AUTHOR_NAME": "ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "ada", "GIT_COMMITTER_EMAIL": "ada@example.com",
    }  # fmt: skip
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run(["git", *command], cwd=root, check=True, env=environment)
    return GitRepository.find(root)


def test_a_link_that_leaves_the_repository_is_no_file_of_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    root = tmp_path / "repository"
    root.mkdir()
    (root / "evidence.json").symlink_to(outside)
    (root / "plain.json").write_text("[]")
    assert WorkTree(root).read("evidence.json") is None
    assert WorkTree(root).read("../outside.json") is None
    assert WorkTree(root).read("plain.json") == b"[]"


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which files and folders are links to others of it."""
    root = tmp_path_factory.mktemp("linked")
    (root / "lib/deep").mkdir(parents=True)
    (root / "lib/real.py").write_text("def f(): pass\n")
    (root / "lib/deep/real.py").write_text("def g(): pass\n")
    (root / "lib/file.py").symlink_to("real.py")
    (root / "lib/gone.py").symlink_to("nowhere.py")
    (root / "other").symlink_to("lib")
    (root / "lib/round").symlink_to("round")
    commit(root)
    return root


@pytest.mark.parametrize(
    "path",
    [
        "lib/real.py", "lib/file.py", "lib/gone.py", "lib/round", "lib/deep/real.py", "other", "other/real.py",
        "other/deep/real.py", "other/nothing.py", "lib", "lib/nothing.py", "./lib/real.py", "lib//real.py",
        "lib/./real.py", "lib/../lib/real.py", "lib/real.py/", "/lib/real.py", "",
    ],
)  # fmt: skip
def test_work_tree_and_commit_agree_on_what_can_be_read(linked: Path, path: str) -> None:
    here, there = WorkTree(linked), CommittedFiles(GitRepository.find(linked), "HEAD")
    assert here.read(path) == there.read(path)
    assert here.link(path) == there.link(path)


def test_a_link_is_named_by_the_part_of_the_path_that_it_is(linked: Path) -> None:
    tree = WorkTree(linked)
    assert tree.link("lib/file.py") == "lib/file.py"
    assert tree.link("other/deep/real.py") == "other"
    assert tree.link("lib/real.py") is None
    assert tree.read("lib/real.py") == b"def f(): pass\n"
    assert tree.listing("other") == ()


@pytest.mark.parametrize("link", ["systems", "systems/flights.py"])
def test_a_module_behind_a_link_is_refused_and_the_link_is_named(tmp_path: Path, link: str) -> None:
    for path, text in small().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    place = tmp_path / link
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    repository = commit(tmp_path)
    for catalog in (load_work_tree(tmp_path), load_commit(repository, "HEAD")):
        found = check(catalog)
        assert {one.code for one in found} == {"unknown-function"}
        for one in found:
            assert one.help[0].startswith(f"`{link}` is a symbolic link: replace it with the file itself")

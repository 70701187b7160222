"""Which files of a work tree lie there as git last saw them, and which have to be read."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from penstock.source.git.repository import GitRepository
from penstock.source.git.work_tree import work_tree_status
from penstock.source.model import blob_id


def run(root: Path, *words: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *identity, *words], cwd=root, capture_output=True, text=True, check=True).stdout


def settle(root: Path) -> None:
    """Let the index be newer than all files, so that git need not look into them."""
    for path in root.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            os.utime(path, (1_000_000_000, 1_000_000_000))
    run(root, "update-index", "--refresh")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    run(tmp_path, "init", "--quiet")
    run(tmp_path, "config", "core.excludesFile", os.devnull)
    (tmp_path / "ml/data").mkdir(parents=True)
    for name in ("top.txt", "ml/one.txt", "ml/data/two.csv", "ml/data/ü \n.csv"):
        (tmp_path / name).write_text(f"{name}\n")
    (tmp_path / ".gitignore").write_text("*.log\n")
    run(tmp_path, "add", ".")
    run(tmp_path, "commit", "--quiet", "-m", "Files")
    settle(tmp_path)
    return tmp_path


def blob(text: str) -> str:
    return blob_id(text.encode(), 40)


def test_what_nobody_touched_is_known_by_its_blob(root: Path) -> None:
    names = ("top.txt", "ml/one.txt", "ml/data/two.csv", "ml/data/ü \n.csv")
    assert work_tree_status(GitRepository(root)) == (
        {name: blob(f"{name}\n") for name in names} | {".gitignore": blob("*.log\n")},
        set(),
        {},
    )


def test_paths_are_those_from_the_folder(root: Path) -> None:
    (root / "ml/new.txt").write_text("new\n")
    known, others, _ = work_tree_status(GitRepository(root, "ml"))
    assert set(known) == {"../top.txt", "one.txt", "data/two.csv", "data/ü \n.csv", "../.gitignore"}
    assert others == {"new.txt"}


def test_edited_removed_new_and_replaced_files_are_told_apart(root: Path) -> None:
    (root / "top.txt").write_text("TOP.txt\n")
    (root / "ml/one.txt").unlink()
    (root / "ml/data/two.csv").unlink()
    (root / "ml/data/two.csv").symlink_to("../../top.txt")
    (root / "ml/staged.txt").write_text("staged\n")
    run(root, "add", "ml/staged.txt")
    (root / "ml/staged.txt").write_text("edited after it was staged\n")
    (root / "ml/new.txt").write_text("new\n")
    (root / "ml/left.log").write_text("ignored\n")
    known, others, _ = work_tree_status(GitRepository(root))
    assert set(known) == {".gitignore", "ml/data/ü \n.csv"}
    assert others == {"top.txt", "ml/one.txt", "ml/data/two.csv", "ml/staged.txt", "ml/new.txt"}


def test_links_and_submodules_are_known_by_what_they_lead_to(root: Path) -> None:
    for name in ("kept", "moved"):
        (root / name).symlink_to("top.txt")
    run(root, "init", "--quiet", "lib")
    for number in (1, 2):
        run(root / "lib", "commit", "--quiet", "--allow-empty", "-m", f"{number}")
        if number == 1:
            run(root, "add", "kept", "moved", "lib")
    known, others, links = work_tree_status(GitRepository(root))
    assert others == {"lib"}, "another commit than that of the index is checked out there"
    run(root, "add", "lib")
    (root / "moved").unlink()
    (root / "moved").symlink_to("ml/one.txt")
    known, others, links = work_tree_status(GitRepository(root))
    commit = run(root / "lib", "rev-parse", "HEAD").strip()
    assert links == {"kept": blob("top.txt"), "lib": commit}
    assert others == {"moved"}
    assert not known.keys() & {"kept", "moved", "lib"}


def test_a_folder_that_a_link_replaces_holds_nothing_that_is_known(root: Path) -> None:
    (root / "ml").rename(root / "elsewhere")
    (root / "ml").symlink_to("elsewhere")
    known, others, _ = work_tree_status(GitRepository(root))
    assert set(known) == {".gitignore", "top.txt"}
    assert {"ml/one.txt", "ml/data/two.csv", "elsewhere/one.txt"} <= others


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_what_git_was_told_not_to_look_at_is_read(root: Path, flag: str) -> None:
    run(root, "update-index", flag, "top.txt")
    (root / "top.txt").write_text("edited behind its back\n")
    known, others, _ = work_tree_status(GitRepository(root))
    assert "top.txt" not in known
    assert "top.txt" in others


def test_an_edit_that_changes_neither_size_nor_the_second_is_seen(root: Path) -> None:
    for text in ("aaaa\n", "bbbb\n", "cccc\n"):
        (root / "top.txt").write_text(text)
        run(root, "add", "top.txt")
        (root / "top.txt").write_text(text[:-2] + "!\n")
        assert "top.txt" in work_tree_status(GitRepository(root)).others


def test_line_ends_that_git_converts_are_no_edit(root: Path) -> None:
    run(root, "config", "core.autocrlf", "true")
    for name in ("top.txt", "ml/one.txt"):
        (root / name).unlink()
    run(root, "checkout", "--", "top.txt", "ml/one.txt")
    assert (root / "top.txt").read_bytes() == b"top.txt\r\n"
    assert {"top.txt", "ml/one.txt"} <= work_tree_status(GitRepository(root)).unchanged.keys()


def test_no_filter_is_run(root: Path) -> None:
    trap = root / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {root}/sprung\ncat\n")
    trap.chmod(0o755)
    (root / ".gitattributes").write_text("*.txt filter=a.trap\n*.csv filter=other\n")
    for name in ("top.txt", "ml/data/two.csv"):
        # Newer than the index for years to come: git has to look into them each time.
        os.utime(root / name, (4_000_000_000, 4_000_000_000))
    run(root, "add", ".")
    for key in ("filter.a.trap.clean", "filter.a.trap.smudge", "filter.other.process", "core.fsmonitor"):
        run(root, "config", key, str(trap))
    run(root, "config", "filter.a.trap.required", "true")
    assert {"top.txt", "ml/data/two.csv"} <= work_tree_status(GitRepository(root)).unchanged.keys()
    assert not (root / "sprung").exists()


def test_a_merge_that_is_not_settled_leaves_nothing_known(root: Path) -> None:
    branch = run(root, "branch", "--show-current").strip()
    run(root, "checkout", "--quiet", "-b", "other")
    for name, text in (("other", "theirs\n"), (branch, "ours\n")):
        run(root, "checkout", "--quiet", name)
        (root / "top.txt").write_text(text)
        run(root, "commit", "--quiet", "-am", name)
    with pytest.raises(subprocess.CalledProcessError):
        run(root, "merge", "other")
    known, others, _ = work_tree_status(GitRepository(root))
    assert "top.txt" in others
    assert "top.txt" not in known


def test_what_a_sparse_checkout_leaves_out_is_as_the_index_has_it(root: Path) -> None:
    (root / "far").mkdir()
    (root / "far/away.txt").write_text("far\n")
    (root / "far/link").symlink_to("away.txt")
    run(root, "add", ".")
    run(root, "commit", "--quiet", "-m", "More")
    run(root, "sparse-checkout", "set", "ml")
    assert not (root / "far").exists()
    known, others, links = work_tree_status(GitRepository(root))
    assert known["far/away.txt"] == blob("far\n")
    assert links == {"far/link": blob("away.txt")}
    assert not others
    (root / "far").mkdir()
    (root / "far/away.txt").write_text("brought by hand\n")
    known, others, _ = work_tree_status(GitRepository(root))
    assert "far/away.txt" not in known
    assert "far/away.txt" in others

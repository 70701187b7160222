"""What git is asked of commits: their files, what differs, what a file held, and what is no plain file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from penstock.source.git.call import GitError
from penstock.source.git.repository import GitRepository
from penstock.source.git.values import TreeChange
from source.git_commands import git


def commit(root: Path, **files: str | None) -> str:
    """Commit files by the names that stand for their paths (`ml__a` for `ml/a`); None takes one away."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "x")
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    return tmp_path


def test_what_is_no_revision_reaches_no_command(root: Path) -> None:
    repository = GitRepository.find(root)
    for revision in ("", "-x", "--output=x", "a\nb", "a\x1b[31m"):
        with pytest.raises(GitError, match="is not a revision: use a branch, a tag or a commit"):
            repository.resolve(revision)


def test_a_revision_that_is_not_there_is_told_with_what_to_do(root: Path) -> None:
    repository = GitRepository.find(root)
    with pytest.raises(GitError, match=r"no commit 'HEAD': there are no commits yet\."):
        repository.resolve("HEAD")
    first = commit(root, a="1")
    assert repository.resolve("HEAD") == repository.resolve("main") == repository.resolve(first[:10]) == first
    with pytest.raises(GitError, match=r"no commit 'nowhere': use a branch, a tag or a commit\."):
        repository.resolve("nowhere")


def test_a_shallow_clone_is_told_to_fetch_more(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    first = commit(root, a="1")
    commit(root, a="2")
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "--quiet", "--depth=1", f"file://{root}", "shallow")
    shallow = GitRepository.find(clone / "shallow")
    assert (shallow.is_shallow(), GitRepository.find(root).is_shallow()) == (True, False)
    with pytest.raises(GitError, match=r"The clone is shallow: fetch more history \(`git fetch --unshallow`\)\."):
        shallow.resolve(first)


def test_histories_that_never_met_have_no_common_ancestor(root: Path) -> None:
    first = commit(root, a="1")
    second = commit(root, a="2")
    repository = GitRepository.find(root)
    assert repository.merge_base(first, second) == first
    git(root, "checkout", "--quiet", "--orphan", "other")
    commit(root, a="3")
    with pytest.raises(GitError, match="'main' and 'other' have no common ancestor"):
        repository.merge_base("main", "other")


def test_changes_are_told_by_the_blobs_of_both_sides(root: Path) -> None:
    one = commit(root, ml__edited="1", ml__gone="1", ml__link="1", outside="1")
    (root / "ml/link").unlink()
    (root / "ml/link").symlink_to("edited")
    other = commit(root, ml__edited="2", ml__gone=None, ml__new="1", outside="2")
    repository = GitRepository.find(root)
    before = {entry.path: entry.blob for entry in repository.entries(one)}
    after = {entry.path: entry.blob for entry in repository.entries(other)}
    assert repository.changes(one, other) == [
        TreeChange("ml/edited", before["ml/edited"], after["ml/edited"], is_edit=True),
        TreeChange("ml/gone", before["ml/gone"], None),
        TreeChange("ml/link", before["ml/link"], after["ml/link"]),
        TreeChange("ml/new", None, after["ml/new"]),
        TreeChange("outside", before["outside"], after["outside"], is_edit=True),
    ]
    assert [change.path for change in repository.seen_from("ml").changes(one, other)] == [
        "../outside", "edited", "gone", "link", "new",
    ]  # fmt: skip
    assert repository.changes(one, one) == []


def test_what_is_no_plain_file_is_told_by_its_mode(root: Path) -> None:
    (root / "ml").mkdir()
    (root / "ml/link").symlink_to("plain")
    (root / "link").symlink_to("ml")
    (root / "run.sh").write_text("")
    (root / "run.sh").chmod(0o755)
    found = commit(root, ml__plain="1")
    repository = GitRepository.find(root)
    assert repository.irregular(found, ()) == {"link": "120000", "ml/link": "120000"}
    assert repository.links(found).keys() == {"link", "ml/link"}
    assert set(repository.links(found).values()) <= {entry.blob for entry in repository.entries(found)}
    assert repository.irregular(found, ["ml"]) == {"ml/link": "120000"}
    assert repository.irregular(found, ["link"]) == {"link": "120000"}
    assert repository.seen_from("ml").irregular(found, ()) == {"link": "120000"}


def test_what_a_file_held_is_told_along_the_first_parents(root: Path) -> None:
    commit(root, ml__a="1")
    commit(root, ml__a="2", other="x")
    git(root, "checkout", "--quiet", "-b", "side")
    commit(root, ml__a="on the side")
    commit(root, ml__a="3")
    git(root, "checkout", "--quiet", "main")
    git(root, "merge", "--quiet", "--no-ff", "-m", "merge", "side")
    commit(root, other="y")
    repository = GitRepository.find(root)
    assert repository.versions("HEAD", "ml/a", 9) == [b"3", b"2", b"1"]
    assert repository.versions("HEAD", "ml/a", 2) == [b"3", b"2"]
    assert repository.seen_from("ml").versions("HEAD", "a", 9) == [b"3", b"2", b"1"]
    assert repository.versions("HEAD", "nowhere", 9) == repository.versions("HEAD", "ml/a\n", 9) == []
    commit(root, ml__a=None)
    assert repository.versions("HEAD", "ml/a", 9) == [b"3", b"2", b"1"]
    with pytest.raises(GitError, match="cannot read the history"):
        repository.versions("nowhere", "ml/a", 9)


@pytest.mark.parametrize("number", [1, 99, 100, 250])
def test_blobs_and_their_sizes_are_read_by_their_ids(root: Path, number: int) -> None:
    commit(root, **{f"f{index}": "x" * index for index in range(number)})
    repository = GitRepository.find(root)
    ids = {entry.path: entry.blob for entry in repository.entries("HEAD")}
    assert repository.sizes(ids[f"f{index}"] for index in range(number)) == list(range(number))
    bodies = repository.blobs(ids.values())
    assert {path: bodies[blob] for path, blob in ids.items()} == {f"f{i}": b"x" * i for i in range(number)}
    missing = "1" * 40
    with pytest.raises(
        GitError, match=rf"the blob {missing} is missing\. This partial clone lacks some of its objects"
    ):
        repository.blobs([*ids.values(), missing])
    with pytest.raises(GitError, match=r"whose size is asked for is missing\. This partial clone lacks"):
        repository.sizes([missing])
    with pytest.raises(GitError, match="must be given by their full ids"):
        repository.blobs(["HEAD"])


def test_a_tree_is_the_same_for_the_same_files(root: Path) -> None:
    first, second, third = (commit(root, a=text) for text in ("1", "2", "1"))
    repository = GitRepository.find(root)
    assert repository.tree(first) == repository.tree(third) != repository.tree(second)


def test_a_repository_is_seen_from_its_top(root: Path) -> None:
    (root / "ml").mkdir()
    assert GitRepository.find(root / "ml").root == Path(os.path.realpath(root))
    assert GitRepository.find(root).seen_from("ml").root == Path(os.path.realpath(root)) / "ml"


def test_outside_of_any_repository_the_advice_is_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="is not in a git repository: run `git init`"):
        GitRepository.find(tmp_path)

"""What git is asked to write: objects and named refs, never the index, the work tree or anything by surprise."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.source.git.call import GitError
from penstock.source.git.repository import GitRepository
from penstock.source.git.values import Authorization
from source.git_commands import git

REF = "refs/heads/record"


def commit(folder: Path, path: str, text: str) -> str:
    (folder / path).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", path)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root, "a.txt", "a\n")
    return GitRepository.find(root)


def test_files_are_committed_to_a_history_of_their_own(repository: GitRepository) -> None:
    assert repository.ref(REF) is None
    assert repository.commit_files(REF, None, {"log": b"one\n", "in/a.json": b"\x00\xff"}, "first\n")
    first = repository.ref(REF)
    assert repository.commit_files(REF, first, {"log": b"one\ntwo\n"}, "second\n")
    second = repository.ref(REF)
    assert second is not None
    listed = {entry.path: entry.blob for entry in repository.entries(second)}
    assert set(listed) == {"in/a.json", "log"}
    assert repository.blobs(listed.values())[listed["in/a.json"]] == b"\x00\xff"
    assert git(repository.root, "rev-list", "--count", "record") == "2"
    assert git(repository.root, "status", "--porcelain") == ""


def test_who_was_overtaken_writes_nothing(repository: GitRepository) -> None:
    assert repository.commit_files(REF, None, {"log": b"one\n"}, "first\n")
    assert not repository.commit_files(REF, None, {"log": b"other\n"}, "first\n")
    assert git(repository.root, "show", "record:log") == "one"


def test_no_hook_runs(repository: GitRepository) -> None:
    hooks = repository.root / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-commit", "pre-push", "post-merge"):
        (hooks / name).write_text("#!/bin/sh\ntouch ../hooked hooked\nexit 1\n")
        (hooks / name).chmod(0o755)
    base = git(repository.root, "rev-parse", "HEAD")
    assert repository.commit_files(REF, None, {"log": b"one\n"}, "first\n")
    assert repository.merged(base, base) == base
    assert not list(repository.root.rglob("hooked"))


def test_merging_gives_the_same_commit_each_time_and_touches_nothing(repository: GitRepository) -> None:
    root = repository.root
    git(root, "checkout", "--quiet", "-b", "topic")
    head = commit(root, "b.txt", "b\n")
    git(root, "checkout", "--quiet", "main")
    base = commit(root, "c.txt", "c\n")
    merged = repository.merged(base, head)
    assert merged is not None
    assert merged == repository.merged(base, head)
    assert {entry.path for entry in repository.entries(merged)} == {"a.txt", "b.txt", "c.txt"}
    assert git(root, "status", "--porcelain") == ""
    assert git(root, "rev-parse", "HEAD") == base


def test_a_head_that_holds_the_base_is_its_own_merge(repository: GitRepository) -> None:
    base = git(repository.root, "rev-parse", "HEAD")
    head = commit(repository.root, "b.txt", "b\n")
    assert repository.merged(base, head) == head


def test_a_conflict_has_no_merge(repository: GitRepository) -> None:
    root = repository.root
    git(root, "checkout", "--quiet", "-b", "topic")
    head = commit(root, "a.txt", "theirs\n")
    git(root, "checkout", "--quiet", "main")
    base = commit(root, "a.txt", "ours\n")
    assert repository.merged(base, head) is None
    assert repository.conflicts(base, head) == ["a.txt"]
    assert repository.seen_from("below").conflicts(base, head) == ["../a.txt"]
    assert repository.conflicts(base, base) == []


def test_a_commit_is_fetched_by_its_id_and_a_push_that_comes_late_is_told(
    repository: GitRepository, tmp_path: Path
) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(repository.root), str(bare))
    other = tmp_path / "other"
    git(tmp_path, "clone", "--quiet", f"file://{bare}", str(other))
    late = GitRepository.find(other)
    git(repository.root, "remote", "add", "origin", f"file://{bare}")
    head = commit(repository.root, "b.txt", "b\n")
    git(repository.root, "push", "--quiet", "origin", "HEAD:refs/pull/1/head")
    assert late.fetch("origin", head, f"refs/penstock/{head}") == head
    assert late.remote_tip("origin", REF) is None
    assert repository.commit_files(REF, None, {"log": b"ours\n"}, "ours\n")
    assert repository.push("origin", REF)
    assert late.commit_files(REF, None, {"log": b"theirs\n"}, "theirs\n")
    assert not late.push("origin", REF)
    assert late.remote_tip("origin", REF) == repository.ref(REF)


@pytest.mark.parametrize(
    ("said", "overtaken"),
    [("echo 'GH013: Repository rule violations found' >&2; exit 1", False), ("rm -f {ref}; exit 0", True)],
    ids=["a rule", "another push"],
)
def test_a_push_that_is_not_allowed_is_no_push_that_comes_late(
    repository: GitRepository, tmp_path: Path, said: str, overtaken: bool
) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(repository.root), str(bare))
    git(repository.root, "remote", "add", "origin", f"file://{bare}")
    assert repository.commit_files(REF, None, {"log": b"one\n"}, "one\n")
    assert repository.push("origin", REF)
    assert repository.commit_files(REF, repository.ref(REF), {"log": b"one\ntwo\n"}, "two\n")
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    git(bare, "config", "core.hooksPath", str(hook.parent))
    hook.write_text("#!/bin/sh\n" + said.format(ref=bare / REF) + "\n", encoding="utf-8")
    hook.chmod(0o755)
    if overtaken:
        assert not repository.push("origin", REF)
        return
    with pytest.raises(GitError, match=r"`origin` refuses pushes to refs/heads/.*: pre-receive hook declined: allow"):
        repository.push("origin", REF)


@pytest.mark.parametrize("name", ["--upload-pack=touch x", "main", "refs/heads/../x", "refs/heads/a:b"])
def test_what_is_no_full_ref_reaches_no_command(repository: GitRepository, name: str) -> None:
    with pytest.raises(GitError, match="is not the full name of a ref"):
        repository.fetch("origin", name, REF)
    with pytest.raises(GitError, match="is not the full name of a ref"):
        repository.push("origin", name)
    with pytest.raises(GitError, match="is not the full name of a ref"):
        repository.commit_files(name, None, {}, "x\n")


@pytest.mark.parametrize("remote", ["--upload-pack=touch x", "ext::sh -c touch% x", "https://evil.example/x", "../x"])
def test_what_is_no_name_of_a_remote_reaches_no_command(repository: GitRepository, remote: str) -> None:
    with pytest.raises(GitError, match="is not the name of a remote"):
        repository.fetch(remote, REF, REF)


@pytest.mark.parametrize("path", ["../x", "/x", "a b", 'a"', "a\nM 100644 inline b", ".git/config", ""])
def test_a_path_that_is_not_plain_is_not_committed(repository: GitRepository, path: str) -> None:
    with pytest.raises(GitError, match="is not a valid path"):
        repository.commit_files(REF, None, {path: b""}, "x\n")
    assert repository.ref(REF) is None


def test_the_header_goes_to_its_server_alone_and_is_not_shown() -> None:
    made = Authorization("https://git.example/", "AUTHORIZATION: basic c2VjcmV0")
    assert made.as_environment()["GIT_CONFIG_KEY_0"] == "http.https://git.example/.extraheader"
    assert "c2VjcmV0" not in repr(made)

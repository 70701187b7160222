"""What git says on failing becomes a sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.source.git import call
from penstock.source.git.call import GitError, with_reason


@pytest.mark.parametrize(
    ("stderr", "sentence"),
    [
        ("", "git cannot."),
        ("hint: nothing\n", "git cannot."),
        ("fatal: not a git repository (or any of the parent directories): .git\n", "git cannot."),
        ("hint: x\nfatal: bad object: 1\nerror: more\n", "git cannot. git says: bad object: 1"),
        ("error: could not lock\n", "git cannot. git says: could not lock"),
        (
            "fatal: detected dubious ownership in repository at '/x'\n",
            "git does not trust this repository's owner: `git config --global --add safe.directory PATH`.",
        ),
    ],
)
def test_the_reason_is_what_git_says_where_it_says_more(stderr: str, sentence: str) -> None:
    assert with_reason("git cannot.", stderr) == sentence


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "nowhere"):
        with pytest.raises(GitError, match=rf"`{place}` is not a directory\."):
            call.run(place, ["version"], "git cannot.")


def test_git_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match=r"git is not installed or not on the PATH\."):
        call.run(tmp_path, ["version"], "git cannot.")


def test_git_that_does_not_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = tmp_path / "git"
    git.write_text("#!/bin/sh\nexec sleep 30\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(call, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(GitError, match="git timed out after"):
        call.run(tmp_path, ["version"], "git cannot.")

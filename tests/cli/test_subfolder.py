"""Specs in a folder of a git repository: what compares commits would find none there, and says so."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from catalog.repositories import small
from penstock.cli.main import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Specs below ``ml/``, in two commits."""
    for path, text in small().items():
        (tmp_path / "ml" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "ml" / path).write_text(text, encoding="utf-8")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    for message in ("all of them", "nothing new"):
        subprocess.run([*git, "add", "--all"], check=True)
        subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", message], check=True)
    return tmp_path / "ml"


@pytest.mark.parametrize(
    "command",
    [
        ["plan", "--base", "HEAD~1"],
        ["policy", "simulate", "--base", "HEAD~1", "--author", "ada"],
        ["evidence", "verify", "--base", "HEAD~1"],
    ],
)
def test_commits_are_not_compared(folder: Path, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--root", str(folder)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: commits are compared from the top of the git repository, ")
    assert "specs/ stands in its folder `ml`: move what `ml` holds to the top" in printed.err


def test_specs_are_compiled_all_the_same(folder: Path) -> None:
    assert main(["compile", "--root", str(folder)]) == 0
    assert (folder / "generated/index.json").is_file()

"""Specs in a folder of a git repository: every command works there, and forges are told paths from the top."""

from __future__ import annotations

import json
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
        ["compile"],
    ],
)
def test_commands_work_from_within(folder: Path, command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "specs")
    assert main(command) == 0


def test_from_above_it_says_where_they_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder.parent)
    assert main(["check"]) == 2
    assert "or pass --root (there is one in `ml`: `--root ml`)" in capsys.readouterr().err


def test_a_forge_is_told_paths_from_the_top(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = next(path for path in sorted((folder / "specs").rglob("*.yaml")) if "owner:" in path.read_text())
    broken.write_text(broken.read_text().replace("owner:", "ownr:", 1))
    path = broken.relative_to(folder).as_posix()
    assert main(["check", "--root", str(folder), "--format", "github"]) == 1
    assert f"file=ml/{path}," in capsys.readouterr().out
    assert main(["check", "--root", str(folder), "--format", "sarif"]) == 1
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    places = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results}
    assert places == {f"ml/{path}"}
    assert main(["check", "--root", str(folder), "--format", "json"]) == 1
    assert f'"{path}"' in capsys.readouterr().out, "who reads JSON is in the folder"

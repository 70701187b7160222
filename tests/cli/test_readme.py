"""The README's tour is real: its edits, made in a copy of this repository, give what it shows."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from penstock.cli.main import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(step: int, form: str = "") -> list[str]:
    """The blocks of one step of the tour that are marked as of this form."""
    text = README.split(f"**{step}. ")[1].split(f"**{step + 1}. ")[0].split("\n## ")[0]
    found = re.findall(r"^```(\w*)\n(.+?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for marked, block in found if marked == form]


def shown(step: int) -> str:
    """What the first command of a step prints."""
    command, _, output = blocks(step)[0].partition("\n")
    assert command.startswith("$ penstock ")
    return output


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The specs and what belongs to them, committed on the main branch of a repository of its own."""
    for folder in ("specs", "generated", "systems", "evidence", "data"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    _git("init", "--quiet", "--initial-branch=main")
    _git("add", "--all")
    _git("-c", "user.name=ada", "-c", "user.email=ada@example.com", "commit", "--quiet", "--message=copy")
    return tmp_path


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


def _edit(step: int) -> None:
    """Make the edits of a step, which come before what it shows."""
    (script,) = blocks(step, "sh")
    edits = "".join(line for line in script.splitlines(keepends=True) if line.startswith("sed "))
    subprocess.run(["bash", "-e", "-c", edits], check=True)
    changed = subprocess.run(["git", "diff", "--name-only"], capture_output=True, text=True, check=True).stdout
    assert len(changed.splitlines()) == edits.count("sed ")


def test_mistakes_are_reported_as_shown(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _edit(1)
    assert main(["check"]) == 1
    said = capsys.readouterr()
    assert said.out + said.err == shown(1)


def test_a_plan_is_as_shown(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _edit(6)
    assert main(["compile"]) == 0
    capsys.readouterr()
    assert main(["plan", "--head", "WORKTREE"]) == 0
    assert capsys.readouterr().out == shown(6)


def test_the_example_is_a_part_of_its_spec() -> None:
    (example,) = re.findall(r"^```yaml\n(.+?)^```$", README, re.MULTILINE | re.DOTALL)
    assert example in (ROOT / "specs/flights/gate.yaml").read_text(encoding="utf-8")

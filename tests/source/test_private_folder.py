"""What Penstock keeps for itself in a repository stays out of its commits, whoever makes the folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from catalog.repositories import small
from cli.test_check import write
from penstock.cli.main import main
from penstock.incremental.session import Session
from penstock.source.private_folder import make_private


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    return write(tmp_path, small())


def added(root: Path) -> list[str]:
    """The top folders of what `git add -A` would commit."""
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True).stdout
    return sorted({path.split("/")[0] for path in listed.split("\0") if path})


def test_a_compile_leaves_nothing_of_its_own_to_commit(repository: Path) -> None:
    Session(repository).compile()
    assert (repository / ".penstock/compile.lock").exists()
    assert added(repository) == ["generated", "specs", "systems"]


def test_schemas_in_the_private_folder_are_not_committed_and_those_elsewhere_are(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    assert main(["schema", "--out", ".penstock"]) == 0
    assert (repository / ".penstock/schema.json").exists()
    assert added(repository) == ["specs", "systems"]
    assert main(["schema", "--out", "schemas"]) == 0
    assert added(repository) == ["schemas", "specs", "systems"]
    monkeypatch.chdir(repository / "schemas")
    assert main(["schema", "--out", "."]) == 0
    assert not (repository / "schemas/.gitignore").exists()


def test_what_somebody_has_written_into_the_folder_stays(tmp_path: Path) -> None:
    folder = tmp_path / ".penstock"
    folder.mkdir()
    (folder / ".gitignore").write_text("cache/\n")
    make_private(folder)
    assert (folder / ".gitignore").read_text() == "cache/\n"


def test_a_folder_that_cannot_be_made_is_left_to_who_needs_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    make_private(tmp_path / "file" / ".penstock")
    assert (tmp_path / "file").read_text() == ""

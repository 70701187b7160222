"""A repository with a complete system on its main branch."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from review.actions import Run, running
from review.repositories import Repository


@pytest.fixture(scope="session")
def committed_system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The system without generated files, once for all tests."""
    repository = Repository(tmp_path_factory.mktemp("system") / "repository")
    repository.commit("A system")
    return repository.top


@pytest.fixture
def folder() -> str:
    """The folder of the repository that holds the system: its top, where no `EITHER_FOLDER` says otherwise."""
    return ""


@pytest.fixture
def repository(committed_system: Path, tmp_path: Path, folder: str) -> Repository:
    """A copy of its own for each test."""
    top = tmp_path / "repository"
    if folder:
        made = Repository(top, folder=folder)
        made.commit("A system")
        return made
    shutil.copytree(committed_system, top)
    copy = Repository.__new__(Repository)
    copy.top = copy.root = top
    copy.folder = ""
    return copy


@pytest.fixture
def compiled(repository: Repository) -> Repository:
    """The system with its generated files, on a branch."""
    repository.compile()
    repository.commit("Compiled")
    repository.branch()
    return repository


@pytest.fixture
def run(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A run on a pull request that loosens a gate."""
    with running(repository, tmp_path, monkeypatch) as started:
        yield started

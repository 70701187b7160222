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
    return repository.root


@pytest.fixture
def repository(committed_system: Path, tmp_path: Path) -> Repository:
    """A copy of its own for each test."""
    root = tmp_path / "repository"
    shutil.copytree(committed_system, root)
    copy = Repository.__new__(Repository)
    copy.root = root
    return copy


@pytest.fixture
def run(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A run on a pull request that loosens a gate."""
    with running(repository, tmp_path, monkeypatch) as started:
        yield started

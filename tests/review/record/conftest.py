"""A pull request, and the two stores that may hold its record."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.review.record.stores import BranchStore, DirectoryStore, RecordStore
from review.pull_requests import PullRequest, looser_gate, opened
from review.repositories import Repository


@pytest.fixture
def pull(repository: Repository) -> PullRequest:
    return opened(repository, looser_gate)


@pytest.fixture(params=["folder", "branch"])
def store(request: pytest.FixtureRequest, pull: PullRequest, tmp_path: Path) -> RecordStore:
    if request.param == "folder":
        return DirectoryStore(tmp_path / "record")
    return BranchStore(pull.repository.seen)

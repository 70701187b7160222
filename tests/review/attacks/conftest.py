"""A pull request that everybody whom the policy asks has approved, against which somebody then says something."""

from __future__ import annotations

import pytest

from review.attacks.objecting import OVERRULED_BY_PLATFORM, approved_by_all
from review.pull_requests import PullRequest, looser_gate, opened
from review.repositories import Repository


@pytest.fixture
def approved(repository: Repository) -> PullRequest:
    """By ada and rita, whom the policy asks; remo may give the same answer as rita."""
    return approved_by_all(opened(repository, looser_gate))


@pytest.fixture
def overruled(repository: Repository) -> PullRequest:
    """The same, where petra and paul may overrule."""
    return approved_by_all(opened(repository, looser_gate, policy=OVERRULED_BY_PLATFORM))

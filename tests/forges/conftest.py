"""A GitHub to speak to, and a client that speaks to it and waits for nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forges.github_server import TOKEN, GitHubServer, serving
from penstock.forges.github.client import GitHubClient, Patience
from penstock.forges.github.secret import Secret


class Waits(list[float]):
    """The seconds that a client would have slept."""


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of this machine is not asked for what is on this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with serving(GitHubServer()) as running:
        yield running


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def client(server: GitHubServer, waits: Waits) -> Iterator[GitHubClient]:
    patience = Patience(silence_seconds=0.5, answer_seconds=1.0)
    with GitHubClient(Secret(TOKEN), server.url, patience=patience, sleep=waits.append, jitter=lambda: 1.0) as made:
        yield made

"""What git knows of the pull request whose lives are told, read once."""

from __future__ import annotations

import pytest

from review.lives.world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.made_in(tmp_path_factory.mktemp("world"))

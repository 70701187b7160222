"""Where the tests of the writer write."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory that is not there yet."""
    return tmp_path / "generated"

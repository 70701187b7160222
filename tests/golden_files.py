"""Golden files: what the code is known to produce, which a reviewer has read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Golden = Callable[[Path, str], None]
"""Holds a file against the text that the code produces now, to the byte; with `--update`, rewrites it."""


def comparing(path: Path, text: str) -> None:
    """A `Golden` that fails where the two differ."""
    assert path.read_bytes().decode() == text, f"{path} is not what the code produces; --update rewrites it"


def rewriting(path: Path, text: str) -> None:
    """A `Golden` that makes the file what the code produces."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())

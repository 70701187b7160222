"""Paths as file systems compare them that tell less apart than git does."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator


def folded(path: str) -> str:
    """A path as file systems may compare it: without case, the form of letters, and what is not shown."""
    if path.isascii():
        return path.casefold()
    shown = (letter for letter in unicodedata.normalize("NFKC", path) if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", "".join(shown).casefold())


def colliding(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each path that such a file system takes for an earlier one, with that."""
    known: dict[str, str] = {}
    for path in paths:
        other = known.setdefault(folded(path), path)
        if other != path:
            yield path, other

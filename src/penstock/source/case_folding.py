"""Paths as file systems compare them that tell less apart than git does."""

from __future__ import annotations

import unicodedata


def folded(path: str) -> str:
    """A path as file systems may compare it: without case, the form of letters, and what is not shown."""
    if path.isascii():
        return path.casefold()
    shown = (letter for letter in unicodedata.normalize("NFKC", path) if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", "".join(shown).casefold())

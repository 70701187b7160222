"""The known name that an unknown one is probably a slip of."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def near(name: str, known: Iterable[str], most: int = 1) -> list[str]:
    """The likeliest of the known names, at most so many; case and signs between words count for nothing."""
    squeezed: dict[str, list[str]] = {}
    for each in sorted(set(known) - {name}):
        squeezed.setdefault(_squeezed(each), []).append(each)
    found = get_close_matches(_squeezed(name), squeezed, n=most, cutoff=0.75)
    return [each for one in found for each in squeezed[one]][:most]


def _squeezed(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())

"""The grammar of messages that are put together from words and numbers."""

from __future__ import annotations

from collections.abc import Iterable


def with_article(noun: str) -> str:
    """`a Rollout`, `an InferenceService`."""
    return f"{'an' if noun[:1] in 'AEIOaeio' else 'a'} {noun}"


def counted(count: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def joined(words: Iterable[str], conjunction: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; empty where there are no words."""
    *most, last = [*words] or [""]
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def listed(words: Iterable[str], conjunction: str = "and") -> str:
    """Words for a sentence: `` `a`, `b` and `c` ``."""
    return joined((f"`{word}`" for word in words), conjunction)

"""The grammar of messages that are put together from words and numbers."""

from __future__ import annotations


def with_article(noun: str) -> str:
    """`a Rollout`, `an InferenceService`."""
    return f"{'an' if noun[:1] in 'AEIOaeio' else 'a'} {noun}"


def counted(count: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")

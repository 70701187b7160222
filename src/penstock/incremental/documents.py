"""The documents of all specs as an earlier run has read them, in parts, of which an edit loads those that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zlib import crc32

from penstock.source.keyed_jsonl import KeyedLines

PARTS = 64
"""Enough that a part is loaded in a moment, few enough that writing them all costs little more than writing one."""


class MemoryLostError(Exception):
    """What an earlier run remembered is not there any more; the run begins again without it."""


class Documents:
    """Spec -> path, index and line of its document, and the document as plain data."""

    def __init__(self, load: Callable[[int], KeyedLines | None] | None = None) -> None:
        """`load` gives a part by its number, or None where that cannot be relied on; without it there are none."""
        self._parts: dict[int, KeyedLines] = {}
        self._load = load

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Documents:
        """All of these."""
        parts: list[dict[str, Any]] = [{} for _ in range(PARTS)]
        for name, value in values.items():
            parts[_part_of(name)][name] = value
        return cls(lambda number: KeyedLines().updated(parts[number]))

    def __bool__(self) -> bool:
        return self._load is not None

    def part(self, number: int) -> KeyedLines:
        """One part. MemoryLostError where it cannot be loaded any more."""
        if number not in self._parts:
            found = self._load(number) if self._load is not None else KeyedLines()
            if found is None:
                raise MemoryLostError
            self._parts[number] = found
        return self._parts[number]

    def get(self, name: str) -> Any:
        """What is remembered of a spec. MemoryLostError as above, and where there is nothing."""
        found = self.part(_part_of(name)).get(name)
        if found is None:
            raise MemoryLostError
        return found

    def load_all(self) -> None:
        """Load every part, so that nothing can be lost any more."""
        for number in range(PARTS):
            self.part(number)

    def decoded(self) -> Iterator[tuple[str, Any]]:
        """Everything."""
        for number in range(PARTS):
            yield from self.part(number).decoded()


def _part_of(name: str) -> int:
    return crc32(name.encode()) % PARTS

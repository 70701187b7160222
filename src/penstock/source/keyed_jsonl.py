"""Keyed JSON lines, a name and a value in each: found, searched for a word and replaced without decoding the others.

A line is the name and the value, both JSON, with a tab between them, and the lines are sorted. JSON holds neither tabs
nor line ends of its own, so that a line is found by bisection of the text, and a search through the whole of it, which
takes C a millisecond for some megabytes, cannot go astray.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import orjson

FEW = 32
"""Up to so many names it is faster to look for each than to take the text apart."""


class KeyedLines:
    """Values by name. It does not change: `updated` makes another one."""

    __slots__ = ("text",)

    def __init__(self, text: bytes = b"\n") -> None:
        """`text` is that of other `KeyedLines`: a line end, then the sorted lines, each with its end."""
        self.text = text

    def __len__(self) -> int:
        return self.text.count(b"\n") - 1

    def __bool__(self) -> bool:
        return len(self.text) > 1

    def get(self, name: str) -> Any:
        """The value; None where there is none."""
        start, end = self._span(name)
        return orjson.loads(self.text[self.text.index(b"\t", start) : end]) if start < end else None

    def get_many(self, names: Collection[str]) -> dict[str, Any]:
        """The values of those of the names that have one."""
        if len(names) > FEW:
            wanted = set(names)
            return {name: value for name, value in self.decoded() if name in wanted}
        return {name: value for name in names if (value := self.get(name)) is not None}

    def decoded(self) -> Iterator[tuple[str, Any]]:
        """All names with their values."""
        texts = self.text[1:-1].replace(b"\t", b",").replace(b"\n", b",")
        flat = orjson.loads(b"[" + texts + b"]") if self else []
        return zip(flat[::2], flat[1::2], strict=True)

    def keys_mentioning(self, words: Collection[str]) -> set[str]:
        """The names of the values that hold one of the words as a text of its own; a few more at worst."""
        quoted = [orjson.dumps(word) for word in words]
        if len(quoted) <= FEW:
            return {name for word in quoted for name in self._holding(word)}
        # Between two quotes stands a whole text, except where it holds quotes itself.
        plain = {word[1:-1] for word in quoted if b'"' not in word[1:-1]}
        found = {name for word in quoted if b'"' in word[1:-1] for name in self._holding(word)}
        for head, line in self._by_name().items():
            if not plain.isdisjoint(line[len(head) :].split(b'"')):
                found.add(orjson.loads(head))
        return found

    def updated(self, changes: Mapping[str, Any]) -> KeyedLines:
        """With these values in the place of the earlier ones, None taking a name away; itself if nothing changes."""
        if not changes:
            return self
        if len(changes) > FEW or not self:
            lines = self._by_name()
            for name, value in changes.items():
                head = orjson.dumps(name)
                if value is None:
                    lines.pop(head, None)
                else:
                    lines[head] = _line(head, value)
            return KeyedLines(b"\n".join((b"", *sorted(lines.values()), b"")))
        pieces = []
        at = 0
        is_same = True
        for head, name in sorted((orjson.dumps(name), name) for name in changes):
            start, end = self._span(name)
            value = changes[name]
            written = _line(head, value) + b"\n" if value is not None else b""
            is_same = is_same and written == self.text[start:end]
            pieces += [self.text[at:start], written]
            at = end
        return self if is_same else KeyedLines(b"".join((*pieces, self.text[at:])))

    def _span(self, name: str) -> tuple[int, int]:
        """Where the line of a name begins, and where the next one does; twice where it would begin if there is none."""
        head = orjson.dumps(name) + b"\t"
        low, high = 1, len(self.text)
        while low < high:
            middle = (low + high) // 2
            start, end = self.text.rfind(b"\n", 0, middle) + 1, self.text.index(b"\n", middle) + 1
            # No JSON text begins with another one, so that the order of heads is that of lines.
            found = self.text[start : start + len(head)]
            if found == head:
                return start, end
            if found < head:
                low = end
            else:
                high = start
        return low, low

    def _holding(self, word: bytes) -> Iterator[str]:
        at = self.text.find(word)
        while at >= 0:
            start, end = self.text.rfind(b"\n", 0, at) + 1, self.text.index(b"\n", at)
            value = self.text.index(b"\t", start)
            if self.text.find(word, value, end) >= 0:
                yield orjson.loads(self.text[start:value])
            at = self.text.find(word, end)

    def _by_name(self) -> dict[bytes, bytes]:
        lines = self.text[1:-1].split(b"\n") if self else []
        return {line[: line.index(b"\t")]: line for line in lines}


def _line(name: bytes, value: Any) -> bytes:
    return name + b"\t" + orjson.dumps(value)

"""What a run remembers for the next one, in files that are only ever copies of what can be computed again.

JSON, never pickle: a cache may come from a tree that somebody else wrote, and reading it must run
nothing. What cannot be read, was cut off, or was written by another engine counts as nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Any

import orjson

from penstock.source.keyed_jsonl import KeyedLines

_MAGIC = b"penstock-cache 2 "


class Cache:
    """One cache file, bound to the fingerprint of the engine that computes its contents."""

    def __init__(self, path: Path, engine: str) -> None:
        """`path` may not exist yet; `engine` is any text that changes when results would."""
        self._path = path
        self._engine = hashlib.sha256(engine.encode()).hexdigest()[:16].encode()

    def load(self, digest: str | None = None) -> dict[str, Any] | None:
        """What a run of the same engine saved, the very one for which `save` gave `digest` if that is given.

        None where that cannot be relied on.
        """
        body = self._body(digest)
        try:
            value = orjson.loads(body) if body is not None else None
        except orjson.JSONDecodeError:
            return None
        return value if isinstance(value, dict) else None

    def load_lines(self, digest: str) -> KeyedLines | None:
        """The lines for which `save_lines` gave `digest`; None where they are not there."""
        body = self._body(digest)
        return KeyedLines(body) if body is not None else None

    def save(self, value: dict[str, Any]) -> str:
        """Replace the file in one step; gives its digest, or nothing where it cannot be written, which costs only time.

        TypeError where `value` is no JSON.
        """
        return self._replace(orjson.dumps(value))

    def save_lines(self, lines: KeyedLines) -> str:
        """As `save`."""
        return self._replace(lines.text)

    def _body(self, digest: str | None) -> bytes | None:
        try:
            with self._path.open("rb") as file:
                header, body = file.readline(), file.read()
        except OSError:
            return None
        found = _digest(body)
        return body if header == self._header(found) and digest in (None, found) else None

    def _replace(self, body: bytes) -> str:
        digest = _digest(body)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            name = f"{self._path}.{os.getpid()}.tmp"
            # A run that was killed may have left its own; in a container, each has the same id.
            Path(name).unlink(missing_ok=True)
            handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            return ""
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines((self._header(digest), body))
            Path(name).replace(self._path)
        except OSError:
            return ""
        finally:
            with contextlib.suppress(OSError):
                Path(name).unlink()
        return digest

    def _header(self, digest: str) -> bytes:
        """The format, the engine, and a digest that a file cut off or changed does not match."""
        return _MAGIC + self._engine + b" " + digest.encode() + b"\n"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()

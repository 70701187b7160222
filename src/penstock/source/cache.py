"""What a run remembers for the next one, in a file that is only ever a copy of what can be computed again.

JSON, never pickle: a cache may come from a tree that somebody else wrote, and reading it must run
nothing. What cannot be read, was cut off, or was written by another engine counts as nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import orjson

_MAGIC = b"penstock-cache 1 "


class Cache:
    """One cache file, bound to the fingerprint of the engine that computes its contents."""

    def __init__(self, path: Path, engine: str) -> None:
        """`path` may not exist yet; `engine` is any text that changes when results would."""
        self._path = path
        self._engine = engine

    def load(self) -> dict[str, Any] | None:
        """What the last run of the same engine saved; None where that cannot be relied on."""
        try:
            data = self._path.read_bytes()
        except OSError:
            return None
        header, _, body = data.partition(b"\n")
        if header != self._header(body):
            return None
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        return value if isinstance(value, dict) else None

    def save(self, value: dict[str, Any]) -> bool:
        """Replace the file in one step; False where it cannot be written, which costs only time.

        TypeError where `value` is no JSON.
        """
        body = orjson.dumps(value)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name, suffix=".tmp")
        except OSError:
            return False
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self._header(body) + b"\n" + body)
            Path(name).replace(self._path)
        except OSError:
            return False
        finally:
            with contextlib.suppress(OSError):
                Path(name).unlink()
        return True

    def _header(self, body: bytes) -> bytes:
        """The format, the engine, and a digest that a file cut off or changed does not match."""
        engine = hashlib.sha256(self._engine.encode()).hexdigest()[:16].encode()
        return _MAGIC + engine + b" " + hashlib.blake2b(body, digest_size=16).hexdigest().encode()

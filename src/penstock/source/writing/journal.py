"""A log that is only ever added to, in a folder: lines in one file, and what they speak of in files beside it.

One writer at a time: a lock of the operating system, which ends with its holder. A line that a crash cut off was
never acknowledged, and the next writer drops it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from penstock.source.writing.durable import flush_directory

LOG = "decisions.jsonl"
_LOCK = ".lock"


class Journal:
    """A journal in a folder, which may not exist yet. Methods raise OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> bytes | None:
        """The bytes of one of its files; None where there is none."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def append(self, line: bytes, files: Mapping[str, bytes], after: bytes) -> bool:
        """Add a line and the files that it speaks of; False where the log is no longer what `after` says.

        The files are on the disk before the line is, so that no line speaks of what is not there.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock():
            whole = (self.read(LOG) or b"").rpartition(b"\n")
            known = whole[0] + whole[1]
            if known != after.rpartition(b"\n")[0] + after.rpartition(b"\n")[1]:
                return False
            for name, body in files.items():
                self._put(name, body)
            with (self.folder / LOG).open("ab") as file:
                file.truncate(len(known))
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            flush_directory(self.folder)
        return True

    def _put(self, name: str, body: bytes) -> None:
        """A file whole or not at all; what is there already stays."""
        path = self.folder / name
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
            flush_directory(path.parent)
        finally:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        with (self.folder / _LOCK).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

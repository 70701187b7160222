"""Puts new bytes into a file that somebody wrote: whole or not at all, and never over an edit that was not seen."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from penstock.source.plain_file import read_plain_file
from penstock.source.writing.write_plan import TEMPORARY


def rewrite(path: Path, before: bytes, after: bytes) -> bool:
    """Put `after` in place of a plain file that holds `before`; its permissions stay.

    False, and nothing is touched, where it holds something else by now. OSError where it cannot be read or written.
    """
    if read_plain_file(os.fspath(path)) != before:
        return False
    mode = stat.S_IMODE(path.lstat().st_mode)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
        Path(temporary).replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
    return True

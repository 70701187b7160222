"""Names that outlast a crash: a file's bytes are flushed by itself, its name with the directory that holds it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def flush_directory(path: str | Path) -> None:
    """Make a rename durable; some file systems cannot, and then it is as durable as they are."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

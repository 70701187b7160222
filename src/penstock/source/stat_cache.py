"""When a file's size and time of change are proof enough that its bytes are still the same."""

from __future__ import annotations

import os
import time

Observed = tuple[int, int, str]
"""A file's size in bytes, its time of change in nanoseconds, and the hexadecimal SHA-256 of its bytes."""

_FINE = 20_000_000
_COARSE = 2_000_000_000


def is_settled(mtime_ns: int, now_ns: int) -> bool:
    """Whether a change after `now_ns` would show in the time of change.

    Two changes within one tick of the file system's clock leave the same time (git calls such an
    entry racily clean). A time of whole seconds may come from a file system that counts those.
    """
    tick = _COARSE if mtime_ns % 1_000_000_000 == 0 else _FINE
    return mtime_ns + tick < now_ns


def observed(status: os.stat_result, digest: str) -> Observed | None:
    """What to remember of a file that had `status` before it was found to have `digest`.

    None while the status proves nothing yet.
    """
    if not is_settled(status.st_mtime_ns, time.time_ns()):
        return None
    return status.st_size, status.st_mtime_ns, digest


def trusted_digest(known: Observed | None, status: os.stat_result) -> str | None:
    """The digest of an unchanged file; None where it has to be read."""
    if known is None or (known[0], known[1]) != (status.st_size, status.st_mtime_ns):
        return None
    return known[2]

"""When a file's size and time of change are proof enough that its bytes are still the same."""

from __future__ import annotations

import os

Stat = tuple[int, int, int]
"""A file's size in bytes, its time of change, and that of its inode, in nanoseconds.

Tools that copy in place, or unpack, give a file the time of change of another one; the inode's is the system's own.
"""

Observed = tuple[int, int, int, str]
"""The same three, and the hexadecimal SHA-256 of the file's bytes."""

UNPROVED = -1
"""Stands for a time of change that could still be that of another change; no file has it."""

_FINE = 20_000_000
_COARSE = 2_000_000_000


def is_settled(mtime_ns: int, now_ns: int) -> bool:
    """Whether a change after `now_ns` would show in the time of change.

    Two changes within one tick of the file system's clock leave the same time (git calls such an
    entry racily clean). A time of whole seconds may come from a file system that counts those.
    """
    tick = _COARSE if mtime_ns % 1_000_000_000 == 0 else _FINE
    return mtime_ns + tick < now_ns


def observed(status: Stat, digest: str, now_ns: int) -> Observed:
    """What to remember at `now_ns` of a file that had `status` before it was found to have `digest`.

    A time that proves nothing yet is left out: such a file is known by its digest alone, and read to be sure.
    """
    size, mtime_ns, ctime_ns = status
    return size, mtime_ns if is_settled(mtime_ns, now_ns) else UNPROVED, ctime_ns, digest


def stat_of(status: os.stat_result) -> Stat:
    """What of a file's status tells whether it has changed."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def trusted_digest(known: Observed | None, status: os.stat_result) -> str | None:
    """The digest of an unchanged file; None where it has to be read."""
    if known is None or known[0] != status.st_size:
        return None
    return known[3] if known[1] == status.st_mtime_ns and known[2] == status.st_ctime_ns else None

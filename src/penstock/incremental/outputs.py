"""Which generated files, and which other files that were read, are still as the last run knew them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256

from penstock.source.stat_cache import Observed, observed, stat_of, trusted_digest

MOST_READ = 20
"""Files whose time proves nothing are read; where more have to be, it pays to remember their times anew."""


def are_intact(folder: str, files: Mapping[str, Observed | None]) -> bool:
    """Whether all files are proved to be as they were, at the price of reading a few at most.

    A file that is None was not there.
    """
    unproved = []
    for path, known in files.items():
        try:
            # A string is joined four times as fast as a Path, and there are thousands.
            status = os.lstat(f"{folder}/{path}")
        except OSError:
            if known is not None:
                return False
            continue
        if known is None:
            return False
        if trusted_digest(known, status) is None:
            unproved.append((path, known))
    if len(unproved) > MOST_READ:
        return False
    return all(_digest(f"{folder}/{path}") == known[2] for path, known in unproved)


def still_intact(folder: str, files: Mapping[str, Observed], now_ns: int) -> dict[str, Observed]:
    """The files that are as they were, as they are to be known from now on; the others are left out."""
    intact: dict[str, Observed] = {}
    for path, known in files.items():
        try:
            status = os.lstat(f"{folder}/{path}")
        except OSError:
            continue
        if trusted_digest(known, status) is not None:
            intact[path] = known
        elif _digest(f"{folder}/{path}") == known[2]:
            intact[path] = observed(stat_of(status), known[2], now_ns)
    return intact


def _digest(path: str) -> str | None:
    """The hexadecimal SHA-256 of a plain file; None where there is none."""
    from penstock.source.write_plan import read_plain_file

    try:
        return sha256(read_plain_file(path)).hexdigest()
    except OSError:
        return None

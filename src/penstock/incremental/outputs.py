"""Which generated files, and which other files that were read, are still as the last run knew them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from penstock.source.plain_file import PlainFolders, read_plain_file
from penstock.source.stat_cache import Observed, observed, stat_of

MOST_READ = 20
"""Files whose time proves nothing are read; where more have to be, it pays to remember their times anew."""


@dataclass(slots=True)
class Look:
    """What was found of files that an earlier run knew."""

    changed: list[str] = field(default_factory=list)
    """Those that are not as they were: edited, gone, or come where there was none."""
    read: dict[str, Observed] = field(default_factory=dict)
    """Those that had to be read, and are as they were; with what is to be known of them from now on."""
    has_others: bool = False
    """Whether files lie among them that the earlier run did not know."""

    @property
    def are_intact(self) -> bool:
        """Whether all is as it was, and few files had to be read to know."""
        return not self.changed and not self.has_others and len(self.read) <= MOST_READ


def look(folder: str, files: Iterable[tuple[str, Observed | None]], now_ns: int) -> Look:
    """Look at the files below a folder, of which this is known; one that is None was not there."""
    found, folders = Look(), PlainFolders(folder)
    last, is_plain = "", True
    for path, known in files:
        # Nearly all are as they were, and there are thousands: those are passed over here, without a call for each. Of
        # one folder they come together, and a string is joined four times as fast as a Path.
        parent = path[: path.rfind("/") + 1]
        if parent != last:
            last, is_plain = parent, folders.are_plain(path)
        if is_plain and known is not None:
            try:
                status = os.lstat(f"{folder}/{path}")
            except OSError:
                found.changed.append(path)
                continue
            if known[1] == status.st_mtime_ns and known[0] == status.st_size and known[2] == status.st_ctime_ns:
                continue
        _look_closely(found, folder, path, known, folders.status(path), now_ns)
    return found


def _look_closely(
    found: Look, folder: str, path: str, known: Observed | None, status: os.stat_result | None, now_ns: int
) -> None:
    if status is None or known is None:
        if (status is None) is not (known is None):
            found.changed.append(path)
    elif _digest(f"{folder}/{path}") == known[3]:
        found.read[path] = observed(stat_of(status), known[3], now_ns)
    else:
        found.changed.append(path)


def _digest(path: str) -> str | None:
    """The hexadecimal SHA-256 of a plain file; None where there is none."""
    try:
        return sha256(read_plain_file(path)).hexdigest()
    except OSError:
        return None

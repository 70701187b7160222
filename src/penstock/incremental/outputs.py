"""Which generated files, and which other files that were read, are still as the last run knew them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from penstock.source.plain_file import PlainFolders, read_plain_file
from penstock.source.stat_cache import Observed, observed, stat_of, trusted_digest

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
    for path, known in files:
        status = folders.status(path)
        if status is None or known is None:
            if (status is None) is not (known is None):
                found.changed.append(path)
        elif trusted_digest(known, status) is None:
            if _digest(f"{folder}/{path}") == known[3]:
                found.read[path] = observed(stat_of(status), known[3], now_ns)
            else:
                found.changed.append(path)
    return found


def _digest(path: str) -> str | None:
    """The hexadecimal SHA-256 of a plain file; None where there is none."""
    try:
        return sha256(read_plain_file(path)).hexdigest()
    except OSError:
        return None

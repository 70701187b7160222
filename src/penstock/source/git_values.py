"""What git says of the files of commits, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class TreeEntry(NamedTuple):
    """A file of a commit: its path from the repository's root, its blob's id, its size in bytes.

    A byte of the path that is no UTF-8 is a lone surrogate (PEP 383). The size of a link is that
    of its target's name.
    """

    path: str
    blob: str
    size: int
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class TreeChange:
    """A path at which two commits differ, with the blob of each side; None where a side has no file there."""

    path: str
    before: str | None
    after: str | None

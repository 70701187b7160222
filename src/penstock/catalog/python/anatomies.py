"""What the Python files of the repository are made of, as far as reading data goes: each is taken apart once."""

from __future__ import annotations

from functools import lru_cache

from penstock.catalog.model import View
from penstock.catalog.python.functions import parsed
from penstock.python.data_reads import Anatomy, anatomy
from penstock.python.parse import LARGEST

_KEPT = 256
"""Files whose anatomy is kept: both sides of a review, and all environments, mostly see the same."""


def anatomy_of(view: View, path: str) -> Anatomy:
    """What a file that `module_of` has found is made of; nothing that can be followed where it is no Python."""
    return view.memo(("anatomy", path), lambda inner: _anatomy(path, inner.read_file(path) or b""))


@lru_cache(_KEPT)
def _anatomy(path: str, data: bytes) -> Anatomy:
    try:
        return anatomy(path, parsed(data)) if len(data) <= LARGEST else Anatomy(unfollowed=1)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Anatomy()

"""What a file of Python may read beside what it is given: the paths that its texts name, or are put together to."""

from __future__ import annotations

from posixpath import dirname, normpath

from penstock.python.data_reads import anatomy
from penstock.python.parse import LARGEST, parse
from penstock.python.written_paths import in_repository

_LONGEST = 200
"""Letters of a text that may name a file."""


def named_paths(path: str, data: bytes) -> frozenset[str]:
    """The paths that the file at `path` may name, from the root of the repository; none of a file that is no Python.

    A text counts from the root and from the folder of the file. Most texts name nothing: whoever asks has to look.
    """
    try:
        parts = anatomy(path, parse(data)).parts.values() if len(data) <= LARGEST else ()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    texts = {text for part in parts for text in part.texts}
    texts.update(target for part in parts for read in part.reads for target in read.targets or ())
    return frozenset(one for text in texts for one in paths_named_by(text, dirname(path)))


def paths_named_by(text: str, folder: str = "") -> frozenset[str]:
    """The paths below the root that a text may name, in a file that lies in `folder`."""
    if not 0 < len(text) <= _LONGEST or "\0" in text or "\n" in text:
        return frozenset()
    found = {in_repository(text), normpath(f"/{folder}/{text}").lstrip("/")}
    return frozenset(one for one in found if one and one[0] not in "/." and "://" not in one)

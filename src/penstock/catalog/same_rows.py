"""Whether two datasets read the same rows: by one function, or from one file."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase, translate
from functools import lru_cache
from itertools import product
from posixpath import normpath
from typing import Literal

from penstock.specs.dataset import Source

_WILDCARD = re.compile(r"\[[^]]*\]?|[*?]")


def same_rows(source: Source, other: Source) -> Literal["sure", "possible"] | None:
    """Whether two sources give the same rows, or may; None where neither, and for queries, whose lineage is known.

    Two different patterns may match one file, which nobody knows before somebody looks.
    """
    if source.python is not None and source.python == other.python:
        return "sure"
    pairs = list(product(_paths(source), _paths(other)))
    if any(path == there or _is_matched(path, there) or _is_matched(there, path) for path, there in pairs):
        return "sure"
    return "possible" if any(_may_meet(path, there) for path, there in pairs) else None


def _paths(source: Source) -> list[str]:
    listed = (source.csv, source.parquet)
    return [normpath(path) for paths in listed for path in ([paths] if isinstance(paths, str) else paths or ())]


def _is_matched(path: str, pattern: str) -> bool:
    """Whether a path without wildcards matches a pattern part by part, as the steps match them."""
    parts, expected = path.split("/"), pattern.split("/")
    return not _WILDCARD.search(path) and len(parts) == len(expected) and all(map(fnmatchcase, parts, expected))


@lru_cache(maxsize=4096)
def _may_meet(path: str, other: str) -> bool:
    """Whether two paths or patterns may lead to one file; a star is taken to pass over slashes."""
    if not _WILDCARD.search(path):
        return path == other or re.match(translate(other.replace("**/", "*")), path) is not None
    if not _WILDCARD.search(other):
        return _may_meet(other, path)
    (start, *_, end), (start_there, *_, end_there) = _WILDCARD.split(path), _WILDCARD.split(other)
    return (
        (start.startswith(start_there) or start_there.startswith(start))
        and (end.endswith(end_there) or end_there.endswith(end))
    )  # fmt: skip

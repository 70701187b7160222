"""Whether two datasets read the same rows: by one function, or from one file."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product
from typing import Literal

from penstock.catalog.sources import files_of, is_pattern, overlap
from penstock.python.written_paths import in_repository
from penstock.specs.dataset import Source


def same_rows(source: Source, other: Source) -> Literal["sure", "possible"] | None:
    """Whether two sources give the same rows, or may; None where neither, and for queries, whose lineage is known.

    Two different patterns may match one file, which nobody knows before somebody looks.
    """
    if source.python is not None and source.python == other.python:
        return "sure"
    pairs = list(product(map(in_repository, files_of(source)), map(in_repository, files_of(other))))
    if any(path == there or _is_matched(path, there) or _is_matched(there, path) for path, there in pairs):
        return "sure"
    return "possible" if any(overlap(path, there) for path, there in pairs) else None


def _is_matched(path: str, pattern: str) -> bool:
    """Whether a path without wildcards matches a pattern part by part, as the steps match them."""
    parts, expected = path.split("/"), pattern.split("/")
    return not is_pattern(path) and len(parts) == len(expected) and all(map(fnmatchcase, parts, expected))

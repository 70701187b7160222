"""The files that datasets are read from, as far as the words of their sources tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache

from penstock.python.written_paths import in_repository
from penstock.specs.dataset import Source

_WILD = re.compile(r"\[[^]]*\]?|[*?]")


def files_of(source: Source) -> Iterable[str]:
    """The paths and patterns of a source; none where it is no file."""
    for paths in (source.parquet, source.csv):
        yield from () if paths is None else (paths,) if isinstance(paths, str) else paths


def is_pattern(path: str) -> bool:
    """Whether a path stands for those that match it."""
    return _WILD.search(path) is not None


def matcher(pattern: str) -> re.Pattern[str]:
    """What matches the paths that a pattern may stand for; a star is taken to pass over slashes."""
    return re.compile(translate(pattern.replace("**/", "*")))


@lru_cache(maxsize=4096)
def overlap(one: str, other: str) -> bool:
    """Whether two paths or patterns may lead to one file; a star is taken to pass over slashes."""
    one, other = in_repository(one), in_repository(other)
    if not is_pattern(one):
        return one == other or matcher(other).match(one) is not None
    if not is_pattern(other):
        return overlap(other, one)
    (start, *_, end), (start_there, *_, end_there) = _WILD.split(one), _WILD.split(other)
    return (
        (start.startswith(start_there) or start_there.startswith(start))
        and (end.endswith(end_there) or end_there.endswith(end))
    )  # fmt: skip

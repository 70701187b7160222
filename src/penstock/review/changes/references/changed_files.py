"""The files of a pull request that differ and are no specs, found by path, by folder and by pattern."""

from __future__ import annotations

import re
import sys
from collections.abc import Container, Iterable, Sequence
from fnmatch import translate
from typing import Any, NamedTuple

from penstock.review.changes.references.import_graph import Links
from penstock.source.git.paths import is_outside
from penstock.source.git.values import TreeChange

Blobs = dict[str, str | None]


class ReferenceDifference(NamedTuple):
    """What differs behind the texts of one field."""

    before: Any
    after: Any
    why: str
    path: str
    """A file that differs, or that leads to one."""
    function: str = ""
    """The function or class that is made of it."""


class Changed:
    """The files of a pull request that differ and are no specs, by path and by each folder above.

    Those outside of the folder that is reviewed are in no image of it: only what names them by a way up, or a link,
    leads there.
    """

    def __init__(self, changes: Iterable[TreeChange], links: Iterable[str]) -> None:
        """`links` are the links and submodules of both trees."""
        self.files = {one.path: one for one in changes}
        self.followed: set[str] = set()
        """The paths of those that something in a spec was found to lead to."""
        self.links = Links(links)
        self._below: dict[str, list[TreeChange]] = {}
        for one in self.files.values():
            folder, top = one.path, "" if is_outside(one.path) else "."
            while folder:
                folder = folder.rpartition("/")[0]
                self._below.setdefault(folder or top, []).append(one)

    def at(self, path: str) -> list[TreeChange]:
        """The file of that path, or those in the folder; `.` is the root. Of what lies behind a link, all of them."""
        if self.links.meet(path):
            return list(self.files.values())
        return [self.files[path]] if path in self.files else self._below.get(path, [])

    def matching(self, pattern: str) -> list[TreeChange]:
        """The files that a pattern matches, or the folder of which it does; a star is taken to pass over slashes."""
        if self.links.meet(_beginning(pattern)):
            return list(self.files.values())
        patterns = (pattern, pattern.replace("**/", ""), f"{pattern}/*")
        wanted = re.compile("|".join(translate(one) for one in patterns))
        leads_up = is_outside(pattern)
        return [one for path, one in self.files.items() if is_outside(path) == leads_up and wanted.match(path)]

    def standing_in(self, folder: str, known: Container[str]) -> list[TreeChange]:
        """Python or links in a folder that may stand in for what is installed: new, or called like what Python brings.

        Whatever is imported, by an installed package too, may be looked for there: many try to import what need not be
        installed, or is there on another system alone. `known` are the names in the folder on the base.
        """
        start = f"{folder}/" if folder else ""
        found = []
        for one in self.at(folder or "."):
            if not (one.path.endswith(".py") or one.path in self.links) or not one.path.startswith(start):
                continue
            name, _, rest = one.path[len(start) :].partition("/")
            module = name if rest else name.removesuffix(".py")
            is_whole = rest in ("", "__init__.py")
            # A folder alone is a package as well, and may add to an installed one of its name.
            is_new = one.before is None and (is_whole or name not in known)
            if module.isidentifier() and (is_new or (is_whole and module in sys.stdlib_module_names)):
                found.append(one)
        return found


def is_pattern(path: str) -> bool:
    """Whether a path stands for those that match it."""
    return not set("*?[{").isdisjoint(path)


def _beginning(pattern: str) -> str:
    """The folder that a pattern begins with, before the first part that is one."""
    parts = pattern.split("/")
    plain = next((place for place, part in enumerate(parts) if is_pattern(part)), len(parts))
    return "/".join(parts[:plain]) or "."


def blobs_of(found: Sequence[TreeChange]) -> tuple[Blobs, Blobs]:
    """The blobs of files before and after, by path."""
    return {shown_path(one.path): one.before for one in found}, {shown_path(one.path): one.after for one in found}


def shown_path(path: str) -> str:
    """A path as text; what is no UTF-8 in it is written out."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

"""Where the names in specs lead to in the repository: to Python, and to rows."""

from __future__ import annotations

import re
import sys
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from posixpath import normpath
from typing import Any, NamedTuple

from penstock.python.paths import paths_of
from penstock.review.changes.modules import Links, Modules
from penstock.review.sides import Sides
from penstock.source.canonical import digest
from penstock.source.git.paths import is_outside
from penstock.source.git.values import TreeChange

_NAME = re.compile(r"[\w.:]+")
_COMPILED = re.compile(r".*\.(pyc|pyo|pyd|so)")
"""What Python imports in the place of a module, or for one."""
RUN_AT_START = ("sitecustomize.py", "usercustomize.py")
"""What Python runs when it starts, wherever it has the root on its path by then."""
_ROOT_OF_IMAGE = "/workspace"
"""Where the image of the runtime has the repository."""
Blobs = dict[str, str | None]


class Difference(NamedTuple):
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
        """Python in a folder that may stand in for what is installed: new, or called like what Python brings.

        Whatever is imported, by an installed package too, may be looked for there: many try to import what need not be
        installed, or is there on another system alone. `known` are the names in the folder on the base.
        """
        start = f"{folder}/" if folder else ""
        found = []
        for one in self.at(folder or "."):
            if not one.path.endswith(".py") or not one.path.startswith(start):
                continue
            name, _, rest = one.path[len(start) :].partition("/")
            module = name if rest else name.removesuffix(".py")
            is_whole = rest in ("", "__init__.py")
            # A folder alone is a package as well, and may add to an installed one of its name.
            is_new = one.before is None and (is_whole or name not in known)
            if module.isidentifier() and (is_new or (is_whole and module in sys.stdlib_module_names)):
                found.append(one)
        return found


@dataclass(slots=True)
class Code:
    """Functions and classes. Layout and comments are nothing; Python that cannot be parsed is compared by its bytes.

    Where a module may run code that no import statement names, any Python of the repository is taken for a part of it.
    The steps find no other Python at the root than what the functions and classes lead to. A custom command may
    have all of the root on its path: what comes there, and may stand in for something installed, is a part of it.
    """

    sides: Sides
    changed: Changed
    _python: set[str] = field(init=False)
    _named: set[str] = field(init=False)
    """Files that are no Python, and that a text in Python may name."""
    _everywhere: list[TreeChange] = field(init=False)
    """Compiled files, which may be a part of any module."""
    _standing_in: list[TreeChange] = field(init=False)
    """Python at the root that may stand in for what is installed."""
    _before: Modules = field(init=False)
    _after: Modules = field(init=False)
    _digests: dict[tuple[str, str, bool], tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A link may lead out of the folder.
        anywhere = not self.changed.links.none
        own = {path: one for path, one in sorted(self.changed.files.items()) if anywhere or not is_outside(path)}
        self._python = {path for path in own if path.endswith(".py")}
        links = self.changed.links
        before, after = blobs_of([one for path, one in own.items() if path not in self._python])
        self._named = set(before)
        self._before = Modules(self.sides.base.files, links, before)
        self._after = Modules(self.sides.head.files, links, after)
        self._everywhere = [one for path, one in own.items() if _COMPILED.fullmatch(path)]
        listing = self.sides.base.files.listing("") if self._python else ()
        # Python looks for these when it starts, which is before the steps have the root on their path.
        standing_in = self.changed.standing_in("", listing) if self._python else []
        self._standing_in = [one for one in standing_in if one.path not in RUN_AT_START]

    def may_differ(self, text: str) -> bool:
        """Whether a file with this text may name code that differs."""
        names = {name for name in _NAME.findall(text) if (":" in name or "." in name) and not name[0].isdecimal()}
        return any(len(set(self.digests(module_of(name)))) == 2 for name in names)

    def digests(self, module: str, folder: str = "", *, on_path: bool = False) -> tuple[str, str]:
        """Digests of those files that differ of which a module is made, in the base and in head (see `Modules`).

        `on_path`: whether all of the root is on the path of what runs it.
        """
        key = module, folder, on_path
        if not self._python and not self._named:
            return "", ""
        if key not in self._digests:
            own, around = self._own(module, folder), blobs_of(self._around(module, folder, on_path=on_path))
            before, after = (digest([one, blobs]) for one, blobs in zip(own, around, strict=True))
            self._digests[key] = before, after
        return self._digests[key]

    def _around(self, module: str, folder: str, *, on_path: bool) -> list[TreeChange]:
        """What may be run in the place of what a module imports, or of what that does."""
        standing_in = self._standing_in
        if standing_in and not on_path:
            # A folder at the root that the code imports from is found by what is installed, too.
            names = self._before.packages(module, folder) | self._after.packages(module, folder)
            standing_in = [one for one in standing_in if one.path.partition("/")[0].removesuffix(".py") in names]
        return [*self._everywhere, *standing_in]

    def _own(self, module: str, folder: str) -> tuple[str, str]:
        """Digests of what the module leads to."""
        before, after = (side.digest(module, self._python, folder) for side in (self._before, self._after))
        return before, after

    def difference(self, texts: Sequence[str]) -> Difference | None:
        """Of the one function or class of a field."""
        (function,) = texts
        module = module_of(function)
        before, after = self.digests(module)
        if before == after:
            return None
        own_before, own_after = self._own(module, "")
        why = f"the code behind `{function}` changed, with unknown effect"
        path = paths_of(module)[0]
        if own_before == own_after:
            path, *more = blobs_of(self._around(module, "", on_path=False))[0]
            others = f" and {len(more)} more" if more else ""
            why = f"`{path}`{others} may be run instead of what `{function}` imports, directly or indirectly"
        return Difference(
            {"function": function, "code": before}, {"function": function, "code": after}, why, path, function
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """Paths and patterns of data. A pattern is taken to match rather more than it may."""

    changed: Changed

    def may_differ(self, text: str) -> bool:
        """Whether a file with this text may name rows that differ."""
        return "csv" in text or "parquet" in text

    def difference(self, texts: Sequence[str]) -> Difference | None:
        """Of the paths of a field."""
        paths = (text.removeprefix("file://") for text in texts)
        named = (one for path in paths if "://" not in path for one in self._named(in_repository(path)))
        found = list(dict.fromkeys(named))
        if not found:
            return None
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        why = f"the data in `{shown_path(found[0].path)}`{more} {self._said(found)}"
        return Difference(*blobs_of(found), why, shown_path(found[0].path))

    def _said(self, found: Sequence[TreeChange]) -> str:
        """What is known of files: where all of them are new, whether they are what others held."""
        if any(one.before is not None for one in found):
            return "changed, with unknown effect"
        gone = {one.before: path for path, one in self.changed.files.items() if one.after is None}
        if len(found) == 1 and found[0].after in gone:
            return f"is what `{shown_path(gone[found[0].after])}` held"
        return "is new, and may differ from other data"

    def _named(self, path: str) -> list[TreeChange]:
        return self.changed.matching(path) if is_pattern(path) else self.changed.at(path)


def is_pattern(path: str) -> bool:
    """Whether a path stands for those that match it."""
    return not set("*?[{").isdisjoint(path)


def in_repository(path: str) -> str:
    """A path as it is from the repository's root; `.` is the root itself."""
    # Two slashes at the beginning would stay two.
    normal = normpath("/" + path.lstrip("/") if path.startswith("/") else path)
    if normal == _ROOT_OF_IMAGE:
        return "."
    return normal.removeprefix(f"{_ROOT_OF_IMAGE}/")


def _beginning(pattern: str) -> str:
    """The folder that a pattern begins with, before the first part that is one."""
    parts = pattern.split("/")
    plain = next((place for place, part in enumerate(parts) if is_pattern(part)), len(parts))
    return "/".join(parts[:plain]) or "."


def module_of(name: str) -> str:
    """The module that a function (``module:function``) or a class (``module.Class``) stands in."""
    module, colon, _ = name.partition(":")
    return module if colon else name.rpartition(".")[0]


def blobs_of(found: Sequence[TreeChange]) -> tuple[Blobs, Blobs]:
    """The blobs of files before and after, by path."""
    return {shown_path(one.path): one.before for one in found}, {shown_path(one.path): one.after for one in found}


def shown_path(path: str) -> str:
    """A path as text; what is no UTF-8 in it is written out."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

"""Where the names in specs lead to in the repository: to Python, to rows, and to what a command runs or reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from posixpath import normpath
from typing import Any

from penstock.catalog.functions import paths_of
from penstock.catalog.repository import is_inside
from penstock.review.changes.modules import Links, Modules
from penstock.review.sides import Sides
from penstock.source.canonical import digest
from penstock.source.git_values import TreeChange

_NAME = re.compile(r"[\w.:]+")
_COMPILED = re.compile(r".*\.(pyc|pyo|pyd|so)")
"""What Python imports in the place of a module, or for one."""
_WORD = re.compile(r"[\w./-]+")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_SCRIPTS = ("", "bash", "mk", "sh")
"""How the names of scripts end, beside the files that start with `#!`."""
_ROOT_OF_IMAGE = "/workspace"
"""Where the image of the runtime has the repository."""
_LARGEST_SCRIPT = 1_000_000
"""In bytes."""
_MOST_WORDS = 20_000
"""Words of scripts that one command may lead to; where they are more, any file that differs counts as one of them."""
_Blobs = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs behind the texts of one field."""

    before: Any
    after: Any
    why: str
    path: str
    """A file that differs, or that leads to one."""
    function: str = ""
    """The function or class that is made of it."""


class Changed:
    """The files of a pull request that differ and are no specs, by path and by each folder above."""

    def __init__(self, changes: Iterable[TreeChange], links: Iterable[str]) -> None:
        """`links` are the links and submodules of both trees."""
        self.files = {one.path: one for one in changes}
        self.links = Links(links)
        self._below: dict[str, list[TreeChange]] = {}
        for one in self.files.values():
            folder = one.path
            while folder:
                folder = folder.rpartition("/")[0]
                self._below.setdefault(folder or ".", []).append(one)

    def at(self, path: str) -> list[TreeChange]:
        """The file of that path, or those in the folder; `.` is the root. Of what lies behind a link, all of them."""
        if self.links.meet(path):
            return list(self.files.values())
        return [self.files[path]] if path in self.files else self._below.get(path, [])


@dataclass(slots=True)
class Code:
    """Functions and classes. Layout and comments are nothing; Python that cannot be parsed is compared by its bytes.

    Where a module may run code that no import statement names, any Python of the repository is taken for a part of it.
    """

    sides: Sides
    changed: Changed
    _python: set[str] = field(init=False)
    _compiled: tuple[_Blobs, _Blobs] = field(init=False)
    _before: Modules = field(init=False)
    _after: Modules = field(init=False)
    _digests: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._python = {path for path in self.changed.files if path.endswith(".py")}
        links = self.changed.links
        self._before, self._after = Modules(self.sides.base.files, links), Modules(self.sides.head.files, links)
        self._compiled = _blobs([one for path, one in sorted(self.changed.files.items()) if _COMPILED.fullmatch(path)])

    def may_differ(self, text: str) -> bool:
        """Whether a file with this text may name code that differs."""
        names = {name for name in _NAME.findall(text) if (":" in name or "." in name) and not name[0].isdecimal()}
        return any(len(set(self.digests(module_of(name)))) == 2 for name in names)

    def digests(self, module: str, folder: str = "") -> tuple[str, str]:
        """Digests of those files that differ of which a module is made, in the base and in head (see `Modules`)."""
        key = module, folder
        if not self._python and not self._compiled[0]:
            return "", ""
        if key not in self._digests:
            # Nobody reads compiled files here: any of them may be one of the module.
            before, after = self._compiled
            self._digests[key] = (
                digest([self._before.digest(module, self._python, folder), before]),
                digest([self._after.digest(module, self._python, folder), after]),
            )
        return self._digests[key]

    def difference(self, texts: Sequence[str]) -> Difference | None:
        """Of the one function or class of a field."""
        (function,) = texts
        before, after = self.digests(module_of(function))
        if before == after:
            return None
        return Difference(
            {"function": function, "code": before},
            {"function": function, "code": after},
            f"the code behind `{function}` differs, and nothing says how",
            paths_of(module_of(function))[0],
            function,
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
        named = (one for path in paths if "://" not in path for one in self._named(_in_repository(path)))
        found = list(dict.fromkeys(named))
        if not found:
            return None
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        why = f"the rows in `{_shown(found[0].path)}`{more} differ, and nothing says how"
        return Difference(*_blobs(found), why, _shown(found[0].path))

    def _named(self, path: str) -> Iterator[TreeChange]:
        if not set("*?[") & set(path):
            yield from self.changed.at(path)
            return
        if self.changed.links.meet(_beginning(path)):
            yield from self.changed.files.values()
            return
        patterns = (path, path.replace("**/", ""), f"{path}/*")
        wanted = re.compile("|".join(translate(pattern) for pattern in patterns))
        yield from (one for path, one in self.changed.files.items() if wanted.match(path))


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands of steps of one's own: the files they name, Python with what it imports, scripts with what they name."""

    sides: Sides
    changed: Changed
    code: Code

    def may_differ(self, text: str) -> bool:
        """Whether a file with this text may hold a command that leads to what differs."""
        return "command" in text

    def difference(self, texts: Sequence[str]) -> Difference | None:
        """Of the words of one command."""
        waiting = [word for text in texts for word in _WORD.findall(text)]
        seen: set[str] = set()
        while waiting:
            path = _in_repository(waiting.pop())
            if path in seen:
                continue
            seen.add(path)
            if named := self.changed.at(path if len(seen) <= _MOST_WORDS else "."):
                return self._of_files(path, named)
            for module, folder in _modules(path):
                before, after = self.code.digests(module, folder)
                if before != after:
                    return Difference({path: before}, {path: after}, _why(path), path)
            waiting += self._script(path)
        return None

    def _of_files(self, path: str, found: list[TreeChange]) -> Difference:
        return Difference(*_blobs(found), _why(path), _shown(found[0].path))

    def _script(self, path: str) -> list[str]:
        """The words of a script; none of what is no script, or not there."""
        suffix = path.rpartition("/")[2].partition(".")[2]
        text = self.sides.head.files.read(path) or b"" if is_inside(path) else b""
        if suffix not in _SCRIPTS and not text.startswith(b"#!"):
            return []
        # A script as large as that leads anywhere.
        return _WORD.findall(text.decode(errors="replace")) if len(text) <= _LARGEST_SCRIPT else ["."]


def _in_repository(path: str) -> str:
    """A path as it is from the repository's root; `.` is the root itself."""
    # Two slashes at the beginning would stay two.
    normal = normpath("/" + path.lstrip("/") if path.startswith("/") else path)
    if normal == _ROOT_OF_IMAGE:
        return "."
    return normal.removeprefix(f"{_ROOT_OF_IMAGE}/")


def _beginning(pattern: str) -> str:
    """The folder that a pattern begins with, before the first part that is one."""
    parts = pattern.split("/")
    plain = next(place for place, part in enumerate(parts) if set("*?[") & set(part))
    return "/".join(parts[:plain]) or "."


def module_of(name: str) -> str:
    """The module that a function (``module:function``) or a class (``module.Class``) stands in."""
    module, colon, _ = name.partition(":")
    return module if colon else name.rpartition(".")[0]


def _modules(path: str) -> Iterator[tuple[str, str]]:
    """The modules that a word of a command may name, and the folder in which what they import is looked for first."""
    if path.endswith(".py"):
        folder, _, name = path.removesuffix(".py").rpartition("/")
        yield name, folder
    elif _MODULE.fullmatch(path):
        yield path, ""
        yield f"{path}.__main__", ""


def _blobs(found: Sequence[TreeChange]) -> tuple[_Blobs, _Blobs]:
    """The blobs of files before and after, by path."""
    return {_shown(one.path): one.before for one in found}, {_shown(one.path): one.after for one in found}


def _shown(path: str) -> str:
    """A path as text; what is no UTF-8 in it is written out."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _why(word: str) -> str:
    return f"what the command reaches by `{word}` differs, and nothing says how"

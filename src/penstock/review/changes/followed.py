"""Where the names in specs lead to in the repository: to Python, to rows, and to what a command runs or reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from posixpath import normpath
from typing import Any

from penstock.catalog.functions import paths_of
from penstock.catalog.repository import is_inside
from penstock.review.changes.modules import Modules
from penstock.review.sides import Sides
from penstock.source.git_values import TreeChange

_REFERENCE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_CLASS = re.compile(r"\bclass\b['\"]?\s*:\s*['\"]?([A-Za-z_][\w.]*\.[A-Za-z_]\w*)")
_WORD = re.compile(r"[\w./-]+")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_SCRIPTS = ("", "bash", "mk", "sh")
"""How the names of scripts end, beside the files that start with `#!`."""
_ROOT_OF_IMAGE = "/workspace/"
"""Where the image of the runtime has the repository."""
_MOST_WORDS = 20_000
"""Words of scripts that one command may lead to; where they are more, any file that differs counts as one of them."""


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


@dataclass(slots=True)
class Code:
    """Functions and classes. Layout and comments are nothing; Python that cannot be parsed is compared by its bytes.

    Where a module may run code that no import statement names, any Python of the repository is taken for a part of it.
    """

    sides: Sides
    changed: dict[str, TreeChange]
    _python: set[str] = field(init=False)
    _before: Modules = field(init=False)
    _after: Modules = field(init=False)
    _digests: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._python = {path for path in self.changed if path.endswith(".py")}
        self._before, self._after = Modules(self.sides.base.files), Modules(self.sides.head.files)

    def may_differ(self, text: str) -> bool:
        """Whether a file with this text may name code that differs."""
        if not self._python:
            return False
        names = {*_REFERENCE.findall(text), *_CLASS.findall(text)}
        return any(len(set(self.digests(module_of(name)))) == 2 for name in names)

    def digests(self, module: str, folder: str = "") -> tuple[str, str]:
        """Digests of those files that differ of which a module is made, in the base and in head (see `Modules`)."""
        key = module, folder
        if not self._python:
            return "", ""
        if key not in self._digests:
            both = (one.digest(module, self._python, folder) for one in (self._before, self._after))
            self._digests[key] = next(both), next(both)
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

    changed: dict[str, TreeChange]

    def may_differ(self, text: str) -> bool:
        """Whether a file with this text may name rows that differ."""
        return "csv" in text or "parquet" in text

    def difference(self, texts: Sequence[str]) -> Difference | None:
        """Of the paths of a field."""
        patterns = {pattern for text in texts if "://" not in text for pattern in _patterns(text)}
        found = [one for path, one in self.changed.items() if any(fnmatchcase(path, pattern) for pattern in patterns)]
        if not found:
            return None
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        why = f"the rows in `{found[0].path}`{more} differ, and nothing says how"
        return Difference(*_blobs(found), why, found[0].path)


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands of steps of one's own: the files they name, Python with what it imports, scripts with what they name."""

    sides: Sides
    changed: dict[str, TreeChange]
    code: Code

    def may_differ(self, text: str) -> bool:
        """Whether a file with this text may hold a command that leads to what differs."""
        return "command" in text

    def difference(self, texts: Sequence[str]) -> Difference | None:
        """Of the words of one command."""
        waiting = [word for text in texts for word in _WORD.findall(text)]
        seen: set[str] = set()
        while waiting:
            path = normpath(waiting.pop()).removeprefix(_ROOT_OF_IMAGE)
            if path in seen:
                continue
            seen.add(path)
            if path == "." or len(seen) > _MOST_WORDS:
                return self._of_files(path, list(self.changed.values()))
            if named := [one for below, one in self.changed.items() if below == path or below.startswith(f"{path}/")]:
                return self._of_files(path, named)
            for module, folder in _modules(path):
                before, after = self.code.digests(module, folder)
                if before != after:
                    return Difference({path: before}, {path: after}, _why(path), path)
            waiting += self._script(path)
        return None

    def _of_files(self, path: str, found: list[TreeChange]) -> Difference:
        return Difference(*_blobs(found), _why(path), found[0].path)

    def _script(self, path: str) -> list[str]:
        """The words of a script; none of what is no script, or not there."""
        suffix = path.rpartition("/")[2].partition(".")[2]
        text = self.sides.head.files.read(path) or b"" if is_inside(path) else b""
        return _WORD.findall(text.decode(errors="replace")) if suffix in _SCRIPTS or text.startswith(b"#!") else []


def module_of(name: str) -> str:
    """The module that a function (``module:function``) or a class (``module.Class``) stands in."""
    module, colon, _ = name.partition(":")
    return module if colon else name.rpartition(".")[0]


def _patterns(text: str) -> set[str]:
    wanted = normpath(text)
    return {wanted, wanted.replace("**/", ""), f"{wanted}/*"}


def _modules(path: str) -> Iterator[tuple[str, str]]:
    """The modules that a word of a command may name, and the folder in which what they import is looked for first."""
    if path.endswith(".py"):
        folder, _, name = path.removesuffix(".py").rpartition("/")
        yield name, folder
    elif _MODULE.fullmatch(path):
        yield path, ""
        yield f"{path}.__main__", ""


def _blobs(found: Sequence[TreeChange]) -> tuple[dict[str, str | None], dict[str, str | None]]:
    return {one.path: one.before for one in found}, {one.path: one.after for one in found}


def _why(word: str) -> str:
    return f"what the command reaches by `{word}` differs, and nothing says how"

"""What the command of a step leads to in the repository: the files among its words, and what those lead to in turn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from penstock.catalog.repository import is_inside
from penstock.diagnostics.grammar import counted
from penstock.python.written_paths import in_repository
from penstock.review.changes.references.changed_files import (
    Changed,
    ReferenceDifference,
    blobs_of,
    is_pattern,
    shown_path,
)
from penstock.review.changes.references.code import RUN_AT_START, CodeReferences
from penstock.review.revisions import Revisions
from penstock.source.git.values import TreeChange

_WORDS = (re.compile(r"[\w./-]+"), re.compile(r"[\w./@+,-]+"))
"""Names as most are, and as they may be."""
_QUOTED = re.compile(r"\"([^\"\n]+)\"|'([^'\n]+)'")
_MAYBE_PATTERN = re.compile(r"[\w./@+,*?\[\]{}!-]+")
"""Names, among them those that a shell makes up."""
_NO_PATTERN = re.compile(r"(?:^|;;|\bin\b|\()[ \t]*\*\)", re.MULTILINE)
"""`*)`, the last case of many scripts, and `count(*)`."""
_LONGEST_PATTERN = 4096
"""In letters; whatever is longer counts as one that anything matches."""
_BRACES = re.compile(r"\{[^{}]*\}")
_OPTION = re.compile(r"-\w([\w.]\S*)")
"""An option of one letter with its value: `-msteps.prepare`."""
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_SCRIPTS = ("", "R", "bash", "jl", "js", "ksh", "lua", "mk", "pl", "r", "rb", "sh", "sql", "zsh")
"""How the names of scripts end, beside the files that start with `#!`."""
_LOOKED_FOR = {
    "dvc": ("dvc.lock", "dvc.yaml", "params.yaml"),
    "just": (".justfile", "Justfile", "justfile"),
    "make": ("GNUmakefile", "Makefile", "makefile"),
    "nox": ("noxfile.py",),
    "pytest": ("conftest.py", "pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini"),
    "snakemake": ("Snakefile",),
    "tox": ("pyproject.toml", "setup.cfg", "tox.ini"),
}
"""Files that a tool looks for by itself, in whatever folder it is run."""
_LARGEST_SCRIPT = 1_000_000
"""In bytes."""
_MOST_WORDS = 20_000
"""Words of scripts that one command may lead to; where they are more, any file that differs counts as one of them."""


@dataclass(frozen=True, slots=True)
class CommandReferences:
    """Commands of custom steps: the files they name, Python with what it imports, scripts with what they name."""

    revisions: Revisions
    changed: Changed
    code: CodeReferences

    def may_differ(self, text: str) -> bool:
        """Whether a file with this text may hold a command that leads to what differs."""
        return "command" in text

    def difference(self, texts: Sequence[str]) -> ReferenceDifference | None:
        """Of the words of one command: all that they lead to and that differs, so that nothing hides behind the first.

        Whoever approved one file of it has not approved another.
        """
        # A custom step has the root on its path from the start where it runs on this machine.
        waiting = [*RUN_AT_START, *(word for text in texts for word in (text, *_words(text)) if word)]
        seen: set[str] = set()
        before: dict[str, str | None] = {}
        after: dict[str, str | None] = {}
        reached: dict[str, str] = {}
        while waiting:
            word = waiting.pop()
            if word in seen:
                continue
            seen.add(word)
            is_last = len(seen) > _MOST_WORDS
            path = in_repository(word) if not is_last else "."
            named = list(self._named(path))
            self.changed.followed.update(one.path for one in named)
            for sides, blobs in zip((before, after), blobs_of(named), strict=True):
                sides.update(blobs)
            if named:
                reached.setdefault(path, shown_path(named[0].path))
            if is_last:
                break
            for module, folder in _modules(path):
                digests = self.code.digests(module, folder, on_path=True)
                if digests[0] != digests[1]:
                    place = f"{path} with its imports" if path.endswith(".py") else f"module {module}"
                    before[place], after[place] = digests
                    reached.setdefault(path, path)
            waiting += _looked_for(path)
            waiting += self._script(path)
        if not reached:
            return None
        first, *more = reached
        return ReferenceDifference(before, after, _why(first, len(more)), reached[first])

    def _named(self, path: str) -> Iterator[TreeChange]:
        """The files that differ and that a word names, makes up, or is looked for by."""
        yield from self.changed.matching(_BRACES.sub("*", path)) if is_pattern(path) else self.changed.at(path)
        for name in _looked_for(path):
            yield from self.changed.matching(f"*{name}")
        if path.endswith(".py"):
            # Python looks beside a script first.
            folder = path.rpartition("/")[0]
            yield from self.changed.standing_in(folder, self.revisions.base.files.listing(folder)) if folder else ()

    def _script(self, path: str) -> list[str]:
        """The words of a script; none of what is no script, or not there."""
        suffix = path.rpartition("/")[2].partition(".")[2]
        text = self.revisions.head.files.read(path) or b"" if is_inside(path) else b""
        if suffix not in _SCRIPTS and not text.startswith(b"#!"):
            return []
        # A script as large as that leads anywhere.
        return _words(text.decode(errors="replace")) if len(text) <= _LARGEST_SCRIPT else ["."]


def _looked_for(path: str) -> tuple[str, ...]:
    """The names of files that a tool, called by this word, looks for."""
    return _LOOKED_FOR.get(path.rpartition("/")[2], ())


def _words(text: str) -> list[str]:
    """Everything in a text that may name a file or a module."""
    words = [word for form in _WORDS for word in form.findall(text)]
    words += [word for pair in _QUOTED.findall(text) for word in pair if word]
    patterns = filter(is_pattern, _MAYBE_PATTERN.findall(_NO_PATTERN.sub(" ", text)))
    words += [word if len(word) <= _LONGEST_PATTERN else "." for word in patterns]
    words += [found[1] for found in map(_OPTION.fullmatch, words) if found is not None]
    return list(dict.fromkeys(words))


def _modules(path: str) -> Iterator[tuple[str, str]]:
    """The modules that a word of a command may name, and the folder in which what they import is looked for first."""
    if path.endswith(".py"):
        folder, _, name = path.removesuffix(".py").rpartition("/")
        yield name, folder
    elif _MODULE.fullmatch(path):
        yield path, ""
        yield f"{path}.__main__", ""


def _why(word: str, more: int) -> str:
    others = f" and {counted(more, 'other word')}" if more else ""
    return f"code that the command reaches through `{word}`{others} changed, with unknown effect"

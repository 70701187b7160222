"""The part of ``penstock check`` that makes safe fixes: in memory until nothing more can be made, then in the files."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from penstock.catalog.load import load_work_tree
from penstock.catalog.model import Catalog
from penstock.diagnostics.columns import neutral
from penstock.diagnostics.grammar import counted
from penstock.diagnostics.model import Diagnostic
from penstock.source.files import scan
from penstock.source.plain_file import read_plain_file
from penstock.source.writing.fixes import mend
from penstock.source.writing.rewrite import rewrite

MOST_ROUNDS = 10
"""A fix may bring to light what another one mends; those that only undo each other end here."""


@dataclass(frozen=True, slots=True)
class Autofix:
    """What safe fixes make of a repository's specs; nothing is written yet."""

    root: Path
    made: tuple[Diagnostic, ...]
    """What is fixed, in the order in which it was found."""
    before: dict[str, bytes]
    after: dict[str, bytes]
    """The files that change, as they are and as they are to be."""

    def write(self) -> dict[str, str]:
        """Write each file, whole or not at all; gives the files that stay as they are, and why."""
        refused = {}
        for path, body in sorted(self.after.items()):
            try:
                if not rewrite(self.root / path, self.before[path], body):
                    refused[path] = "it has changed in the meantime"
            except OSError as error:
                refused[path] = error.strerror or str(error)
        return refused

    def without(self, paths: Container[str]) -> Autofix:
        """The same but for some files, and for fixes of which a part belongs in them."""
        made = [fixed for fixed in self.made if fixed.fix and not any(e.span.path in paths for e in fixed.fix.edits)]
        return replace(
            self, made=tuple(made), after={path: body for path, body in self.after.items() if path not in paths}
        )

    def diff(self) -> str:
        """The changes in the form of `diff -u`, which `git apply` takes."""
        return "".join(
            line
            for path, body in sorted(self.after.items())
            for line in _unified(path, self.before[path].decode(), body.decode())
        )

    def summary(self) -> str:
        """How much is fixed, in how many files: ``2 mistakes in 1 file``."""
        return f"{counted(len(self.made), 'mistake')} in {counted(len(self.after), 'file')}"

    def lines(self) -> Iterator[str]:
        """A line for each fix: where, what, and the code of the mistake."""
        for fixed in self.made:
            if fixed.primary is not None and fixed.fix is not None:
                yield neutral(f"  {fixed.primary.span}  {fixed.fix.headline}  [{fixed.code}]")


def autofixed(
    root: Path, found: tuple[Diagnostic, ...], problems: Callable[[Catalog], tuple[Diagnostic, ...]]
) -> Autofix:
    """The safe fixes of `found`, and of what comes to light by them when `problems` are looked for again."""
    files, _ = scan(root)
    known = {file.path for file in files}
    before: dict[str, bytes] = {}
    after: dict[str, bytes] = {}
    made: list[Diagnostic] = []

    def read(path: str) -> bytes | None:
        if path not in known:
            return None
        if path not in after and path not in before:
            before[path] = read_plain_file(f"{root}/{path}")
        return after.get(path, before[path])

    for _ in range(MOST_ROUNDS):
        round_ = mend(found, read)
        if not round_.diagnostics:
            break
        after |= round_.files
        made += round_.diagnostics
        found = problems(load_work_tree(root, edited=after))
    after = {path: body for path, body in after.items() if body != before[path]}
    return Autofix(root, tuple(made), before, after)


def _unified(path: str, before: str, after: str) -> Iterator[str]:
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}")
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """The lines as git counts them: a line feed alone ends one."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [last for last in text.split("\n")[-1:] if last]

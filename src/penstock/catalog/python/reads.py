"""What the Python that a spec names reads by itself, past the lineage.

Configuration is left out: files that the repository itself holds, under names that are written out, and that are no
tables. Those are reviewed with the code. What follows the code is loaded where a spec names code of the repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from penstock.catalog.model import View
from penstock.catalog.python.functions import Place, module_of
from penstock.catalog.python.runtime_modules import is_of_library
from penstock.python.written_paths import in_repository

_WORD = re.compile(r"[\w./-]+")
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


class DataRead(NamedTuple):
    """A place at which code reads data that no spec hands to it."""

    at: Place
    by: str
    """What reads: a function by its full name, a method by its own."""
    targets: tuple[str, ...] | None
    """What it reads; None where nobody can tell from the code."""


class CodeReads(NamedTuple):
    """What a function or class reads by itself, with all that it leads to."""

    reads: tuple[DataRead, ...] = ()
    datasets: tuple[tuple[str, Place], ...] = ()
    """The datasets whose rows it reads, each with a place that names their file or their function."""
    unfollowed: Place | None = None
    """A place at which it may run other code than its names and imports lead to, and so read anything.

    None where there is none; the line is 0 where a file is no Python.
    """

    @property
    def is_followed(self) -> bool:
        """Whether it runs no code but what its names and imports lead to."""
        return self.unfollowed is None

    @property
    def is_open(self) -> bool:
        """Whether something that it reads is not written out."""
        return not self.is_followed or any(read.targets is None for read in self.reads)


NOTHING = CodeReads()


def code_reads(view: View, reference: str) -> CodeReads:
    """What ``module:function``, ``package.module.Class`` or, with nothing after the colon, a whole module reads."""
    if is_of_library(reference):
        return NOTHING
    from penstock.catalog.python.read_walk import search

    return view.memo(("code-reads", reference), lambda inner: search(inner, reference))


def command_reads(view: View, command: Iterable[str]) -> CodeReads:
    """What the Python reads that a command names by its words: scripts (``prepare.py``) and modules, as a whole."""
    found = [code_reads(view, f"{module}:") for word in command for module in _modules(word) if module_of(view, module)]
    return CodeReads(
        tuple(dict.fromkeys(read for one in found for read in one.reads)),
        tuple(sorted({name: place for one in found for name, place in one.datasets}.items())),
        next((one.unfollowed for one in found if one.unfollowed is not None), None),
    )


def _modules(word: str) -> Iterator[str]:
    """The modules that a word of a command may name."""
    for each in _WORD.findall(word):
        path = in_repository(each)
        if path.endswith(".py"):
            yield path.removesuffix(".py").replace("/", ".")
        elif _MODULE.fullmatch(each):
            yield each
            yield f"{each}.__main__"

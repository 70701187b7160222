"""What importing Python of the repository imports from elsewhere, followed from file to file by the syntax alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from penstock.catalog.model import View
from penstock.catalog.python.functions import Module, Place, module_of
from penstock.catalog.python.runtime_modules import is_brought

_MOST_FILES = 500
"""Files beyond which nothing is followed any more: what is found so far is so all the same."""


class Import(NamedTuple):
    """A package that an import cannot be done without."""

    library: str
    at: Place | None = None
    """Where it stands; None for what a spec names itself."""
    by_way_of: tuple[Place, ...] = ()
    """The imports that lead to this one, from the first file on; none where it stands there."""


def foreign_imports(view: View, module: str) -> tuple[Import, ...]:
    """The packages that neither Python nor Penstock's runtime nor the repository has, each where it is met first.

    `module` is of the repository, as ``package.module``.
    """
    return view.memo(("imports", module), lambda inner: tuple(_met(inner, module)))


def is_foreign(view: View, name: str) -> bool:
    """Whether neither Python nor Penstock's runtime nor the repository has what a dotted name is of."""
    return not is_brought(name.partition(".")[0]) and not any(own_modules(view, name))


def own_modules(view: View, name: str) -> Iterator[Module]:
    """The files of the repository that importing a dotted name runs: packages, a module, and no name in it."""
    parts = name.removesuffix(".*").split(".")
    for depth in range(1, len(parts) + 1):
        # A folder without `__init__.py` is a package, too.
        module = module_of(view, ".".join(parts[:depth]))
        if module is not None:
            yield module


def _met(view: View, module: str) -> Iterator[Import]:
    waiting: deque[tuple[Module, tuple[Place, ...]]] = deque((each, ()) for each in own_modules(view, module))
    files = {each.path for each, _ in waiting}
    named: set[str] = set()
    while waiting:
        file, way = waiting.popleft()
        for name, line in file.imports:
            library, at = name.partition(".")[0], (file.path, line)
            if is_brought(library) or library in named:
                continue
            own = list(own_modules(view, name))
            if not own:
                named.add(library)
                yield Import(library, at, way)
            for each in own:
                if each.path not in files and len(files) < _MOST_FILES:
                    files.add(each.path)
                    waiting.append((each, (*way, at)))

"""What a module of one revision is made of, by following its import statements; read, and never run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from penstock.catalog.repository import RepositoryFiles
from penstock.python.import_closure import Python
from penstock.source.canonical import bytes_digest

_HOLDS_CODE = re.compile(
    r".*\.(ckpt|db|dill|egg|h5|hdf5|ipynb|job(?:lib)?|keras|npy|npz|p|pickle|pkl|pt|pth|pyw|pyx|sh|whl|zip)"
)
"""Files that run code when they are unpickled, opened or imported from, by their names."""


class Links:
    """The links and submodules of a tree: what lies behind them, git does not tell."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)
        self._above = {folder for path in self._paths for folder in _folders(path)}

    @property
    def none(self) -> bool:
        """Whether there are none at all."""
        return not self._paths

    def __contains__(self, path: str) -> bool:
        return path in self._paths

    def meet(self, path: str) -> bool:
        """Whether a path is one, leads over one, or is a folder that holds one; `.` is the root."""
        if not self._paths:
            return False
        return path in self._above or not self._paths.isdisjoint((path, *_folders(path)))


def _folders(path: str) -> Iterator[str]:
    """The folders above a path, the root among them."""
    while path:
        path = path.rpartition("/")[0]
        yield path or "."


@dataclass(slots=True)
class ImportGraph:
    """The Python of one side, by its syntax alone."""

    files: RepositoryFiles
    links: Links
    others: Mapping[str, str | None] = field(default_factory=dict)
    """The changed files that are no Python, links and submodules among them, by path, each with its blob or commit."""
    followed: set[str] = field(default_factory=set)
    """The changed files that a module was found to be made of."""
    _python: Python = field(init=False)

    def __post_init__(self) -> None:
        self._python = Python(self.files.read, self.links.meet)

    def digest(self, module: str, changed: set[str], folder: str = "") -> str:
        """A digest of those of the `changed` files that the module is made of, itself and what it imports."""
        lines = [f"{path} {content}" for path, content in self.parts(module, changed, folder).items()]
        return bytes_digest("\n".join(lines).encode("utf-8", "surrogateescape"))

    def parts(self, module: str, changed: set[str], folder: str = "") -> dict[str, str | None]:
        """Those of the `changed` files that the module is made of, itself and what it imports, with what tells each
        from any other.

        Modules are looked for from the root, and where Python runs a script also from the `folder` that it is in.
        """
        files, named, _, may_run_any_code = self._python.reached(module, folder)
        reached = sorted(changed if may_run_any_code else (files | named) & changed)
        # What is opened by a text that is written out is as good as imported; what unpickles may open any pickle.
        others = sorted(
            path
            for path in self.others
            if path in named or (may_run_any_code and (path in self.links or _HOLDS_CODE.fullmatch(path)))
        )
        self.followed.update(reached, others)
        return {path: self._python.code(path).digest for path in reached} | {path: self.others[path] for path in others}

    def packages(self, module: str, folder: str = "") -> frozenset[str]:
        """The first names of all that the module imports on the way."""
        return frozenset(name.partition(".")[0] for name in self._python.reached(module, folder).modules)

"""The repository's own Python, followed by its import statements; read, and never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import normpath
from typing import NamedTuple

from penstock.catalog.python.functions import paths_of
from penstock.catalog.repository import RepositoryFiles
from penstock.review.changes.finders import finders, reflects
from penstock.review.changes.open_code import is_open
from penstock.source.canonical import bytes_digest

_MOST_FILES = 5_000
"""Files that one module may lead to; where they are more, any changed Python counts as a change of the function."""
_LARGEST = 500_000
"""Bytes of Python from which on it is not parsed, and taken for code that leads anywhere."""

_FILE = re.compile(r"[^\s:*?\[\]{}]+(?: [^\s:*?\[\]{}]+)*")
_LONGEST_FILE = 200
"""Letters of a text that may name a file."""
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
class Modules:
    """The Python of one side, by its syntax alone."""

    files: RepositoryFiles
    links: Links
    others: Mapping[str, str | None] = field(default_factory=dict)
    """The changed files that are no Python, by path, each with its blob."""
    _reached: dict[tuple[str, str], _Reached] = field(default_factory=dict)
    _read: dict[str, _Code] = field(default_factory=dict)

    def digest(self, module: str, changed: set[str], folder: str = "") -> str:
        """A digest of those of the `changed` files that the module is made of, itself and what it imports.

        Modules are looked for from the root, and where Python runs a script also from the `folder` that it is in.
        """
        if (module, folder) not in self._reached:
            self._reached[module, folder] = self._search(module, folder)
        files, named, is_open = self._reached[module, folder]
        reached = sorted(changed if is_open else (files | named) & changed)
        lines = [f"{path} {self._parse(path).digest}" for path in reached]
        # What is opened by a text that is written out is as good as imported; what unpickles may open any pickle.
        others = (path for path in self.others if path in named or (is_open and _HOLDS_CODE.fullmatch(path)))
        lines += [f"{path} {self.others[path]}" for path in sorted(others)]
        return bytes_digest("\n".join(lines).encode("utf-8", "surrogateescape"))

    def _search(self, module: str, folder: str) -> _Reached:
        found: set[str] = set()
        named: set[str] = set()
        waiting = [module]
        seen = {module}
        asks = reflects = is_open = False
        while waiting:
            if len(found) > _MOST_FILES:
                is_open = True
                break
            name = waiting.pop()
            paths = [*paths_of(name), *_packages(name)]
            for path in [*paths, *(f"{folder}/{path}" for path in paths if folder)]:
                # A file that is not there counts: the other side may have it.
                found.add(path)
                code = self._parse(path)
                asks, reflects = asks or code.asks, reflects or code.reflects
                # What one file keeps to asking, another may take out of it by a name that no text here holds.
                is_open = is_open or code.is_open or self.links.meet(path) or (asks and reflects)
                named |= code.names
                for imported in code.imports:
                    listed = self._listed(imported, folder)
                    is_open = is_open or listed is None
                    new = {imported, *(listed or ())} - seen
                    seen |= new
                    waiting += sorted(new)
        return _Reached(frozenset(found), frozenset(named), is_open)

    def _listed(self, imported: str, folder: str) -> tuple[str, ...] | None:
        """The modules that `from package import *` imports by the package's list; None where nobody can tell."""
        package, star, _ = imported.partition(".*")
        if not star:
            return ()
        found: list[str] = []
        path = f"{package.replace('.', '/')}/__init__.py"
        for one in [path, *([f"{folder}/{path}"] if folder else [])]:
            names = self._parse(one).listed
            if names is None:
                return None
            found += [f"{package}.{name}" for name in names]
        return tuple(found)

    def _parse(self, path: str) -> _Code:
        if path not in self._read:
            self._read[path] = _understand(path, self.files.read(path))
        return self._read[path]


class _Reached(NamedTuple):
    """What a module leads to."""

    files: frozenset[str]
    """The files of Python that it is made of, as far as they could be followed."""
    named: frozenset[str]
    """The paths that its texts may name."""
    is_open: bool
    """Whether it may be made of any Python: it could not be followed, or is made of too many files."""


class _Code(NamedTuple):
    """What is to be known of one file."""

    digest: str
    """Of the code without its layout."""
    imports: tuple[str, ...] = ()
    """The modules that it imports, sorted."""
    is_open: bool = False
    """Whether it may run code that it does not import by a statement."""
    listed: tuple[str, ...] | None = ()
    """What `__all__` names, which of a package are modules to be imported; None where that is not written out."""
    asks: bool = False
    """Whether it asks `importlib` for something, and so has it in hand."""
    reflects: bool = False
    """Whether it may reach into other files by names that it makes up."""
    names: frozenset[str] = frozenset()
    """Paths of files that a text in it may name, from the root or from its own folder."""


def _understand(path: str, data: bytes | None) -> _Code:
    if data is None:
        return _Code("absent")
    try:
        if len(data) > _LARGEST:
            raise ValueError
        tree = ast.parse(data)
        digest = bytes_digest(ast.dump(tree).encode("utf-8", "surrogatepass"))
        imports = tuple(sorted(_imports(path, tree)))
        uses = finders(tree, imports)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Another version of Python may understand it.
        return _Code(bytes_digest(data), is_open=True)
    return _Code(
        digest,
        tuple(sorted({*imports, *uses.asked})),
        is_open(tree, imports, uses),
        _listed_names(tree),
        asks=bool(uses.imports),
        reflects=reflects(tree, imports),
        names=frozenset(_named_files(path, tree)),
    )


def _named_files(path: str, tree: ast.Module) -> Iterator[str]:
    """The files of the repository that a text may name, by a path from the root or from the folder of the file."""
    folder = path.rpartition("/")[0]
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and 0 < len(text) <= _LONGEST_FILE and "." in text and _FILE.fullmatch(text):
            yield normpath(f"/{text}").lstrip("/").removeprefix("workspace/")
            yield normpath(f"/{folder}/{text}").lstrip("/")


def _imports(path: str, tree: ast.Module) -> Iterator[str]:
    package = path.removesuffix(".py").removesuffix("/__init__").split("/")
    if not path.endswith("/__init__.py"):
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            if start:
                yield start
            yield from (f"{start}.{alias.name}".strip(".") for alias in node.names)


def _listed_names(tree: ast.Module) -> tuple[str, ...] | None:
    """The names in `__all__`; None where it is anything else than one list of texts."""
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "__all__"]
    if not uses:
        return ()
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets == uses and isinstance(node.value, ast.List | ast.Tuple):
            texts = [one.value for one in node.value.elts if isinstance(one, ast.Constant)]
            names = tuple(one for one in texts if isinstance(one, str))
            return names if len(names) == len(node.value.elts) else None
    return None


def _packages(module: str) -> Iterator[str]:
    """The files of the packages around a module, which are run when it is imported."""
    parts = module.split(".")
    for depth in range(1, len(parts)):
        yield "/".join(parts[:depth]) + "/__init__.py"

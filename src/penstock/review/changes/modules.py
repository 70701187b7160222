"""The repository's own Python, followed by its import statements; read, and never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from penstock.catalog.functions import paths_of
from penstock.catalog.repository import RepositoryFiles
from penstock.source.canonical import bytes_digest

_MOST_FILES = 5_000
"""Files that one module may lead to; where they are more, any changed Python counts as a change of the function."""
_OPEN_MODULES = frozenset({"builtins", "imp", "importlib", "pkgutil", "runpy", "subprocess", "zipimport"})
_OPEN_NAMES = frozenset({"__builtins__", "__import__", "__loader__", "compile", "eval", "exec"})
_OPEN_PARTS = re.compile(
    r"sys\.(meta_path|modules|path|path_hooks)|os\.(exec\w+|popen|posix_spawnp?|spawn\w+|startfile|system)"
)
"""What runs code that no import statement names, or moves the places where it is looked for."""


@dataclass(slots=True)
class Modules:
    """The Python of one side, by its syntax alone."""

    files: RepositoryFiles
    _reached: dict[tuple[str, str], frozenset[str] | None] = field(default_factory=dict)
    _read: dict[str, _Code] = field(default_factory=dict)

    def digest(self, module: str, changed: set[str], folder: str = "") -> str:
        """A digest of those of the `changed` files that the module is made of, itself and what it imports.

        Modules are looked for from the root, and where Python runs a script also from the `folder` that it is in.
        """
        if (module, folder) not in self._reached:
            self._reached[module, folder] = self._search(module, folder)
        files = self._reached[module, folder]
        reached = sorted(changed if files is None else files & changed)
        return bytes_digest("\n".join(f"{path} {self._parse(path).digest}" for path in reached).encode())

    def _search(self, module: str, folder: str) -> frozenset[str] | None:
        """The files that the module is made of; None where they are too many to follow, or cannot be followed."""
        found: set[str] = set()
        waiting = [module]
        seen = {module}
        while waiting:
            if len(found) > _MOST_FILES:
                return None
            name = waiting.pop()
            paths = [*paths_of(name), *_packages(name)]
            for path in [*paths, *(f"{folder}/{path}" for path in paths if folder)]:
                # A file that is not there counts: the other side may have it.
                found.add(path)
                code = self._parse(path)
                if code.is_open:
                    return None
                for imported in code.imports:
                    if imported not in seen:
                        seen.add(imported)
                        waiting.append(imported)
        return frozenset(found)

    def _parse(self, path: str) -> _Code:
        if path not in self._read:
            self._read[path] = _understand(path, self.files.read(path))
        return self._read[path]


@dataclass(frozen=True, slots=True)
class _Code:
    """What is to be known of one file."""

    digest: str
    """Of the code without its layout."""
    imports: tuple[str, ...] = ()
    """The modules that it imports, sorted."""
    is_open: bool = False
    """Whether it may run code that it does not import by a statement."""


def _understand(path: str, data: bytes | None) -> _Code:
    if data is None:
        return _Code("absent")
    try:
        tree = ast.parse(data)
        digest = bytes_digest(ast.dump(tree).encode("utf-8", "surrogatepass"))
        imports = tuple(sorted(_imports(path, tree)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _Code(bytes_digest(data))
    return _Code(digest, imports, _is_open(tree, imports))


def _is_open(tree: ast.Module, imports: tuple[str, ...]) -> bool:
    if not _OPEN_MODULES.isdisjoint(name.partition(".")[0] for name in imports):
        return True
    if any(_OPEN_PARTS.fullmatch(name) for name in imports):
        return True
    return any(
        (isinstance(node, ast.Name) and node.id in _OPEN_NAMES)
        or (isinstance(node, ast.Attribute) and _OPEN_PARTS.fullmatch(ast.unparse(node)))
        for node in ast.walk(tree)
    )


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


def _packages(module: str) -> Iterator[str]:
    """The files of the packages around a module, which are run when it is imported."""
    parts = module.split(".")
    for depth in range(1, len(parts)):
        yield "/".join(parts[:depth]) + "/__init__.py"

"""Functions that specs name as ``module:function``: found in the repository by their syntax, never imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from penstock.catalog.model import View
from penstock.python.parse import parse
from penstock.python.paths import imported_from, paths_of

_KEPT_TREES = 16


Place = tuple[str, int]
"""A file and a line."""


class Signature(NamedTuple):
    """What can be called, and with how many positional arguments."""

    name: str
    line: int
    least: int
    most: int | None
    """None where it takes any number."""
    keywords: tuple[str, ...]
    """Keyword-only parameters without a default."""
    is_function: bool = True
    """False for a class, or for a name that is bound to something else."""
    is_conditional: bool = False
    """Whether it stands below a condition or the like, so that it may not be there."""

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many positional arguments and nothing else."""
        enough = self.most is None or self.most >= count
        return self.is_function and enough and self.least <= count and not self.keywords


class Module(NamedTuple):
    """A Python file of the repository."""

    path: str
    functions: tuple[Signature, ...]
    error: tuple[int, str] | None = None
    """Line and reason where the file is no Python."""
    imports: tuple[tuple[str, int], ...] = ()
    """What importing it imports for sure, as ``package.module`` or ``package.module.name``, each with its line."""

    @property
    def is_open(self) -> bool:
        """Whether it may have names that its text does not show, by `from module import *` or by `__getattr__`."""
        return self.find("*") is not None or self.find("__getattr__") is not None

    def find(self, name: str) -> Signature | None:
        """What the module defines under `name`, the last definition if there are several."""
        return next((one for one in reversed(self.functions) if one.name == name), None)

    def alternatives(self, name: str) -> tuple[Signature, ...]:
        """What may be there under `name` once the module is imported, the last definition first."""
        found: list[Signature] = []
        for one in (one for one in reversed(self.functions) if one.name == name):
            found.append(one)
            if not one.is_conditional:
                break
        return tuple(found)


def module_of(view: View, reference: str) -> Module | None:
    """The module that ``module:function`` names; None where the repository has no such file."""
    for path in paths_of(reference):
        module = view.memo(("module", path), lambda inner, path=path: _read(inner, path))  # type: ignore[misc]
        if isinstance(module, Module):
            return module
    return None


def _read(view: View, path: str) -> Module | None:
    data = view.read_file(path)
    if data is None:
        return None
    try:
        tree = parsed(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        # Of bytes that no text has, the parser does not say where they stand.
        line = getattr(error, "lineno", None) or (data.partition(b"\0")[0].count(b"\n") + 1 if b"\0" in data else 1)
        return Module(path, (), (line, getattr(error, "msg", str(error))))
    return Module(path, tuple(_definitions(tree.body)), imports=tuple(_imports(path, tree.body)))


@lru_cache(_KEPT_TREES)
def parsed(data: bytes) -> ast.Module:
    """The syntax tree of a file; what `ast.parse` raises where it is no Python."""
    return parse(data)


def _imports(path: str, body: list[ast.stmt]) -> Iterator[tuple[str, int]]:
    """What is imported outside of functions and conditions: there alone it cannot be done without."""
    depth = path.count("/")
    for node in body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level <= depth:
            start = imported_from(path, node.module, node.level)
            yield from ((f"{start}.{alias.name}", node.lineno) for alias in node.names)


def _definitions(body: list[ast.stmt]) -> list[Signature]:
    """What a module defines, under conditions too: of alternatives, any may be the one that is there."""
    found: list[Signature] = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(_signature(node))
        elif isinstance(node, ast.ClassDef):
            found.append(Signature(node.name, node.lineno, 0, None, (), is_function=False))
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
            found += [Signature(name, node.lineno, 0, None, (), is_function=True) for name in names]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
            found += [Signature(name, node.lineno, 0, None, (), is_function=True) for name in names]
        else:
            for below in ast.iter_child_nodes(node):
                if isinstance(below, ast.ExceptHandler | ast.match_case):
                    inner = _definitions(below.body)
                else:
                    inner = _definitions([below]) if isinstance(below, ast.stmt) else []
                found += [one._replace(is_conditional=True) for one in inner]
    return found


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Signature:
    arguments = node.args
    positional = len(arguments.posonlyargs) + len(arguments.args)
    required = tuple(
        argument.arg
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    )
    # A decorator may change what the function takes.
    most = None if arguments.vararg or node.decorator_list else positional
    least = 0 if node.decorator_list else positional - len(arguments.defaults)
    return Signature(node.name, node.lineno, least, most, () if node.decorator_list else required)

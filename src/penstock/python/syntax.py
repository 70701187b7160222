"""One file of Python, by its syntax: what it imports, what its texts name, and whether it may lead to more."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from posixpath import normpath
from typing import NamedTuple

from penstock.python.dynamic_code import may_run_any_code
from penstock.python.finders import finders, uses_reflection
from penstock.python.parse import LARGEST, parse
from penstock.python.paths import imported_from

_FILE = re.compile(r"[^\s:*?\[\]{}]+(?: [^\s:*?\[\]{}]+)*")
_LONGEST_FILE = 200
"""Letters of a text that may name a file."""


class ParsedModule(NamedTuple):
    """What is to be known of one file."""

    digest: str
    """Of the code without its layout."""
    imports: tuple[str, ...] = ()
    """The modules that it imports, sorted."""
    may_run_any_code: bool = False
    """Whether it may run code that it does not import by a statement."""
    listed: tuple[str, ...] | None = ()
    """What `__all__` names, which of a package are modules to be imported; None where that is not written out."""
    probes_imports: bool = False
    """Whether it asks `importlib` for something, and so has it in hand."""
    uses_reflection: bool = False
    """Whether it may reach into other files by names that it makes up."""
    names: frozenset[str] = frozenset()
    """Paths of files that a text in it may name, from the root or from its own folder."""


def parsed_module(path: str, data: bytes | None) -> ParsedModule:
    """What is to be known of the file at `path`, which holds `data`; None where it is not there."""
    if data is None:
        return ParsedModule("absent")
    try:
        if len(data) > LARGEST:
            raise ValueError
        tree = parse(data)
        digest = _digest(ast.dump(tree).encode("utf-8", "surrogatepass"))
        imports = tuple(sorted(_imports(path, tree)))
        uses = finders(tree, imports)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Another version of Python may understand it.
        return ParsedModule(_digest(data), may_run_any_code=True)
    return ParsedModule(
        digest,
        tuple(sorted({*imports, *uses.probed})),
        may_run_any_code(tree, imports, uses),
        _listed_names(tree),
        probes_imports=bool(uses.imports),
        uses_reflection=uses_reflection(tree, imports),
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
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = imported_from(path, node.module, node.level)
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


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()

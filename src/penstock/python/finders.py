"""The uses of `importlib` that run no code: whether and where a module is, and which version of a package there is.

`find_spec` gives out a loader, which runs any code there is. So it is followed only where it is called with a text and
where of its answer nothing is used but whether there is one, and texts such as its `origin`. It imports the packages
around the module, and answers otherwise when a file comes: what it asks for counts as imported.
`importlib.resources` imports the package whose files it gives out, and entry points load what they name: they are not
here. Whatever is not recognized runs any code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

FINDER = "find_spec"
_FACTS = frozenset({"PackageNotFoundError", "requires", "version"})
"""Of `importlib.metadata`: what reads texts alone."""
_TEXTS = frozenset({"has_location", "name", "origin", "parent"})
_PLACES = "submodule_search_locations"
"""A list that packages are looked for in; what changes it, changes what an import statement imports."""
_REFLECTING = frozenset({
    "__closure__", "__dict__", "__getattribute__", "_getframe", "attrgetter", "cell_contents", "eval", "f_globals",
    "f_locals", "getattr", "getattr_static", "getmembers", "globals", "locals", "methodcaller", "query", "vars",
})  # fmt: skip
"""`eval` and `query` of a table of pandas read the variables around them."""
_REFLECTING_MODULES = frozenset({"ctypes", "gc", "inspect", "marshal", "operator", "pickle"})


class Finders(NamedTuple):
    """How a file uses `importlib`."""

    probed: tuple[str, ...] = ()
    """The modules that it asks for."""
    nodes: frozenset[int] = frozenset()
    """The ids of nodes that name `importlib` or `find_spec`, and lead to no code."""
    imports: frozenset[str] = frozenset()
    """What it imports of `importlib` that leads to no code by itself."""


def finders(tree: ast.Module, imports: Iterable[str]) -> Finders:
    """The uses that lead to no code; `imports` are all modules and names that the file imports."""
    if not any(name.startswith("importlib.") for name in imports):
        return Finders()
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    probed, nodes = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _probed_by(node)) is not None and _is_probe(node, parents, tree):
            probed.add(name)
            nodes |= {id(part) for part in ast.walk(node.func)}
        elif isinstance(node, ast.Attribute) and node.attr in _FACTS and _dotted(node.value) == "importlib.metadata":
            nodes |= {id(part) for part in ast.walk(node)}
    return Finders(tuple(sorted(probed)), frozenset(nodes), frozenset(_harmless(tree)))


def uses_reflection(tree: ast.Module, imports: Iterable[str]) -> bool:
    """Whether the file may reach, by a name that it makes up, what another file has imported or keeps to itself."""
    if any(not _REFLECTING_MODULES.isdisjoint(name.split(".")) for name in imports):
        return True
    for node in ast.walk(tree):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if name in _REFLECTING or (isinstance(node, ast.MatchClass) and node.kwd_attrs):
            return True
    return False


def _harmless(tree: ast.Module) -> Iterator[str]:
    """Imports that bind nothing but what the walk knows again by its name; None else is taken out of what is open."""
    aliased: set[str] = set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names if alias.name in ("importlib.util", "importlib.metadata")}
            found |= names
            aliased |= {alias.name for alias in node.names if alias.name in names and alias.asname}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                if node.module == "importlib.util" and alias.name == FINDER:
                    found |= {"importlib.util", f"importlib.util.{FINDER}"}
                    aliased |= {f"importlib.util.{FINDER}"} if alias.asname else set()
                elif node.module == "importlib.metadata" and alias.name in _FACTS:
                    found |= {"importlib.metadata", f"importlib.metadata.{alias.name}"}
    yield from found - aliased


def _probed_by(call: ast.Call) -> str | None:
    """The module that a call of `find_spec` asks for; None where it is another call, or not written out."""
    if _dotted(call.func) not in (FINDER, f"importlib.util.{FINDER}") or call.keywords or len(call.args) != 1:
        return None
    name = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
    return name if isinstance(name, str) and all(part.isidentifier() for part in name.split(".")) else None


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) else ""


def _is_probe(answer: ast.expr, parents: dict[ast.AST, ast.AST], tree: ast.Module) -> bool:
    """Whether of the answer only what is no way to a loader is used, in the place or under one local name."""
    parent = parents[answer]
    if not isinstance(parent, ast.Assign) or len(parent.targets) != 1 or not isinstance(parent.targets[0], ast.Name):
        return _is_harmless(answer, parents)
    target = parent.targets[0]
    if not _is_local(parent, parents):
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Global | ast.Nonlocal) and target.id in node.names:
            return False
        if isinstance(node, ast.Name) and node.id == target.id and node is not target:
            stored = isinstance(node.ctx, ast.Store) and isinstance(parents[node], ast.Assign)
            if not stored and not (isinstance(node.ctx, ast.Load) and _is_harmless(node, parents)):
                return False
    return True


def _is_local(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether a name that is bound here is one of a function, and no other file's to import."""
    while not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
        node = parents[node]
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _is_harmless(node: ast.expr, parents: dict[ast.AST, ast.AST]) -> bool:
    parent = parents[node]
    if isinstance(parent, ast.Attribute) and isinstance(parent.ctx, ast.Load):
        return parent.attr in _TEXTS or (parent.attr == _PLACES and _is_read(parent, parents))
    return _is_tested(node, parents)


def _is_read(places: ast.expr, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether a list is asked for what is in it, and given to nobody."""
    parent = parents[places]
    if isinstance(parent, ast.Subscript):
        return parent.value is places and isinstance(parent.ctx, ast.Load)
    if isinstance(parent, ast.For | ast.comprehension):
        return parent.iter is places or _is_tested(places, parents)
    return _is_tested(places, parents)


def _is_tested(node: ast.expr, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether nothing is asked of a value but whether it is there."""
    parent = parents[node]
    if isinstance(parent, ast.BoolOp):
        return _is_tested(parent, parents)
    if isinstance(parent, ast.Compare):
        sides = [side for side in (parent.left, *parent.comparators) if side is not node]
        is_none = all(isinstance(side, ast.Constant) and side.value is None for side in sides)
        return is_none and all(isinstance(operator, ast.Is | ast.IsNot) for operator in parent.ops)
    if isinstance(parent, ast.If | ast.IfExp | ast.While | ast.Assert):
        return parent.test is node
    if isinstance(parent, ast.comprehension):
        return any(one is node for one in parent.ifs)
    return isinstance(parent, ast.Expr) or (isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not))

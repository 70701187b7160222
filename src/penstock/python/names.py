"""What the names of one file stand for: what an import brings, what is written out, and in which scope."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from penstock.python.paths import imported_from
from penstock.python.texts import COMPREHENSIONS, FUNCTIONS, bindings

SCOPES = (*FUNCTIONS, ast.ClassDef, *COMPREHENSIONS)


@dataclass(slots=True)
class Scope:
    """The names that the file, a function, a class or a comprehension binds."""

    outer: Scope | None = None
    is_class: bool = False
    bound: dict[str, list[ast.expr | None]] = field(default_factory=dict)
    """Each name with all that it may be; None in the place of what nobody can tell."""

    def find(self, name: str) -> tuple[Scope, list[ast.expr | None]] | None:
        """The scope that a name is looked up in from here, and what it may be there; None where none binds it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bound and (scope is self or not scope.is_class):
                return scope, scope.bound[name]
            scope = scope.outer
        return None


class Names:
    """The names of one file."""

    def __init__(self, path: str, tree: ast.Module) -> None:
        """`path` is the file's, from the root of the repository."""
        self.path = path
        self.scopes: dict[int, Scope] = {}
        """By the id of the node that opens it."""
        self.imported: dict[str, list[str]] = {}
        """What an import may bring under a name, in full."""
        self.stars: list[str] = []
        """The modules from which everything is imported."""
        self._renamed: list[tuple[str, ast.expr]] = []
        self.module = Scope()
        self._open(tree)
        # A module may get another name: `p = pandas`.
        for _ in range(2):
            for name, value in self._renamed:
                brought = self.imported.setdefault(name, [])
                brought += [one for one in self.dotted(value) if one not in brought]
        self.imported = {name: brought for name, brought in self.imported.items() if brought}

    def dotted(self, node: ast.AST) -> list[str]:
        """The full names of what an expression takes from an import: `pd.read_csv` is `pandas.read_csv`."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return []
        return [".".join([one, *reversed(parts)]) for one in self.imported.get(node.id, ())]

    def modules_in(self, node: ast.AST) -> Iterator[str]:
        """What an import statement imports, in full."""
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = imported_from(self.path, node.module, node.level)
            yield from (f"{start}.{alias.name}" if alias.name != "*" else start for alias in node.names)

    def _open(self, tree: ast.Module) -> None:
        self.scopes[id(tree)] = self.module
        waiting: list[tuple[ast.AST, Scope]] = [(tree, self.module)]
        while waiting:
            above, scope = waiting.pop()
            for node in ast.iter_child_nodes(above):
                self._bind(node, scope)
                inner = scope
                if isinstance(node, SCOPES):
                    inner = self.scopes[id(node)] = Scope(scope, isinstance(node, ast.ClassDef))
                    if isinstance(node, COMPREHENSIONS):
                        _add(inner, node)
                waiting.append((node, inner))

    def _bind(self, node: ast.AST, scope: Scope) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                full = alias.name if alias.asname else alias.name.partition(".")[0]
                self.imported.setdefault(alias.asname or full, []).append(full)
        elif isinstance(node, ast.ImportFrom):
            start = imported_from(self.path, node.module, node.level)
            self.stars += [start for alias in node.names if alias.name == "*"]
            for alias in node.names:
                self.imported.setdefault(alias.asname or alias.name, []).append(f"{start}.{alias.name}")
        elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            scope.bound.setdefault(node.optional_vars.id, []).append(node.context_expr)
            return
        elif isinstance(node, ast.Global | ast.Nonlocal):
            # Whoever binds it here, binds it there.
            above: Scope | None = scope
            while above is not None:
                for name in node.names:
                    above.bound.setdefault(name, []).append(None)
                above = above.outer
            return
        if not isinstance(node, (ast.alias, *COMPREHENSIONS)):
            _add(scope, node)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            self._renamed.append((node.targets[0].id, node.value))


def _add(scope: Scope, node: ast.AST) -> None:
    for name, value in bindings(node):
        scope.bound.setdefault(name, []).append(value)

"""The texts that an expression of Python may stand for, where the file itself writes them out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product

_MOST = 1_000
"""Texts of one expression; where they may be more, nobody knows them."""
_LONGEST = 10_000
"""Letters of one text: one that is added to itself soon has no end."""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_NAMED = (ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.FunctionDef, ast.MatchAs, ast.MatchStar)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Texts:
    """What names and expressions of one file stand for.

    A name counts where everything that binds it is local and written out: what is bound in the file at large, another
    file may bind anew.
    """

    def __init__(self, tree: ast.AST) -> None:
        self._bound: dict[str, list[ast.expr | None]] = {}
        self._resolving: set[str] = set()
        self._known: dict[str, tuple[str, ...] | None] = {}
        self._bind(tree, is_local=False)

    def of(self, node: ast.expr | None) -> tuple[str, ...] | None:
        """The texts that a node may stand for; None where it may be any, or no text."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return (node.value,)
        if isinstance(node, ast.IfExp):
            return self._all([node.body, node.orelse])
        if isinstance(node, ast.JoinedStr):
            return self._joined([self.of(part) for part in node.values])
        if isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None:
            return self.of(node.value)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._joined([self.of(node.left), self.of(node.right)])
        return self._of_name(node.id) if isinstance(node, ast.Name) else None

    def _of_name(self, name: str) -> tuple[str, ...] | None:
        if name not in self._known and name in self._bound and name not in self._resolving:
            self._resolving.add(name)
            try:
                self._known[name] = self._all(self._bound[name])
            finally:
                self._resolving.discard(name)
        return self._known.get(name)

    def beginning(self, node: ast.expr | None) -> str:
        """The first text of one that is put together; empty where that is not written out."""
        while isinstance(node, ast.JoinedStr | ast.BinOp):
            node = node.left if isinstance(node, ast.BinOp) else next(iter(node.values), None)
        known = self.of(node)
        return known[0] if known is not None and len(known) == 1 else ""

    def _all(self, nodes: list[ast.expr | None] | list[ast.expr]) -> tuple[str, ...] | None:
        found: list[str] = []
        for node in nodes:
            known = self.of(node)
            if known is None:
                return None
            found += known
        return tuple(dict.fromkeys(found)) if len(found) <= _MOST else None

    def _joined(self, parts: list[tuple[str, ...] | None]) -> tuple[str, ...] | None:
        count, longest, known = 1, 0, []
        for part in parts:
            if part is None:
                return None
            known.append(part)
            count *= len(part)
            longest += max(map(len, part), default=0)
        return tuple("".join(one) for one in product(*known)) if count <= _MOST and longest <= _LONGEST else None

    def _bind(self, node: ast.AST, *, is_local: bool) -> None:
        """What binds names below a node; None in the place of what nobody can tell."""
        waiting = [(node, is_local)]
        while waiting:
            one, local = waiting.pop()
            for name, value in bindings(one):
                is_inside = local or isinstance(one, (*COMPREHENSIONS, *FUNCTIONS))
                self._bound.setdefault(name, []).append(value if is_inside else None)
            inner = isinstance(one, FUNCTIONS) or (local and not isinstance(one, ast.ClassDef))
            waiting += [(child, inner) for child in ast.iter_child_nodes(one)]


def bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """The names that a node itself binds, each with what it may be; None where nobody can tell."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _assigned(target, [node.value])
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
        yield from _assigned(node.target, [node.value] if node.value is not None else None)
    elif isinstance(node, ast.For | ast.AsyncFor):
        yield from _assigned(node.target, _items(node.iter))
    elif isinstance(node, COMPREHENSIONS):
        for part in node.generators:
            yield from _assigned(part.target, _items(part.iter))
    elif isinstance(node, ast.AugAssign):
        yield from _assigned(node.target, None)
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield from _assigned(node.optional_vars, None)
    elif isinstance(node, ast.Global):
        yield from ((name, None) for name in node.names)
    elif isinstance(node, ast.arg):
        yield node.arg, None
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0], None
    elif isinstance(node, _NAMED):
        yield node.name or "", None
    elif isinstance(node, ast.MatchMapping):
        yield node.rest or "", None


def _assigned(target: ast.expr, values: list[ast.expr] | None) -> Iterator[tuple[str, ast.expr | None]]:
    """The names in a target, each with what it may be: of a tuple, the part at its place."""
    if isinstance(target, ast.Name):
        yield from ((target.id, value) for value in values or ())
        if not values:
            yield target.id, None
        return
    places = target.elts if isinstance(target, ast.Tuple | ast.List) else []
    rows = [one.elts if isinstance(one, ast.Tuple | ast.List) else [] for one in values or []]
    fits = all(len(row) == len(places) for row in rows) and not any(isinstance(one, ast.Starred) for one in places)
    for place, inner in enumerate(places):
        yield from _assigned(inner, [row[place] for row in rows] if rows and fits else None)
    if isinstance(target, ast.Starred):
        yield from _assigned(target.value, None)


def _items(iterated: ast.expr) -> list[ast.expr] | None:
    """What a loop goes over, where that is written out in its place."""
    if not isinstance(iterated, ast.Tuple | ast.List | ast.Set):
        return None
    return None if any(isinstance(one, ast.Starred) for one in iterated.elts) else iterated.elts

"""Annotations that are texts, in their place or under a name: who asks for the types of what they stand at runs them.

`inspect` and pydantic do so, among others, and no import statement tells of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import chain

from penstock.python.texts import bindings

_ADAPTER = "TypeAdapter"
"""pydantic's, whose argument is an annotation."""
_MAKES_A_TYPE = re.compile(r"con[a-z]+|namedtuple|NamedTuple|NewType|ParamSpec|type|TypedDict|TypeVar|TypeVarTuple")
"""Functions whose answer is a type; any other may give a text."""


def annotated_texts(tree: ast.Module) -> Iterator[str | None]:
    """The texts that annotations of a file may be, or hold; None for one that is put together or computed."""
    waiting: list[ast.AST] = list(_annotations(tree))
    bound: dict[str, list[ast.expr]] = {}
    grown: set[str] = set()
    for node in ast.walk(tree) if waiting else ():
        for name, value in bindings(node):
            bound.setdefault(name, []).extend([value] if value is not None else [])
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            grown.add(node.target.id)
    seen: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant):
            yield from [node.value] if isinstance(node.value, str) else []
        elif isinstance(node, ast.Name):
            waiting += bound.get(node.id, []) if node.id not in seen else []
            seen.add(node.id)
            yield from [None] if node.id in grown else []
        elif _is_computed(node, bound):
            yield None
        elif isinstance(node, ast.Subscript) and _last_name(node.value) == "Annotated":
            # Behind the type stands what no one runs.
            waiting.append(node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice)
        elif not (isinstance(node, ast.Subscript) and _last_name(node.value) == "Literal"):
            waiting += ast.iter_child_nodes(node)


def _annotations(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.returns
        elif isinstance(node, ast.Call) and _last_name(node.func) == _ADAPTER:
            yield from chain(node.args, (one.value for one in node.keywords))


def _is_computed(node: ast.AST, bound: dict[str, list[ast.expr]]) -> bool:
    """Whether a text may be made here: of others, of parts of one, or by a function."""
    if isinstance(node, ast.Call):
        return _MAKES_A_TYPE.fullmatch(_last_name(node.func)) is None
    if isinstance(node, ast.Subscript):
        values = bound.get(node.value.id, []) if isinstance(node.value, ast.Name) else [node.value]
        return any(isinstance(one, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Call) for one in values)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.BinOp) and not isinstance(node.op, ast.BitOr))


def _last_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""

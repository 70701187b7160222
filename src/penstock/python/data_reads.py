"""What Python reads by itself, part by part: each function and class of a file, with what it uses of others.

A file of helpers may hold the function that a Dataset is read by beside one that computes a feature. So a file is taken
apart, and only what a function leads to by the names in it counts for that function.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from penstock.python.call_reads import CallReader, FileRead, last_name
from penstock.python.dynamic_code import first_dynamic_line
from penstock.python.finders import finders
from penstock.python.names import SCOPES, Names, Scope
from penstock.python.readers import is_method, is_reader
from penstock.python.written_paths import PathReader

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_TAKING_NAMES = frozenset({"__getattribute__", "attrgetter", "getattr", "methodcaller"})
_HOLDING_NAMES = frozenset({"__dict__", "globals", "locals", "vars"})
_SETTING = frozenset({"__setattr__", "setattr"})
_EXPRESSIONS = frozenset({"eval", "query"})
_KEEPING = frozenset({
    "abstractmethod", "cache", "cached_property", "classmethod", "contextmanager", "dataclass", "lru_cache", "override",
    "property", "staticmethod", "wraps",
})  # fmt: skip
"""Decorators that show what they decorate to nobody."""
_LONGEST = 10_000
"""Letters of a text that may name a file, or be a query over one."""


@dataclass(slots=True)
class Part:
    """A function or a class of a file, or what runs when the file is imported."""

    uses: set[str] = field(default_factory=set)
    """Names in it that lead to other parts: of this file, or with the module that an import brings."""
    imports: set[str] = field(default_factory=set)
    """What its import statements import, in full."""
    reads: list[FileRead] = field(default_factory=list)
    texts: dict[str, int] = field(default_factory=dict)
    """The texts in it, each with its first line."""
    binds: set[str] = field(default_factory=set)
    """Names of attributes that it binds; `*` for any."""
    needs_nothing: bool = False
    """Whether it is a function that can be called without arguments, as the source of a dataset is."""


class Anatomy(NamedTuple):
    """A file, taken apart."""

    parts: dict[str, Part] = {}  # noqa: RUF012  # nobody changes it
    """By name; the empty one runs when the file is imported."""
    imported: dict[str, list[str]] = {}  # noqa: RUF012
    """What an import may bring under a name."""
    stars: tuple[str, ...] = ()
    unfollowed: int | None = 0
    """A line at which it may run other code than its names and imports lead to; None where there is none, and 0 of what
    is no Python."""


def anatomy(path: str, tree: ast.Module) -> Anatomy:
    """Take apart the file at `path`."""
    names = Names(path, tree)
    imports: dict[str, int] = {}
    for node in ast.walk(tree):
        for one in names.modules_in(node):
            imports.setdefault(one, getattr(node, "lineno", 1))
    unfollowed = first_dynamic_line(tree, imports, finders(tree, imports))
    return Anatomy(_Dissection(names).go_through(tree), names.imported, tuple(names.stars), unfollowed)


class _Dissection:
    """One file, as it is gone through."""

    def __init__(self, names: Names) -> None:
        self.parts: dict[str, Part] = {"": Part()}
        self._names = names
        self._paths = PathReader(names)
        self._calls = CallReader(names, self._paths)
        self._by_path = any(one.startswith("pathlib") for brought in names.imported.values() for one in brought)
        self._top_level: set[str] = set()
        self._seen: set[int] = set()
        """Nodes that were told of together with one above them."""

    def go_through(self, tree: ast.Module) -> dict[str, Part]:
        """The parts of the file."""
        self._top_level = {node.name for node in _definitions(tree.body)}
        waiting: list[tuple[ast.AST, Scope, str]] = [(one, self._names.module, "") for one in reversed(tree.body)]
        while waiting:
            node, scope, part = waiting.pop()
            if isinstance(node, _DEFINITIONS) and not part:
                self._begin_part(node, waiting)
                continue
            inner = self._names.scopes.get(id(node), scope) if isinstance(node, SCOPES) else scope
            self._note(node, inner, self.parts[part])
            waiting += [(child, inner, part) for child in reversed(list(ast.iter_child_nodes(node)))]
        return self.parts

    def _begin_part(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
        waiting: list[tuple[ast.AST, Scope, str]],
    ) -> None:
        """A part begins. What decorates it, its defaults and the statements of a class run with the file."""
        self.parts.setdefault(node.name, Part())
        scope = self._names.scopes[id(node)]
        at_once: list[ast.AST] = list(node.decorator_list)
        if isinstance(node, ast.ClassDef):
            at_once += [*node.bases, *(one.value for one in node.keywords)]
            at_once += [one for one in node.body if not isinstance(one, _DEFINITIONS)]
        else:
            arguments = (*node.args.posonlyargs, *node.args.args)
            needs_nothing = len(arguments) == len(node.args.defaults) and None not in node.args.kw_defaults
            self.parts[node.name].needs_nothing |= needs_nothing or bool(node.decorator_list)
            at_once += [one for one in (*node.args.defaults, *node.args.kw_defaults) if one is not None]
        around = scope if isinstance(node, ast.ClassDef) else self._names.module
        waiting += [(one, around, "") for one in at_once]
        waiting += [(one, scope, node.name) for one in reversed(list(ast.iter_child_nodes(node)))]
        is_asked = node.name.startswith("__") or any(last_name(one) not in _KEEPING for one in node.decorator_list)
        if is_asked:
            # Who decorates it may keep it, and a module's own `__getattr__` is asked by Python.
            self.parts[""].uses.add(node.name)

    def _note(self, node: ast.AST, scope: Scope, part: Part) -> None:
        """What a node imports, names, binds or reads."""
        if isinstance(node, ast.Import | ast.ImportFrom):
            part.imports.update(self._names.modules_in(node))
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and 0 < len(node.value) <= _LONGEST:
                part.texts.setdefault(node.value, node.lineno)
        elif isinstance(node, ast.Call):
            self._note_call(node, scope, part)
        elif isinstance(node, ast.Subscript):
            if last_name(node.value) in _HOLDING_NAMES:
                self._note_taken(node.slice, scope, part, node)
                if not isinstance(node.ctx, ast.Load):
                    written = self._paths.of(node.slice, scope)
                    part.binds.update(written.paths if written is not None else ["*"])
        elif isinstance(node, ast.MatchClass):
            part.reads += [FileRead(node.lineno, name, None) for name in node.kwd_attrs if is_method(name)]
        elif isinstance(node, ast.Name | ast.Attribute):
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                part.binds.add(node.attr)
            if id(node) not in self._seen:
                self._note_name(node, scope, part)
        if isinstance(node, ast.BinOp | ast.JoinedStr | ast.Call) and id(node) not in self._seen:
            # What is put together of texts is one, too.
            written = self._paths.of(node, scope)
            for one in written.paths if written is not None else ():
                part.texts.setdefault(one, node.lineno)

    def _note_name(self, node: ast.Name | ast.Attribute, scope: Scope, part: Part) -> None:
        """A name in whatever place but that of what is called."""
        for by in self._readers_in(node, scope, part):
            part.reads.append(FileRead(node.lineno, by, None))

    def _readers_in(self, node: ast.expr, scope: Scope, part: Part, *, is_called: bool = False) -> list[str]:
        """What of the name reads data; the name is noted as used."""
        root = _root(node, self._seen)
        dotted = self._names.dotted(node)
        if isinstance(root, ast.Name):
            chain = ast.unparse(node) if dotted else root.id
            where = scope.find(root.id)
            if where is None or where[0] is self._names.module:
                part.uses.add(chain)
        if dotted:
            return [one for one in dotted if is_reader(one)]
        if isinstance(node, ast.Name):
            is_built_in = scope.find(node.id) is None and is_reader(node.id)
            by_star = [f"{star}.{node.id}" for star in self._names.stars if scope.find(node.id) is None]
            return [*([node.id] if is_built_in else []), *filter(is_reader, by_star)]
        if isinstance(node, ast.Attribute):
            opens = node.attr == "open" and (is_called or self._by_path)
            return [node.attr] if opens or is_method(node.attr) else []
        return []

    def _note_call(self, call: ast.Call, scope: Scope, part: Part) -> None:
        self._note_texts(call, scope, part)
        if isinstance(call.func, ast.Name | ast.Attribute):
            self._seen.add(id(call.func))
            readers = self._readers_in(call.func, scope, part, is_called=True)
            part.reads += self._calls.of(call, readers, scope)

    def _note_texts(self, call: ast.Call, scope: Scope, part: Part) -> None:
        """The names in texts that a call is given: of attributes, and of variables in an expression."""
        name = last_name(call.func)
        if name in _TAKING_NAMES:
            for one in call.args:
                self._note_taken(one, scope, part, call)
        elif name in _SETTING:
            texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            part.binds.update(texts or ["*"])
        elif name in _EXPRESSIONS and call.args:
            written = self._paths.of(call.args[0], scope)
            for text in written.paths if written is not None else ():
                words = set(re.findall(r"\w+", text))
                part.uses.update(words & {*self._top_level, *self._names.imported})
                part.reads += [FileRead(call.lineno, word, None) for word in sorted(words) if is_method(word)]

    def _note_taken(self, named: ast.expr, scope: Scope, part: Part, at: ast.expr) -> None:
        """A name that is taken by a text, of whatever object."""
        written = self._paths.of(named, scope)
        for text in written.paths if written is not None else ():
            for name in text.split("."):
                part.uses.update({name} & self._top_level)
                if is_method(name) or name in ("open", "load"):
                    part.reads.append(FileRead(at.lineno, name, None))


def _definitions(body: Iterable[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """What a file defines at large, within its conditions too."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, _DEFINITIONS):
            yield node
        else:
            waiting += ast.iter_child_nodes(node)


def _root(node: ast.AST, seen: set[int]) -> ast.AST:
    """What a chain of attributes begins with; its links are noted as seen where a name is at its end."""
    links = []
    while isinstance(node, ast.Attribute):
        node = node.value
        links.append(id(node))
    if isinstance(node, ast.Name):
        seen.update(links)
    return node

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

from penstock.python.dynamic_code import may_run_any_code
from penstock.python.finders import finders
from penstock.python.names import SCOPES, Names, Scope
from penstock.python.readers import (
    IN_MEMORY,
    SQL_ENGINES,
    files_in_sql,
    is_connection,
    is_method,
    is_reader,
    only_writes,
    takes_mode,
    takes_sql,
)
from penstock.python.written_paths import PathReader, WrittenPaths

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_MEMORY = frozenset({"io.BytesIO", "io.StringIO", "_io.BytesIO", "_io.StringIO"})
_FILE_KEYWORDS = frozenset({
    "database", "file", "filename", "filepath", "filepath_or_buffer", "fname", "fp", "io", "name", "path", "paths",
    "path_or_buf", "path_or_buffer", "path_or_file", "source", "url", "where",
})  # fmt: skip
_TAKING_NAMES = frozenset({"__getattribute__", "attrgetter", "getattr", "methodcaller"})
_HOLDING_NAMES = frozenset({"__dict__", "globals", "locals", "vars"})
_SETTING = frozenset({"__setattr__", "setattr"})
_EXPRESSIONS = frozenset({"eval", "query"})
_KEEPING = frozenset(
    {
        *("abstractmethod", "cache", "cached_property", "classmethod", "contextmanager", "dataclass", "lru_cache"),
        *("override", "property", "staticmethod", "wraps"),
    }
)
"""Decorators that show what they decorate to nobody."""
_LONGEST = 10_000
"""Letters of a text that may name a file, or be a query over one."""


class FileRead(NamedTuple):
    """A place at which data is read."""

    line: int
    by: str
    """What reads: a function by its full name, a method by its own."""
    targets: tuple[str, ...] | None
    """What it reads, as it is written; None where that is computed."""
    rests_on: frozenset[str] = frozenset()
    """Names of the file at large by which the targets are known, unless another file binds one anew."""


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
    is_followed: bool = False
    """Whether it runs no code but what its names and imports lead to."""


def anatomy(path: str, tree: ast.Module) -> Anatomy:
    """Take apart the file at `path`."""
    names = Names(path, tree)
    imports = {one for node in ast.walk(tree) for one in names.modules_in(node)}
    is_followed = not may_run_any_code(tree, imports, finders(tree, imports))
    return Anatomy(_Dissection(names, tree).parts, names.imported, tuple(names.stars), is_followed)


class _Dissection:
    """One file, as it is gone through."""

    def __init__(self, names: Names, tree: ast.Module) -> None:
        self.names = names
        self.paths = PathReader(names)
        self.parts: dict[str, Part] = {"": Part()}
        self._engines = not SQL_ENGINES.isdisjoint(
            one.partition(".")[0] for brought in names.imported.values() for one in brought
        )
        self._by_path = any(one.startswith("pathlib") for brought in names.imported.values() for one in brought)
        self._by_config = any("configparser" in one for brought in names.imported.values() for one in brought)
        self._seen: set[int] = set()
        """Nodes that were told of together with one above them."""
        self._top_level = {name for node in _definitions(tree.body) for name in (node.name,)}
        waiting: list[tuple[ast.AST, Scope, str]] = [(one, names.module, "") for one in reversed(tree.body)]
        while waiting:
            node, scope, part = waiting.pop()
            if isinstance(node, _DEFINITIONS) and not part:
                self._define(node, waiting)
                continue
            inner = self.names.scopes.get(id(node), scope) if isinstance(node, SCOPES) else scope
            self._look(node, inner, self.parts[part])
            waiting += [(child, inner, part) for child in reversed(list(ast.iter_child_nodes(node)))]

    def _define(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
        waiting: list[tuple[ast.AST, Scope, str]],
    ) -> None:
        """A part begins. What decorates it, its defaults and the statements of a class run with the file."""
        self.parts.setdefault(node.name, Part())
        scope = self.names.scopes[id(node)]
        at_once: list[ast.AST] = list(node.decorator_list)
        if isinstance(node, ast.ClassDef):
            at_once += [*node.bases, *(one.value for one in node.keywords)]
            at_once += [one for one in node.body if not isinstance(one, _DEFINITIONS)]
        else:
            arguments = (*node.args.posonlyargs, *node.args.args)
            needs_nothing = len(arguments) == len(node.args.defaults) and None not in node.args.kw_defaults
            self.parts[node.name].needs_nothing |= needs_nothing or bool(node.decorator_list)
            at_once += [one for one in (*node.args.defaults, *node.args.kw_defaults) if one is not None]
        around = scope if isinstance(node, ast.ClassDef) else self.names.module
        waiting += [(one, around, "") for one in at_once]
        waiting += [(one, scope, node.name) for one in reversed(list(ast.iter_child_nodes(node)))]
        is_asked = node.name.startswith("__") or any(_last_name(one) not in _KEEPING for one in node.decorator_list)
        if is_asked:
            # Who decorates it may keep it, and a module's own `__getattr__` is asked by Python.
            self.parts[""].uses.add(node.name)

    def _look(self, node: ast.AST, scope: Scope, part: Part) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            part.imports.update(self.names.modules_in(node))
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and 0 < len(node.value) <= _LONGEST:
                part.texts.setdefault(node.value, node.lineno)
        elif isinstance(node, ast.Call):
            self._look_at_call(node, scope, part)
        elif isinstance(node, ast.Subscript):
            if _last_name(node.value) in _HOLDING_NAMES:
                self._by_text(node.slice, scope, part, node)
                if not isinstance(node.ctx, ast.Load):
                    written = self.paths.of(node.slice, scope)
                    part.binds.update(written.paths if written is not None else ["*"])
        elif isinstance(node, ast.MatchClass):
            part.reads += [FileRead(node.lineno, name, None) for name in node.kwd_attrs if is_method(name)]
        elif isinstance(node, ast.Name | ast.Attribute):
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                part.binds.add(node.attr)
            if id(node) not in self._seen:
                self._look_at_name(node, scope, part)
        if isinstance(node, ast.BinOp | ast.JoinedStr | ast.Call) and id(node) not in self._seen:
            # What is put together of texts is one, too.
            written = self.paths.of(node, scope)
            for one in written.paths if written is not None else ():
                part.texts.setdefault(one, node.lineno)

    def _look_at_name(self, node: ast.Name | ast.Attribute, scope: Scope, part: Part) -> None:
        """A name in whatever place but that of what is called."""
        for by in self._use(node, scope, part):
            part.reads.append(FileRead(node.lineno, by, None))

    def _use(self, node: ast.expr, scope: Scope, part: Part, *, is_called: bool = False) -> list[str]:
        """What of the name reads data; the name is noted as used."""
        root = _root(node, self._seen)
        dotted = self.names.dotted(node)
        if isinstance(root, ast.Name):
            chain = ast.unparse(node) if dotted else root.id
            where = scope.find(root.id)
            if where is None or where[0] is self.names.module:
                part.uses.add(chain)
        if dotted:
            return [one for one in dotted if is_reader(one)]
        if isinstance(node, ast.Name):
            is_built_in = scope.find(node.id) is None and is_reader(node.id)
            by_star = [f"{star}.{node.id}" for star in self.names.stars if scope.find(node.id) is None]
            return [*([node.id] if is_built_in else []), *filter(is_reader, by_star)]
        if isinstance(node, ast.Attribute):
            opens = node.attr == "open" and (is_called or self._by_path)
            return [node.attr] if opens or is_method(node.attr) else []
        return []

    def _look_at_call(self, call: ast.Call, scope: Scope, part: Part) -> None:
        name = _last_name(call.func)
        if name in _TAKING_NAMES:
            for one in call.args:
                self._by_text(one, scope, part, call)
        elif name in _SETTING:
            texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            part.binds.update(texts or ["*"])
        elif name in _EXPRESSIONS and call.args:
            written = self.paths.of(call.args[0], scope)
            for text in written.paths if written is not None else ():
                words = set(re.findall(r"\w+", text))
                part.uses.update(words & {*self._top_level, *self.names.imported})
                part.reads += [FileRead(call.lineno, word, None) for word in sorted(words) if is_method(word)]
        if not isinstance(call.func, ast.Name | ast.Attribute):
            return
        self._seen.add(id(call.func))
        readers = self._use(call.func, scope, part, is_called=True)
        dotted = self.names.dotted(call.func) or [""]
        if isinstance(call.func, ast.Attribute) and takes_sql(name) and (self._engines or not readers):
            part.reads += self._of_query(call, dotted[0] or name, scope)
        elif any(map(is_connection, dotted)):
            part.reads += self._of_connection(call, dotted[0], scope)
        elif name == "read" and dotted == [""] and call.args and self._is_path(call.args[0], scope):
            # `ConfigParser.read`: of a file that is open, `read` takes a number.
            part.reads.append(self._read(call, name, call.args[0], scope))
        for by in readers:
            if self._is_held(call, scope) or self._only_writes(call, by, scope):
                continue
            part.reads.append(self._read(call, by, _file_of(call, by), scope))

    def _is_path(self, node: ast.expr, scope: Scope) -> bool:
        return self._by_config or self.paths.of(node, scope) is not None

    def _read(self, call: ast.Call, by: str, file: ast.expr | None, scope: Scope) -> FileRead:
        written = self.paths.of(file, scope)
        if written is None:
            return FileRead(call.lineno, by, None)
        return FileRead(call.lineno, by, written.paths, written.names)

    def _of_query(self, call: ast.Call, by: str, scope: Scope) -> Iterator[FileRead]:
        """What a query reads beside the tables that it is given."""
        given = next((one.value for one in call.keywords if one.arg in ("query", "sql")), None)
        query = call.args[0] if call.args else given
        texts = self._query_texts(query, scope)
        if texts is None:
            if self._engines and query is not None:
                yield FileRead(call.lineno, by, None)
            return
        for text in texts:
            files = files_in_sql(text)
            if files is None:
                yield FileRead(call.lineno, by, None)
            elif files:
                yield FileRead(call.lineno, by, files)

    def _query_texts(self, query: ast.expr | None, scope: Scope) -> tuple[str, ...] | None:
        """The texts that a query may be, with a NUL for what is put in; None where nothing of it is written out."""
        written = self.paths.of(query, scope)
        if written is not None:
            return written.paths
        if isinstance(query, ast.Name):
            found = scope.find(query.id)
            values = found[1] if found is not None else [None]
            texts = [None if isinstance(one, ast.Name) else self._query_texts(one, scope) for one in values]
            known = [one for each in texts if each is not None for one in each]
            return tuple(known) if known and all(each is not None for each in texts) else None
        return (_template(query),) if isinstance(query, ast.JoinedStr | ast.BinOp) else None

    def _of_connection(self, call: ast.Call, by: str, scope: Scope) -> Iterator[FileRead]:
        file = _file_of(call, by)
        written = self.paths.of(file, scope) if file is not None else WrittenPaths((":memory:",))
        if written is None:
            yield FileRead(call.lineno, by, None)
        elif not IN_MEMORY.issuperset(written.paths):
            yield FileRead(call.lineno, by, written.paths, written.names)

    def _by_text(self, named: ast.expr, scope: Scope, part: Part, at: ast.expr) -> None:
        """A name that is taken by a text, of whatever object."""
        written = self.paths.of(named, scope)
        for text in written.paths if written is not None else ():
            for name in text.split("."):
                part.uses.update({name} & self._top_level)
                if is_method(name) or name in ("open", "load"):
                    part.reads.append(FileRead(at.lineno, name, None))

    def _is_held(self, call: ast.Call, scope: Scope) -> bool:
        """Whether what is read was opened before, which is told there, or is in memory."""
        file = _file_of(call, "")
        if isinstance(file, ast.Name):
            found = scope.find(file.id)
            return found is not None and all(self._is_open(one, found[0]) for one in found[1])
        return self._is_open(file, scope)

    def _is_open(self, node: ast.expr | None, scope: Scope) -> bool:
        if not isinstance(node, ast.Call):
            return False
        dotted = self.names.dotted(node.func)
        if dotted:
            return all(one in _MEMORY or is_reader(one) for one in dotted)
        if isinstance(node.func, ast.Name):
            return node.func.id == "open" and scope.find("open") is None
        return isinstance(node.func, ast.Attribute) and (node.func.attr == "open" or is_method(node.func.attr))

    def _only_writes(self, call: ast.Call, by: str, scope: Scope) -> bool:
        place = 1 if takes_mode(by) and not (by == "open" and isinstance(call.func, ast.Attribute)) else 0
        if not takes_mode(by):
            return False
        given = next((one.value for one in call.keywords if one.arg == "mode"), None)
        written = self.paths.of(given or (call.args[place] if len(call.args) > place else None), scope)
        return written is not None and all(map(only_writes, written.paths))


def _definitions(body: Iterable[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """What a file defines at large, within its conditions too."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, _DEFINITIONS):
            yield node
        else:
            waiting += ast.iter_child_nodes(node)


def _last_name(node: ast.AST) -> str:
    """The name by which something is called, or looked into."""
    while isinstance(node, ast.Call):
        node = node.func
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _root(node: ast.AST, seen: set[int]) -> ast.AST:
    """What a chain of attributes begins with; its links are noted as seen where a name is at its end."""
    links = []
    while isinstance(node, ast.Attribute):
        node = node.value
        links.append(id(node))
    if isinstance(node, ast.Name):
        seen.update(links)
    return node


def _file_of(call: ast.Call, by: str) -> ast.expr | None:
    """The argument that names what is read; for a method that opens its own object, that object."""
    if isinstance(call.func, ast.Attribute) and by in ("open", "read_text", "read_bytes"):
        return call.func.value
    if call.args:
        return call.args[0]
    return next((one.value for one in call.keywords if one.arg in _FILE_KEYWORDS), None)


def _template(query: ast.expr) -> str:
    """A text that is put together, with a NUL for each part that is not written out."""
    pieces: list[str] = []
    waiting: list[ast.AST] = [query]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            waiting += [node.right, node.left]
        elif isinstance(node, ast.JoinedStr):
            waiting += reversed(node.values)
        else:
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            pieces.append(str(node.value) if is_text and isinstance(node, ast.Constant) else "\0")
    return "".join(pieces)

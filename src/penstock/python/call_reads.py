"""What calls read: files, by functions, methods and SQL, and databases that are opened."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from penstock.python.names import Names, Scope
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

_MEMORY = frozenset({"io.BytesIO", "io.StringIO", "_io.BytesIO", "_io.StringIO"})
_FILE_KEYWORDS = frozenset({
    "database", "file", "filename", "filepath", "filepath_or_buffer", "fname", "fp", "io", "name", "path", "paths",
    "path_or_buf", "path_or_buffer", "path_or_file", "source", "url", "where",
})  # fmt: skip


class FileRead(NamedTuple):
    """A place at which data is read."""

    line: int
    by: str
    """What reads: a function by its full name, a method by its own."""
    targets: tuple[str, ...] | None
    """What it reads, as it is written; None where that is computed."""
    rests_on: frozenset[str] = frozenset()
    """Names of the file at large by which the targets are known, unless another file binds one anew."""


class CallReader:
    """Finds what the calls of one file read."""

    def __init__(self, names: Names, paths: PathReader) -> None:
        """`names` are the file's, `paths` reads its expressions."""
        self._names = names
        self._paths = paths
        self._engines = not SQL_ENGINES.isdisjoint(
            one.partition(".")[0] for brought in names.imported.values() for one in brought
        )
        self._by_config = any("configparser" in one for brought in names.imported.values() for one in brought)

    def of(self, call: ast.Call, readers: list[str], scope: Scope) -> Iterator[FileRead]:
        """What a call of a name or an attribute reads; `readers` are those that the name may be."""
        name = last_name(call.func)
        dotted = self._names.dotted(call.func) or [""]
        if isinstance(call.func, ast.Attribute) and takes_sql(name) and (self._engines or not readers):
            yield from self._of_query(call, dotted[0] or name, scope)
        elif any(map(is_connection, dotted)):
            yield from self._of_connection(call, dotted[0], scope)
        elif name == "read" and dotted == [""] and call.args and self._is_path(call.args[0], scope):
            # `ConfigParser.read`: of a file that is open, `read` takes a number.
            yield self._read(call, name, call.args[0], scope)
        for by in readers:
            if not self._is_held(call, scope) and not self._only_writes(call, by, scope):
                yield self._read(call, by, _file_of(call, by), scope)

    def _is_path(self, node: ast.expr, scope: Scope) -> bool:
        return self._by_config or self._paths.of(node, scope) is not None

    def _read(self, call: ast.Call, by: str, file: ast.expr | None, scope: Scope) -> FileRead:
        written = self._paths.of(file, scope)
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
        written = self._paths.of(query, scope)
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
        written = self._paths.of(file, scope) if file is not None else WrittenPaths((":memory:",))
        if written is None:
            yield FileRead(call.lineno, by, None)
        elif not IN_MEMORY.issuperset(written.paths):
            yield FileRead(call.lineno, by, written.paths, written.names)

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
        dotted = self._names.dotted(node.func)
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
        written = self._paths.of(given or (call.args[place] if len(call.args) > place else None), scope)
        return written is not None and all(map(only_writes, written.paths))


def last_name(node: ast.AST) -> str:
    """The name by which something is called, or looked into."""
    while isinstance(node, ast.Call):
        node = node.func
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


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

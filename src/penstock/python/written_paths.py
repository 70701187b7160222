"""The paths that an expression of Python stands for, where they are written out: by `pathlib`, `os.path` and texts."""

from __future__ import annotations

import ast
from collections.abc import Callable
from itertools import product
from posixpath import dirname, join, normpath
from typing import NamedTuple
from urllib.parse import unquote

from penstock.python.names import Names, Scope

ROOT = "/workspace"
"""Where the image of the runtime has the repository."""
_SCHEMES = {"abfss": "abfs", "gcs": "gs"}
"""Other names of schemes, by which Arrow reads the same."""
_BUCKETS = ("gs", "s3")
"""Schemes whose addresses begin with a bucket, and may name who reads it before that."""
_MOST = 1_000
"""Paths of one expression; where they may be more, nobody knows them."""
_LONGEST = 10_000
"""Letters of one path: a text that is added to itself soon has no end."""
_PATHS = frozenset(f"pathlib.{name}" for name in ("Path", "PosixPath", "PurePath", "PurePosixPath"))
_JOINING = frozenset({"os.path.join", "posixpath.join"})
_SAME = frozenset({"os.fsdecode", "os.fspath", "os.path.abspath", "os.path.normpath", "os.path.realpath", "str"})
_SAME_METHODS = frozenset({"absolute", "as_posix", "resolve"})
_RESOURCES = "importlib.resources.files"


class WrittenPaths(NamedTuple):
    """What an expression may stand for."""

    paths: tuple[str, ...]
    names: frozenset[str] = frozenset()
    """Names of the file at large that this rests on, which another file may bind anew."""


class PathReader:
    """Reads the expressions of one file."""

    def __init__(self, names: Names) -> None:
        """`names` are the file's."""
        self._names = names
        self._resolving: set[tuple[int, str]] = set()
        self._known: dict[int, WrittenPaths | None] = {}
        """By the id of the node."""
        self._is_too_deep = False
        """Whether an expression was: whoever writes one of these gets no other followed."""

    def of(self, node: ast.expr | None, scope: Scope) -> WrittenPaths | None:
        """What a node may stand for; None where that is not written out, or too deep to follow."""
        try:
            return None if self._is_too_deep else self._of(node, scope)
        except RecursionError:
            self._is_too_deep = True
            return None

    def _of(self, node: ast.expr | None, scope: Scope) -> WrittenPaths | None:
        if id(node) not in self._known:
            self._known[id(node)] = self._found(node, scope)
        return self._known[id(node)]

    def _found(self, node: ast.expr | None, scope: Scope) -> WrittenPaths | None:
        match node:
            case ast.Constant(value=str() as text):
                return WrittenPaths((text,))
            case ast.Constant(value=bytes() as data):
                return WrittenPaths((data.decode("utf-8", "replace"),))
            case ast.Name():
                return self._of_name(node.id, scope)
            case ast.JoinedStr():
                return _each([self._of(part, scope) for part in node.values], "".join)
            case ast.FormattedValue(conversion=-1, format_spec=None):
                return self._of(node.value, scope)
            case ast.BinOp(op=ast.Add()):
                return _each([self._of(node.left, scope), self._of(node.right, scope)], "".join)
            case ast.BinOp(op=ast.Div()):
                return _each([self._of(node.left, scope), self._of(node.right, scope)], _joined)
            case ast.IfExp():
                return _any([self._of(node.body, scope), self._of(node.orelse, scope)])
            case ast.List() | ast.Tuple() | ast.Set():
                return _any([self._of(one, scope) for one in node.elts])
            case ast.Attribute(attr="parent"):
                return _each([self._of(node.value, scope)], lambda parts: dirname(parts[0]))
            case ast.Subscript(
                value=ast.Attribute(attr="parents", value=held), slice=ast.Constant(value=int() as count)
            ):
                return _each([self._of(held, scope)], lambda parts: _above(parts[0], count + 1))
            case ast.Call() if not node.keywords:
                return self._of_call(node, scope)
        return None

    def _of_name(self, name: str, scope: Scope) -> WrittenPaths | None:
        found = scope.find(name)
        if found is None:
            return WrittenPaths((f"{ROOT}/{self._names.path}",)) if name == "__file__" else None
        where, values = found
        key = id(where), name
        # An import may bind it, too.
        is_imported = where is self._names.module and (name in self._names.imported or self._names.stars)
        if key in self._resolving or is_imported:
            return None
        self._resolving.add(key)
        try:
            known = _any([self._of(value, where) for value in values])
        finally:
            self._resolving.discard(key)
        if known is None or where is not self._names.module:
            return known
        return known._replace(names=known.names | {name})

    def _of_call(self, call: ast.Call, scope: Scope) -> WrittenPaths | None:
        called = self._names.dotted(call.func) or ([call.func.id] if isinstance(call.func, ast.Name) else [])
        root: ast.expr = call.func
        while isinstance(root, ast.Attribute):
            root = root.value
        if called and isinstance(root, ast.Name) and scope.find(root.id) is not None:
            return None
        given = [self._of(one, scope) for one in call.args]
        if called and all(one in _PATHS or one in _JOINING for one in called):
            return _each(given, _joined) if given else WrittenPaths((".",))
        if called and all(one in _SAME for one in called) and len(given) == 1:
            return given[0]
        if called == ["os.path.dirname"] and len(given) == 1:
            return _each(given, lambda parts: dirname(parts[0]))
        if called == [_RESOURCES] and len(given) == 1:
            return _each(given, lambda parts: f"{ROOT}/{parts[0].replace('.', '/')}")
        if called or not isinstance(call.func, ast.Attribute):
            return None
        held = self._of(call.func.value, scope)
        if call.func.attr in _SAME_METHODS and not given:
            return held
        if call.func.attr == "joinpath":
            return _each([held, *given], _joined)
        if call.func.attr == "with_name" and len(given) == 1:
            return _each([held, *given], lambda parts: join(dirname(parts[0]), parts[1]))
        return None


def in_repository(path: str) -> str:
    """A path as it is from the repository's root; `.` is the root itself. An address stays one.

    An address comes out the same however it is written: `%2E` for a point, another name of its scheme, a user's name.
    """
    scheme, sign, rest = path.partition("://")
    if sign and scheme != "file":
        return _address(_SCHEMES.get(scheme, scheme), unquote(rest))
    path = unquote(rest) if sign else path
    # Two slashes at the beginning would stay two.
    normal = normpath("/" + path.lstrip("/") if path.startswith("/") else path)
    if normal == ROOT:
        return "."
    return normal.removeprefix(f"{ROOT}/")


def _address(scheme: str, rest: str) -> str:
    authority, _, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if scheme == "abfs":
        # `container@account.host/path`, or `account.host/container/path`.
        rest = "/".join([host.partition(".")[0], *([user] if at else []), path])
    elif scheme in _BUCKETS:
        rest = f"{host}/{path}"
    return f"{scheme}://{normpath(rest)}"


def _joined(parts: tuple[str, ...]) -> str:
    return join(*parts)


def _above(path: str, levels: int) -> str:
    for _ in range(levels):
        path = dirname(path)
    return path


def _any(found: list[WrittenPaths | None]) -> WrittenPaths | None:
    """What either of several may be; None where one of them is not known."""
    known = [one for one in found if one is not None]
    paths = tuple(dict.fromkeys(path for one in known for path in one.paths))
    if len(known) < len(found) or not paths or len(paths) > _MOST:
        return None
    return WrittenPaths(paths, frozenset().union(*(one.names for one in known)))


def _each(found: list[WrittenPaths | None], make: Callable[[tuple[str, ...]], str]) -> WrittenPaths | None:
    """What is made of several, of each with each; None where one of them is not known."""
    known = [one for one in found if one is not None]
    count = 1
    for one in known:
        count *= len(one.paths)
    longest = sum(max(map(len, one.paths)) for one in known)
    if len(known) < len(found) or count > _MOST or longest > _LONGEST:
        return None
    made = tuple(make(parts) for parts in product(*(one.paths for one in known)))
    return WrittenPaths(tuple(dict.fromkeys(made)), frozenset().union(*(one.names for one in known)))

"""Calls of functions with a value that DuckDB takes for none of their arguments, such as the average of a text.

Of functions with one argument, and where the kind of the value leaves no doubt (see `sql_kinds`). DuckDB converts many
values by itself, so the table beside this file is what it says: a test holds the table against the DuckDB that is
installed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import build_scope

from penstock.catalog.sql_calls import Single, single_arguments
from penstock.catalog.sql_kinds import Column, column_in, kind_of
from penstock.catalog.sql_values import Misfit, Typed, Types

TABLE = Path(__file__).with_suffix(".json")

_ALL = ("int", "float", "bool", "string", "timestamp", "date", "interval", "time")
_TEXTS = ("string", "words")
_OF_TEXT = (
    exp.Column, exp.Cast, exp.DPipe, exp.TimeToStr, exp.Upper, exp.Lower, exp.Substring, exp.Replace, exp.Dayname,
    exp.Monthname,
)  # fmt: skip
"""What gives text for sure: one in quotes is whatever a function takes."""
_OWN_NAMES = (exp.Lambda, exp.Comprehension)
"""Where a name may stand for something else than a column."""


@cache
def refused() -> dict[str, frozenset[str]]:
    """By the name of a function in lower case: the kinds of values that DuckDB refuses as its only argument."""
    return {name: frozenset(kinds) for name, kinds in json.loads(TABLE.read_bytes()).items()}


def expression_misfits(tree: exp.Expr, text: str, types: Types) -> Iterator[Misfit]:
    """The calls in an expression over columns of these types that DuckDB refuses for the kind of their argument."""
    known = dict(types)
    of: Column = lambda column: "" if column.table else known.get(column.name.lower(), "")  # noqa: E731
    yield from _misfits(text, {_start(node): (node, of) for node in tree.walk()})


def query_misfits(tree: exp.Expr, text: str, tables: Typed) -> Iterator[Misfit]:
    """The calls in a query over these tables that DuckDB refuses for the kind of their argument."""
    try:
        root = build_scope(tree)
    except SqlglotError:
        root = None
    if root is None:
        return
    typed = {name: {column.lower(): type_ for column, type_ in columns} for name, columns in tables}
    places: dict[int | None, tuple[exp.Expr, Column]] = {}
    for scope in root.traverse():
        of = _but(column_in(scope, typed), _given_names(scope.expression))
        places.update((_start(node), (node, of)) for node in scope.walk())
    yield from _misfits(text, places)


def _given_names(query: exp.Expr) -> set[str]:
    selected: list[exp.Expr] = getattr(query, "selects", [])
    return {one.alias.lower() for one in selected if isinstance(one, exp.Alias)}


def _but(of: Column, names: set[str]) -> Column:
    """Columns without those that may be meant by a name which the query gives to something else."""
    return lambda column: "" if not column.table and column.name.lower() in names else of(column)


def _misfits(text: str, places: dict[int | None, tuple[exp.Expr, Column]]) -> Iterator[Misfit]:
    for call in single_arguments(text):
        kinds = refused().get(call.name.lower())
        node, of = places.get(call.at[0], (None, None))
        if not kinds or node is None or of is None or node.find_ancestor(*_OWN_NAMES) is not None:
            continue
        kind = _kind(call, of)
        if kind in kinds:
            yield Misfit(call.name, kind, tuple(one for one in _ALL if one not in kinds), call.argument, call.within)


def _kind(call: Single, of: Callable[[exp.Column], str]) -> str:
    """The kind of the argument as it is written: of many functions sqlglot makes another tree than of their text."""
    try:
        argument = sqlglot.parse_one(call.argument, dialect="duckdb").unnest()
    except SqlglotError:
        return ""
    if isinstance(argument, exp.Query | exp.Alias) or argument.find(*_OWN_NAMES) is not None:
        return ""
    kind = kind_of(argument, of)
    return kind if kind not in _TEXTS or isinstance(argument, _OF_TEXT) else ""


def _start(node: exp.Expr) -> int | None:
    start = node.meta.get("start") if not isinstance(node, exp.Identifier | exp.Literal) else None
    return start if isinstance(start, int) else None

"""Calls of functions with a value that DuckDB takes for none of their arguments, such as the average of a text.

Where the kind of a value leaves no doubt (see `kinds`), and each argument for itself: a kind is wrong in a place if
no others make it right. DuckDB converts many values by itself, so the table beside this file is what it says: a test
holds the table against the DuckDB that is installed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from penstock.catalog.sql.calls import WrittenCall, written_calls
from penstock.catalog.sql.kinds import KindOf, kind_of
from penstock.catalog.sql.nodes import expression_nodes, query_nodes
from penstock.catalog.sql.values import DIALECT, ColumnTypes, Misfit, Range, TableTypes

TABLE = Path(__file__).with_suffix(".json")

_ALL = ("int", "float", "bool", "string", "timestamp", "date", "interval", "time")
_TEXTS = ("string", "words")
OF_TEXT = (
    exp.Column, exp.Cast, exp.DPipe, exp.TimeToStr, exp.Upper, exp.Lower, exp.Substring, exp.Replace, exp.Dayname,
    exp.Monthname,
)  # fmt: skip
"""What gives text for sure: one in quotes is whatever a function takes."""
OWN_NAMES = (exp.Lambda, exp.Comprehension)
"""Where a name may stand for something else than a column."""
_Places = dict[int | None, tuple[exp.Expr, KindOf]]
"""By where it starts: a node, and what its columns are."""


@cache
def refused() -> dict[str, tuple[frozenset[str], ...]]:
    """By `name/arguments` in lower case: the kinds of values that DuckDB refuses in the place of each argument."""
    table: dict[str, list[str]] = json.loads(TABLE.read_bytes())
    return {call: tuple(frozenset(kinds.split()) for kinds in places) for call, places in table.items()}


def expression_misfits(tree: exp.Expr, text: str, types: ColumnTypes) -> Iterator[Misfit]:
    """The calls in an expression over columns of these types that DuckDB refuses for the kind of an argument."""
    return _misfits(text, {_start(node): (node, of) for node, of in expression_nodes(tree, types)})


def query_misfits(tree: exp.Expr, text: str, tables: TableTypes) -> Iterator[Misfit]:
    """The calls in a query over these tables that DuckDB refuses for the kind of an argument."""
    return _misfits(text, {_start(node): (node, of) for node, of in query_nodes(tree, tables)})


def _misfits(text: str, places: _Places) -> Iterator[Misfit]:
    yield from _extracted(text, places)
    for call in written_calls(text):
        refuses = refused().get(f"{call.name.lower()}/{len(call.arguments)}", ())
        node, of = _found(call, places) if refuses else (None, None)
        if node is None or of is None or node.find_ancestor(*OWN_NAMES) is not None:
            continue
        for kinds, at in zip(refuses, call.arguments, strict=True):
            kind = _kind(text[slice(*at)], of) if kinds else ""
            if kind in kinds:
                yield _misfit(text, call, at, kind, kinds)


def _extracted(text: str, places: _Places) -> Iterator[Misfit]:
    """What ``extract(hour from code)`` takes a part of, which no commas part from the rest."""
    kinds = refused().get("date_part/2", (frozenset(), frozenset()))[1]
    for start, (node, of) in places.items():
        if start is None or not isinstance(node, exp.Column) or not isinstance(node.parent, exp.Extract):
            continue
        kind, end = of(node), node.this.meta["end"] + 1
        if kind in kinds:
            takes = tuple(one for one in _ALL if one not in kinds)
            before = text[text.rfind("(", 0, start) + 1 : start]
            yield Misfit("extract", kind, takes, text[start:end], (start, end), before)


def _found(call: WrittenCall, places: _Places) -> tuple[exp.Expr | None, KindOf | None]:
    """The call in the tree or, of functions of which sqlglot loses the place, a column in its arguments."""
    if call.at[0] in places:
        return places[call.at[0]]
    first, last = call.arguments[0][0], call.arguments[-1][1]
    within = (one for start, one in places.items() if start is not None and first <= start < last)
    return next((one for one in within if isinstance(one[0], exp.Column)), (None, None))


def _misfit(text: str, call: WrittenCall, at: Range, kind: str, kinds: frozenset[str]) -> Misfit:
    before, after = text[call.within[0] : at[0]], text[at[1] : call.within[1]]
    return Misfit(call.name, kind, tuple(one for one in _ALL if one not in kinds), text[slice(*at)], at, before, after)


def _kind(text: str, of: Callable[[exp.Column], str]) -> str:
    """The kind of an argument as it is written: of many functions sqlglot makes another tree than of their text."""
    try:
        argument = sqlglot.parse_one(text, dialect=DIALECT).unnest()
    except SqlglotError:
        return ""
    if isinstance(argument, exp.Query | exp.Alias) or argument.find(*OWN_NAMES) is not None:
        return ""
    kind = kind_of(argument, of)
    return kind if kind not in _TEXTS or isinstance(argument, OF_TEXT) else ""


def _start(node: exp.Expr) -> int | None:
    named = node.this if isinstance(node, exp.Column) and not node.table else node
    if isinstance(node, exp.Identifier | exp.Literal):
        return None
    start = named.meta.get("start")
    return start if isinstance(start, int) else None

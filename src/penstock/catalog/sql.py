"""What SQL of the specs reads, and where it goes wrong.

Each text is taken apart once (see `sql_reading`), and by one run for the next: `recall` and `learned` are how. What a
text comes to depends on nothing but the text, and on the columns that are given with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import orjson

Range = tuple[int, int]
"""The characters [start, end) of a text."""

TableColumn = tuple[str, str]
"""A table and one of its columns."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SqlError:
    """Why a text is no SQL that could run, and which characters of it are at fault."""

    message: str
    at: Range
    headline: str = "does not parse"
    """What is wrong with the text, as the end of a sentence that it begins."""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column that SQL names."""

    name: str
    table: str
    """The table or alias it is qualified with; empty where it is not."""
    at: Range


@dataclass(frozen=True, slots=True)
class TableUse:
    """A table that SQL names."""

    name: str
    at: Range


@dataclass(frozen=True, slots=True)
class UnknownFunction:
    """A function that SQL calls and the engine does not have."""

    name: str
    at: Range


@dataclass(frozen=True, slots=True)
class Expression:
    """A scalar or aggregate expression."""

    columns: tuple[ColumnUse, ...]
    aggregates: bool
    """Whether an aggregate function makes one value of many rows."""
    windows: bool
    """Whether a window function looks at other rows."""
    subquery: Range | None
    """Where a query stands inside the expression, if there is one."""
    volatile: str = ""
    """What of it is another value at each run, such as ``now()``; empty where nothing is."""
    unknown: tuple[UnknownFunction, ...] = ()
    """The functions that the engine does not have, in the order of the text."""
    opaque: bool = False
    """Whether it may read other columns than those that it names: ``columns('c.*')``, or ``contact.length()``."""


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT: the tables that it reads, without its own common table expressions."""

    tables: tuple[TableUse, ...]
    text: str
    volatile: str = ""
    """What of it is another value at each run, such as ``random()``; empty where nothing is."""
    unknown: tuple[UnknownFunction, ...] = ()
    """The functions that the engine does not have, in the order of the text."""


@dataclass(frozen=True, slots=True)
class UnknownColumn:
    """A column that none of a query's tables has."""

    name: str
    at: Range
    table: str | None
    """The table that it was looked for in; None where it could be any."""


Columns = tuple[tuple[str, tuple[str, ...]], ...]
"""Tables with their columns, hashable."""

Types = tuple[tuple[str, str], ...]
"""Columns with the type that each is declared of, hashable."""

Typed = tuple[tuple[str, Types], ...]
"""Tables with their columns, hashable."""


@dataclass(frozen=True, slots=True)
class Given:
    """A column of a query's result, and of which kind its values are."""

    name: str
    kind: str
    at: Range
    """Where it is named."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """How the columns of a query come about."""

    columns: tuple[tuple[str, frozenset[TableColumn]], ...]
    """Each column of the result with the columns of tables that its values depend on; none where nobody can tell.

    The name is empty where the query gives none, and so the engine does.
    """
    keys: tuple[tuple[str, frozenset[TableColumn]], ...] = ()
    """Each column of the result with the columns by which its values are found: of joins, groups and the like."""
    filters: frozenset[TableColumn] = frozenset()
    """The columns that decide which rows the result has."""


def expression(text: str) -> Expression | SqlError:
    """What an expression reads."""
    return _result("expression", (text,), _expression_of)


def query(text: str) -> Query | SqlError:
    """What a SELECT reads."""
    return _result("query", (text,), _query_of)


def derivation(text: str, tables: Columns) -> Derivation:
    """The columns of a query's result, given the columns of the tables; `text` must be a query.

    The value of a column depends on what its expression reads. Where it aggregates, it depends on what the query
    filters by as well: a count of late flights tells how late flights were.
    """
    return _result("derivation", (text, tables), _derivation_of)


def unknown_columns(text: str, tables: Columns) -> tuple[UnknownColumn, ...]:
    """Columns of a query that no table in their scope has, each where it stands first; `text` must be a query.

    Scopes that read subqueries are left to the engine.
    """
    return _result("unknown_columns", (text, tables), _unknown_columns_of)


def kind(text: str, columns: Types) -> str:
    """Of which kind the values of an expression are (see `sql_kinds`); empty where nobody can tell.

    `text` must be an expression, and `columns` those that it reads.
    """
    return _result("kind", (text, columns), str)


def kinds(text: str, tables: Typed) -> tuple[Given, ...]:
    """The columns of a query's result whose kind can be told; `text` must be a query."""
    return _result("kinds", (text, tables), _given_of)


class Results(Protocol):
    """Results of earlier runs as plain data, by a text that stands for the question."""

    def get(self, name: str) -> Any:
        """The result; None where there is none."""


class _Memory:
    """What is known by now."""

    def __init__(self) -> None:
        self.earlier: Results = {}
        self.known: dict[tuple[Any, ...], Any] = {}
        self.learned: dict[str, Any] = {}


_MEMORY = _Memory()


def recall(results: Results) -> None:
    """Answer from the `learned` results of earlier runs of the same engine."""
    _MEMORY.earlier = results


def learned() -> Mapping[str, Any]:
    """The results that had to be found out in this process, as plain data."""
    return _MEMORY.learned


def _result(what: str, arguments: tuple[Any, ...], built: Callable[[Any], T]) -> T:
    asked = what, *arguments
    if asked not in _MEMORY.known:
        question = orjson.dumps(asked).decode()
        plain = _MEMORY.earlier.get(question)
        if plain is None:
            # sqlglot takes a tenth of a second to load, which most edits can do without.
            from penstock.catalog import sql_reading

            found = getattr(sql_reading, what)(*arguments)
            plain = _MEMORY.learned[question] = orjson.loads(orjson.dumps(found, default=sorted))
        _MEMORY.known[asked] = built(plain)
    known: T = _MEMORY.known[asked]
    return known


def _expression_of(plain: dict[str, Any]) -> Expression | SqlError:
    if "message" in plain:
        return _error_of(plain)
    columns = tuple(ColumnUse(one["name"], one["table"], tuple(one["at"])) for one in plain["columns"])
    subquery = plain["subquery"]
    return Expression(
        columns,
        plain["aggregates"],
        plain["windows"],
        tuple(subquery) if subquery else None,
        plain["volatile"],
        _unknown_of(plain),
        plain["opaque"],
    )


def _query_of(plain: dict[str, Any]) -> Query | SqlError:
    if "message" in plain:
        return _error_of(plain)
    tables = tuple(TableUse(one["name"], tuple(one["at"])) for one in plain["tables"])
    return Query(tables, plain["text"], plain["volatile"], _unknown_of(plain))


def _unknown_of(plain: dict[str, Any]) -> tuple[UnknownFunction, ...]:
    return tuple(UnknownFunction(one["name"], tuple(one["at"])) for one in plain["unknown"])


def _derivation_of(plain: dict[str, Any]) -> Derivation:
    return Derivation(_sources_of(plain["columns"]), _sources_of(plain["keys"]), _table_columns(plain["filters"]))


def _sources_of(plain: list[Any]) -> tuple[tuple[str, frozenset[TableColumn]], ...]:
    return tuple((name, _table_columns(sources)) for name, sources in plain)


def _table_columns(plain: list[Any]) -> frozenset[TableColumn]:
    return frozenset((table, column) for table, column in plain)


def _unknown_columns_of(plain: list[dict[str, Any]]) -> tuple[UnknownColumn, ...]:
    return tuple(UnknownColumn(one["name"], tuple(one["at"]), one["table"]) for one in plain)


def _given_of(plain: list[dict[str, Any]]) -> tuple[Given, ...]:
    return tuple(Given(one["name"], one["kind"], tuple(one["at"])) for one in plain)


def _error_of(plain: dict[str, Any]) -> SqlError:
    return SqlError(plain["message"], tuple(plain["at"]), plain["headline"])

"""What SQL of the specs reads, and where it goes wrong.

Each text is parsed once (see `parsing`), and by one run for the next: `recall` and `learned` are how. A result depends
on nothing but the text, and on the columns that are given with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import orjson

from penstock.catalog.sql.values import (
    Clash,
    ColumnTypes,
    ColumnUse,
    Derivation,
    Expression,
    Lookahead,
    Misfit,
    Moments,
    Query,
    Receiver,
    ResultColumn,
    SqlError,
    TableColumn,
    Tables,
    TableTypes,
    TableUse,
    UnknownColumn,
    UnknownFunction,
)

T = TypeVar("T")


def expression(text: str) -> Expression | SqlError:
    """What an expression reads."""
    return _result("expression", (text,), _expression_of)


def query(text: str) -> Query | SqlError:
    """What a SELECT reads."""
    return _result("query", (text,), _query_of)


def derivation(text: str, tables: Tables) -> Derivation:
    """The columns of a query's result, given the columns of the tables; `text` must be a query.

    The value of a column depends on what its expression reads. Where it aggregates, it depends on what the query
    filters by as well: a count of late flights tells how late flights were.
    """
    return _result("derivation", (text, tables), _derivation_of)


def lookaheads(text: str, tables: Moments, own: str) -> tuple[Lookahead, ...]:
    """The columns of a query's result that may be made of rows which are known later; `text` must be a query.

    `own` is the column with the time of the result, empty where it has none.
    """
    return _result("lookaheads", (text, tables, own), _lookaheads_of)


def unknown_columns(text: str, tables: Tables) -> tuple[UnknownColumn, ...]:
    """Columns of a query that no table in their scope has, each where it stands first; `text` must be a query.

    Scopes that read subqueries are left to the engine.
    """
    return _result("unknown_columns", (text, tables), _unknown_columns_of)


def kind(text: str, columns: ColumnTypes) -> str:
    """Of which kind the values of an expression are (see `kinds`); empty where nobody can tell.

    `text` must be an expression, and `columns` those that it reads.
    """
    return _result("kind", (text, columns), str)


def kinds(text: str, tables: TableTypes) -> tuple[ResultColumn, ...]:
    """The columns of a query's result whose kind can be told; `text` must be a query."""
    return _result("kinds", (text, tables), _given_of)


def misfits_of_expression(text: str, columns: ColumnTypes) -> tuple[Misfit, ...]:
    """The calls of functions that refuse the value they are given; `text` must be an expression."""
    return _result("misfits_of_expression", (text, columns), _misfits_of)


def misfits_of_query(text: str, tables: TableTypes) -> tuple[Misfit, ...]:
    """The calls of functions that refuse the value they are given; `text` must be a query."""
    return _result("misfits_of_query", (text, tables), _misfits_of)


def clashes_of_expression(text: str, columns: ColumnTypes) -> tuple[Clash, ...]:
    """The operators that refuse their two sides; `text` must be an expression."""
    return _result("clashes_of_expression", (text, columns), _clashes_of)


def clashes_of_query(text: str, tables: TableTypes) -> tuple[Clash, ...]:
    """The operators that refuse their two sides; `text` must be a query."""
    return _result("clashes_of_query", (text, tables), _clashes_of)


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
            found = _found_out(what, arguments)
            plain = _MEMORY.learned[question] = orjson.loads(orjson.dumps(found, default=_plain))
        _MEMORY.known[asked] = built(plain)
    known: T = _MEMORY.known[asked]
    return known


def _found_out(what: str, arguments: tuple[Any, ...]) -> Any:
    # sqlglot takes a tenth of a second to load, which most edits can do without.
    from penstock.catalog.sql import parsing

    try:
        return getattr(parsing, what)(*arguments)
    except RecursionError:
        # What is too deep to be parsed is an error; what is too deep to be followed has results of which nothing is
        # known.
        too_deep = SqlError("nested too deeply", (0, len(arguments[0])))
        return {"expression": too_deep, "query": too_deep, "derivation": Derivation(()), "kind": ""}.get(what, ())


def _plain(value: Any) -> Any:
    """A value of `values` by the names of its parts, and a set in order."""
    return sorted(value) if isinstance(value, frozenset) else value._asdict()


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
        tuple(Receiver(one["name"], one["function"], tuple(one["at"])) for one in plain["receivers"]),
    )


def _query_of(plain: dict[str, Any]) -> Query | SqlError:
    if "message" in plain:
        return _error_of(plain)
    return Query(
        _table_uses(plain["tables"]), plain["text"], plain["volatile"], _unknown_of(plain),
        _table_uses(plain["functions"]), plain["one_row"],
    )  # fmt: skip


def _table_uses(plain: list[dict[str, Any]]) -> tuple[TableUse, ...]:
    return tuple(TableUse(one["name"], tuple(one["at"])) for one in plain)


def _unknown_of(plain: dict[str, Any]) -> tuple[UnknownFunction, ...]:
    return tuple(UnknownFunction(one["name"], tuple(one["at"])) for one in plain["unknown"])


def _derivation_of(plain: dict[str, Any]) -> Derivation:
    return Derivation(
        _sources_of(plain["columns"]),
        _sources_of(plain["keys"]),
        _table_columns(plain["filters"]),
        tuple((name, (table, column)) for name, (table, column) in plain["copies"]),
    )


def _sources_of(plain: list[Any]) -> tuple[tuple[str, frozenset[TableColumn]], ...]:
    return tuple((name, _table_columns(sources)) for name, sources in plain)


def _table_columns(plain: list[Any]) -> frozenset[TableColumn]:
    return frozenset((table, column) for table, column in plain)


def _lookaheads_of(plain: list[dict[str, Any]]) -> tuple[Lookahead, ...]:
    return tuple(Lookahead(one["column"], one["table"], one["how"]) for one in plain)


def _unknown_columns_of(plain: list[dict[str, Any]]) -> tuple[UnknownColumn, ...]:
    return tuple(UnknownColumn(one["name"], tuple(one["at"]), one["table"]) for one in plain)


def _given_of(plain: list[dict[str, Any]]) -> tuple[ResultColumn, ...]:
    return tuple(ResultColumn(one["name"], one["kind"], tuple(one["at"])) for one in plain)


def _misfits_of(plain: list[dict[str, Any]]) -> tuple[Misfit, ...]:
    return tuple(
        Misfit(
            one["function"], one["kind"], tuple(one["takes"]), one["argument"], tuple(one["at"]), one["before"],
            one["after"],
        )
        for one in plain
    )  # fmt: skip


def _clashes_of(plain: list[dict[str, Any]]) -> tuple[Clash, ...]:
    return tuple(Clash(one["operator"], one["left"], one["right"], tuple(one["at"])) for one in plain)


def _error_of(plain: dict[str, Any]) -> SqlError:
    return SqlError(plain["message"], tuple(plain["at"]), plain["headline"])

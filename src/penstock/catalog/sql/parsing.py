"""Takes SQL apart with sqlglot, in DuckDB's dialect. Loaded when the first SQL is met that nobody has read before."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from penstock.catalog.sql.aggregates import aggregates, gives_one_row
from penstock.catalog.sql.arguments import expression_misfits, query_misfits
from penstock.catalog.sql.calls import miscounted, unknown_functions
from penstock.catalog.sql.derivation import derived, may_look_ahead
from penstock.catalog.sql.kinds import expression_kind, query_kinds
from penstock.catalog.sql.opaque import has_statement, hides_names, is_of_arguments, is_opaque, table_functions
from penstock.catalog.sql.operands import expression_clashes, query_clashes
from penstock.catalog.sql.scopes import columns_read, unknown_in_scopes
from penstock.catalog.sql.slips import arrow, bare_window, placeholder, share_above_one, slip, without_factorials
from penstock.catalog.sql.statements import STATEMENTS
from penstock.catalog.sql.tables import tables_in
from penstock.catalog.sql.values import (
    DIALECT,
    Clash,
    ColumnTypes,
    ColumnUse,
    Derivation,
    Expression,
    Lookahead,
    Misfit,
    Moments,
    Query,
    Range,
    Receiver,
    ResultColumn,
    SqlError,
    Tables,
    TableTypes,
    TableUse,
    UnknownColumn,
)
from penstock.diagnostics.grammar import counted
from penstock.specs.reserved_sql import RESERVED
from penstock.specs.volatile_sql import volatile

# sqlglot logs texts that it does not know, line for line. What a pull request has written there must not reach the log
# of a review, where a line can be a command to the forge; what is wrong with a text is reported here.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)


def expression(text: str) -> Expression | SqlError:
    """What an expression reads."""
    tree = _parse(text)
    if isinstance(tree, SqlError):
        return tree
    if isinstance(tree, exp.Block):
        return SqlError("expected one expression, without `;`", _semicolon(text))
    if isinstance(tree, STATEMENTS):
        return SqlError("expected an expression, and this is a statement", (0, len(text)))
    if isinstance(tree, exp.Alias):
        return SqlError("expected an expression without `as`: the feature already has a name", (0, len(text)))
    if (reserved := _reserved(tree, text)) is not None:
        return reserved
    if tree.find(exp.Explode) is not None:
        message = "a feature has one value per row: take one from the list, such as `list[1]` or `list_max(list)`"
        return SqlError(message, (0, len(text)), "returns several rows for one")
    query = tree if isinstance(tree, exp.Query) else tree.find(exp.Query)
    return Expression(
        columns=tuple(_use(column, text) for column in columns_read(tree)),
        aggregates=aggregates(tree),
        windows=tree.find(exp.Window) is not None,
        subquery=_range_of(query, text) if query is not None else None,
        volatile=_volatile(tree),
        unknown=unknown_functions(tree, text),
        opaque=hides_names(tree),
        receivers=tuple(_receivers(tree, text)),
    )


def query(text: str) -> Query | SqlError:
    """What a SELECT reads."""
    tree = _parse(text)
    if isinstance(tree, SqlError):
        return tree
    if isinstance(tree, exp.Block):
        return SqlError("expected one SELECT, without `;`", _semicolon(text))
    if not isinstance(tree, exp.Query):
        return SqlError("expected a SELECT", (0, len(text)))
    if (reserved := _reserved(tree, text)) is not None:
        return reserved
    if (uneven := _uneven(tree, text)) is not None:
        return uneven
    tables = [TableUse(table.name, _range_of(table.this, text)) for table in tables_in(tree)]
    reading = [_range_of(one, text) for one in table_functions(tree) if not is_of_arguments(one)]
    return Query(
        tuple(sorted(tables, key=lambda use: use.at)),
        text,
        _volatile(tree),
        unknown_functions(tree, text),
        tuple(TableUse(text[slice(*at)].strip('"'), at) for at in sorted(reading)),
        gives_one_row(tree),
    )


def _reserved(tree: exp.Expr, text: str) -> SqlError | None:
    """A column by a word that DuckDB keeps for itself, which sqlglot lets pass; behind a dot every word is a name."""
    for column in tree.find_all(exp.Column):
        name = column.this
        if isinstance(name, exp.Identifier) and not name.quoted and not column.table and name.name.lower() in RESERVED:
            return SqlError(f'reserved word of SQL: write the column as `"{name.name}"`', _range_of(name, text))
    return None


def _uneven(tree: exp.Expr, text: str) -> SqlError | None:
    """A UNION or the like whose sides have not as many columns, where both name them all."""
    for both in tree.find_all(exp.SetOperation):
        sides: list[list[exp.Expr]] = [getattr(side, "selects", []) for side in (both.left, both.right)]
        counts = [len(side) for side in sides if side and not any(one.is_star or _is_many(one) for one in side)]
        if len(counts) == 2 and counts[0] != counts[1] and not both.args.get("by_name"):
            word = both.key.upper()
            message = f"one side has {counted(counts[0], 'column')}, the other {counts[1]}"
            return SqlError(message, (0, len(text)), f"combines results with different numbers of columns by {word}")
    return None


def _is_many(selected: exp.Expr) -> bool:
    """Whether one expression may give several columns."""
    return selected.find(exp.Columns, exp.Explode, exp.Star) is not None


def _volatile(tree: exp.Expr) -> str:
    """The first call that is another value at each run; empty where there is none."""
    found = volatile(tree)
    return found.sql(DIALECT) if found is not None else ""


def derivation(text: str, tables: Tables) -> Derivation:
    """The columns of a query's result, given the columns of the tables; `text` must be a query.

    The value of a column depends on what its expression reads. Where it aggregates, it depends on what the query
    filters by as well: a count of late flights tells how late flights were.
    """
    tree = _followed(text)
    return derived(tree, tables) if tree is not None else Derivation(())


def lookaheads(text: str, tables: Moments, own: str) -> tuple[Lookahead, ...]:
    """The columns of a query's result that may be made of rows known after its time `own`."""
    tree = _followed(text)
    return may_look_ahead(tree, tables, own) if tree is not None else ()


def unknown_columns(text: str, tables: Tables) -> tuple[UnknownColumn, ...]:
    """Columns of a query that no table in their scope has, each where it stands first; `text` must be a query.

    Scopes that read subqueries are left to the engine.
    """
    tree = _parse(text)
    if isinstance(tree, SqlError):
        return ()
    found = [
        UnknownColumn(name, _use(column, text).at, table) for column, name, table in unknown_in_scopes(tree, tables)
    ]
    first: dict[tuple[str, str | None], UnknownColumn] = {}
    for one in sorted(found, key=lambda one: one.at):
        first.setdefault((one.name.lower(), one.table), one)
    return tuple(first.values())


def kind(text: str, columns: ColumnTypes) -> str:
    """Of which kind the values of an expression are (see `kinds`); empty where nobody can tell."""
    tree = _parse(text)
    return expression_kind(tree, dict(columns)) if not isinstance(tree, SqlError) else ""


def kinds(text: str, tables: TableTypes) -> tuple[ResultColumn, ...]:
    """The columns of a query's result whose kind can be told; `text` must be a query."""
    tree = _plain_query(text)
    given = query_kinds(tree, tables) if tree is not None else ()
    return tuple(ResultColumn(name, kind_, _named_at(one, text)) for name, kind_, one in given)


def misfits_of_expression(text: str, columns: ColumnTypes) -> tuple[Misfit, ...]:
    """The functions in an expression that refuse their argument; `text` must be an expression."""
    tree = _parse(text)
    return tuple(expression_misfits(tree, text, columns)) if not isinstance(tree, SqlError) else ()


def misfits_of_query(text: str, tables: TableTypes) -> tuple[Misfit, ...]:
    """The functions in a query that refuse their argument; `text` must be a query."""
    tree = _plain_query(text)
    return tuple(query_misfits(tree, text, tables)) if tree is not None else ()


def clashes_of_expression(text: str, columns: ColumnTypes) -> tuple[Clash, ...]:
    """The operators in an expression that refuse their two sides; `text` must be an expression."""
    tree = _parse(text)
    return tuple(expression_clashes(tree, text, columns)) if not isinstance(tree, SqlError) else ()


def clashes_of_query(text: str, tables: TableTypes) -> tuple[Clash, ...]:
    """The operators in a query that refuse their two sides; `text` must be a query."""
    tree = _plain_query(text)
    return tuple(query_clashes(tree, text, tables)) if tree is not None else ()


def _followed(text: str) -> exp.Query | None:
    """A query whose columns can be followed; None where it hides them, or is none."""
    tree = _parse(text)
    return tree if isinstance(tree, exp.Query) and not is_opaque(tree) else None


def _plain_query(text: str) -> exp.Expr | None:
    """A query without a statement in it; None where it has one, or cannot be parsed."""
    tree = _parse(text)
    return tree if not isinstance(tree, SqlError) and not has_statement(tree) else None


def _named_at(selected: exp.Expr, text: str) -> Range:
    name = selected.args.get("alias") if isinstance(selected, exp.Alias) else selected.this
    return _range_of(name, text) if isinstance(name, exp.Identifier) else (0, len(text))


@lru_cache(maxsize=4096)
def _parse(text: str) -> exp.Expr | SqlError:
    if not text.strip():
        return SqlError("empty SQL", (0, len(text)))
    unclosed = _open_bracket(text)
    if unclosed is not None:
        # sqlglot lets some functions end without their bracket; the engine does not.
        return SqlError("unclosed bracket", (unclosed, unclosed + 1))
    if (slipped := slip(text)) is not None:
        return slipped
    try:
        tree = sqlglot.parse_one(without_factorials(text), dialect=DIALECT)
    except ParseError as error:
        return _explained(text, error.errors[0] if error.errors else {})
    except IndexError:
        # Of the arguments of some functions of other databases sqlglot takes for granted that they are all there.
        return _explained(text, {})
    except RecursionError:
        return SqlError("nested too deeply", (0, len(text)))
    except TokenError:
        return SqlError("unclosed quote", _open_quote(text))
    fault = miscounted(text, tree) or share_above_one(tree) or bare_window(tree)
    return fault or arrow(tree, text) or placeholder(tree, text) or tree


def _explained(text: str, error: dict[str, object]) -> SqlError:
    """sqlglot's error in words; it names the last characters that it understood."""
    description = str(error.get("description", ""))
    if description.startswith(("Required keyword", "The number of provided arguments")):
        wrong = miscounted(text)
        if wrong is not None:
            return wrong
    before, marked = str(error.get("start_context", "")), str(error.get("highlight", ""))
    start = max(text.find(before + marked), 0) + len(before)
    at = (start, start + len(marked)) if marked else (0, len(text))
    kinds: tuple[tuple[str, str], ...] = (
        ("Expecting )", "missing `)` after this"),
        ("Required keyword", "incomplete after this"),
        ("Expected table name", "missing table name after this"),
        ("Unexpected token", "unexpected token"),
    )
    return SqlError(next((words for key, words in kinds if key in description), "parsing failed here"), at)


_SKIPPED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|[()]""", re.DOTALL)
"""Texts, quoted names and comments, in which a bracket is none; and brackets."""


def _open_bracket(text: str) -> int | None:
    """Where the innermost bracket stands that is never closed."""
    opened: list[int] = []
    for match in _SKIPPED.finditer(text):
        if match[0] == "(":
            opened.append(match.start())
        elif match[0] == ")" and opened:
            opened.pop()
    return opened[-1] if opened else None


def _open_quote(text: str) -> Range:
    quote: Literal["'", '"'] = "'" if text.count("'") % 2 else '"'
    return max(text.rfind(quote), 0), len(text)


def _semicolon(text: str) -> Range:
    at = text.find(";")
    return (at, at + 1) if at >= 0 else (0, len(text))


def _receivers(tree: exp.Expr, text: str) -> Iterator[Receiver]:
    for dot in tree.find_all(exp.Dot):
        if isinstance(dot.this, exp.Identifier) and isinstance(dot.expression, exp.Func):
            function = dot.expression.name if isinstance(dot.expression, exp.Anonymous) else dot.expression.sql_name()
            yield Receiver(dot.this.name, function.lower(), _range_of(dot.this, text))


def _use(column: exp.Column, text: str) -> ColumnUse:
    return ColumnUse(column.name, column.table, _range_of(column.this, text))


def _range_of(node: exp.Expr, text: str) -> Range:
    """Where a name stands in the text; the whole text where the parser does not say."""
    start, end = node.meta.get("start"), node.meta.get("end")
    return (start, end + 1) if isinstance(start, int) and isinstance(end, int) else (0, len(text))

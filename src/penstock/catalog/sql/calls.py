"""Which functions SQL calls, by the names that were written.

sqlglot knows the functions of all databases and makes one node of many names, so the names are read off its tokens, and
its tree says only where a function is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.tokenizer_core import Token, TokenType

from penstock.catalog.sql.functions import OWN_GRAMMAR, functions, is_known
from penstock.catalog.sql.values import Range, SqlError, UnknownFunction
from penstock.diagnostics.grammar import counted

_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
_BEFORE_QUERIES = frozenset({TokenType.FROM, TokenType.SELECT})
"""Words that are no function, although a bracket may follow: ``from (select ...)``."""
_WITHOUT_PLACE = frozenset(DuckDB.parser_class.FUNCTION_PARSERS)
"""Functions of whose calls sqlglot does not say where they stand."""


class _PossibleCall(NamedTuple):
    """A name with a bracket behind it, which may be a function."""

    name: str
    at: Range
    arguments: int | None
    """How many there are; None where commas do not tell."""


class WrittenCall(NamedTuple):
    """A call with the text of its arguments."""

    name: str
    at: Range
    arguments: tuple[Range, ...]
    """Where each argument stands, without DISTINCT before the first and ORDER BY behind the last."""
    within: Range
    """All that stands between the brackets."""


def written_calls(text: str) -> Iterator[WrittenCall]:
    """What looks like a call of a function whose arguments commas part, in the order of the text."""
    starts = {call.at[0]: call for call in _calls(text) if call.arguments}
    if not starts:
        return
    tokens = DuckDB().tokenize(text)
    for position, token in enumerate(tokens):
        call = starts.get(token.start)
        if call is None:
            continue
        first = position + 2 + (tokens[position + 2].token_type is TokenType.DISTINCT)
        end = _closing(tokens, position + 1)
        arguments = tuple(_parts(tokens, first, end))
        if len(arguments) == call.arguments:
            yield WrittenCall(call.name, call.at, arguments, (tokens[position + 2].start, tokens[end - 1].end + 1))


def _parts(tokens: list[Token], first: int, end: int) -> Iterator[Range]:
    """What commas part between two tokens."""
    depth, start = 0, first
    for position in range(first, end + 1):
        kind = tokens[position].token_type if position < end else TokenType.COMMA
        if depth == 0 and kind in (TokenType.COMMA, TokenType.ORDER_BY):
            if start < position:
                yield (tokens[start].start, tokens[position - 1].end + 1)
            start = position + 1
            if kind is TokenType.ORDER_BY:
                return
        depth += (kind in _OPENING) - (kind in _CLOSING)


def _closing(tokens: list[Token], opening: int) -> int:
    depth = 0
    for position in range(opening, len(tokens)):
        kind = tokens[position].token_type
        depth += (kind in _OPENING) - (kind in _CLOSING)
        if depth == 0:
            return position
    return len(tokens)


def unknown_functions(tree: exp.Expr, text: str) -> tuple[UnknownFunction, ...]:
    """The calls of functions that DuckDB does not have, in the order of the text."""
    strange = [call for call in _calls(text) if not is_known(call.name)]
    if not strange:
        return ()
    places = _places(tree)
    # What has columns of its own in brackets, such as a common table expression, is named and not called.
    named = {alias.name.lower() for alias in tree.find_all(exp.TableAlias)}
    return tuple(
        UnknownFunction(call.name, call.at)
        for call in strange
        if call.at[0] in places or (call.name.upper() in _WITHOUT_PLACE and call.name.lower() not in named)
    )


def miscounted(text: str, tree: exp.Expr | None = None) -> SqlError | None:
    """The first call with more or fewer arguments than the function can take; without a tree of what looks like one."""
    for call in _calls(text):
        takes = functions().get(call.name.lower())
        if takes is None or call.arguments is None or takes[0] <= call.arguments <= takes[1]:
            continue
        # The tree is walked for what is wrong alone.
        if tree is None or call.at[0] in _places(tree):
            given = f"{call.arguments or 'none'} {'are' if call.arguments > 1 else 'is'} given"
            message = f"`{call.name}` takes {_between(*takes)}, but {given}"
            return SqlError(message, call.at, "calls a function with the wrong number of arguments")
    return None


def _between(least: int, most: int) -> str:
    if least == most:
        return counted(most, "argument") if most else "no argument"
    if least == 0:
        return f"at most {counted(most, 'argument')}"
    return f"{least} {'or' if most == least + 1 else 'to'} {most} arguments"


def _places(tree: exp.Expr) -> set[int]:
    """Where the names of the functions start that are called."""
    return {
        start
        for node in tree.walk()
        if not isinstance(node, exp.Identifier | exp.Literal) and isinstance(start := node.meta.get("start"), int)
    }


@lru_cache(maxsize=1)
def _calls(text: str) -> tuple[_PossibleCall, ...]:
    return tuple(_called(DuckDB().tokenize(text))) if "(" in text else ()


def _called(tokens: list[Token]) -> Iterator[_PossibleCall]:
    for position, token in enumerate(tokens[:-1]):
        follows = tokens[position + 1].token_type is TokenType.L_PAREN
        is_name = token.token_type is TokenType.IDENTIFIER or token.text.replace("_", "").isalnum()
        if follows and is_name and token.token_type not in _BEFORE_QUERIES:
            after_dot = position > 0 and tokens[position - 1].token_type is TokenType.DOT
            # `text.upper()` gives the text as an argument, `main.upper(text)` does not.
            fixed = not after_dot and token.text.lower() not in OWN_GRAMMAR
            arguments = _arguments(tokens[position + 2 :]) if fixed else None
            yield _PossibleCall(token.text, (token.start, token.end + 1), arguments)


def _arguments(tokens: list[Token]) -> int | None:
    """How many arguments follow an opening bracket."""
    depth, commas, first = 1, 0, True
    for token in tokens:
        kind = token.token_type
        if kind in _CLOSING:
            depth -= 1
            if depth == 0:
                return 0 if first else commas + 1
        elif kind in _OPENING:
            depth += 1
        elif depth == 1:
            if kind is TokenType.ORDER_BY:
                return commas + 1
            if kind in (TokenType.STAR, TokenType.ARROW) or token.text.lower() == "lambda":
                return None
            commas += kind is TokenType.COMMA
        first = False
    return None

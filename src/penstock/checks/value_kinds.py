"""Which kinds of values that SQL gives (see `penstock.catalog.sql.kinds`) convert to no declared type.

Conversion loses nothing or is not made, as the steps do it: a whole number is one however it is stored, text that may
be a number is left to the data, and of what is neither nobody has to wait for the data.
"""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """How values of a kind that do not convert are called, and what to write instead."""

    words: str
    remedy: str


_NUMBERS = {"int", "float", "bool"}
_ALL = {*_NUMBERS, "string", "timestamp", "date"}
_NEVER = {
    "fraction": {"int", "bool"},
    "words": _NUMBERS,
    "timestamp": _NUMBERS,
    "date": _NUMBERS,
    "int": {"timestamp", "date"},
    "float": {"timestamp", "date", "bool"},
    "bool": {"timestamp", "date"},
    "interval": _ALL,
    "time": _ALL,
    "list": _ALL,
    "struct": _ALL,
}
_KINDS = {
    "fraction": Kind("fractions", "declare float, or make whole numbers with `round(...)`, or `//` instead of `/`"),
    "words": Kind("text that is not a number", "declare string, or write an expression that gives the number"),
    "timestamp": Kind("timestamps", "convert it to a number, such as `extract(hour from ...)` or `epoch(...)`"),
    "date": Kind("dates", "convert it to a number, such as `extract(dow from ...)` or `date_diff('day', ..., ...)`"),
    "int": Kind("numbers", "convert it to a timestamp, such as `to_timestamp(...)`, or declare int"),
    "float": Kind("numbers", "convert it to a timestamp, such as `to_timestamp(...)`, or declare float"),
    "bool": Kind("booleans", "declare bool"),
    "interval": Kind(
        "intervals", "convert them to a number: `date_diff('minute', from, to)`, or `epoch(...)` for seconds"
    ),
    "time": Kind("times of day", "convert it to a number, such as `extract(hour from ...)`"),
    "list": Kind("lists", "take one value of it, such as `list[1]`, `len(list)` or `list_max(list)`"),
    "struct": Kind("structs", "take one value of it, such as `struct.name`"),
}
_CONDITION = "write a boolean expression, or declare another type"


def misfit(kind: str, type_: str) -> Kind | None:
    """The kind of values that are declared with a type they cannot have; None where they may have it."""
    if type_ not in _NEVER.get(kind, ()):
        return None
    found = _KINDS[kind]
    return found._replace(remedy=_CONDITION) if type_ == "bool" else found

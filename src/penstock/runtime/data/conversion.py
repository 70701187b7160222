"""Conversion between the types of a source and those of a contract, only where no information is lost.

An expression of one kind converts to a declared type through a pair of SQL templates: whether a value that is present
converts, and what it becomes. A pair of kinds that is not in the table never converts. NaN counts as missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

SQL_TYPES = {
    "int": "BIGINT",
    "float": "DOUBLE",
    "string": "VARCHAR",
    "bool": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
}
"""Declared type -> the type in which its values are stored; a timestamp is UTC in microseconds."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """SQL over one value of the source."""

    possible: str
    """Whether the value, where present, converts without loss."""
    value: str
    """What it converts to; NULL where it does not convert."""


NEVER = "FALSE"
"""Whether a value converts of a kind that has no way to the type."""
_ALWAYS = "TRUE"
_NUMBER = "regexp_full_match(trim({x}), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?')"
_HAS_YEAR = r"regexp_matches({x}, '^\s*\d{{4}}')"
# Lists have fewer than five values: of more, the database makes a join, and may disorder the rows (`engine.in_order`).
_TABLE: dict[tuple[str, str], tuple[str, str]] = {
    ("int", "int"): ("TRY_CAST({x} AS BIGINT) IS NOT NULL", "TRY_CAST({x} AS BIGINT)"),
    ("float", "float"): (_ALWAYS, "CASE WHEN NOT isnan(CAST({x} AS DOUBLE)) THEN CAST({x} AS DOUBLE) END"),
    ("string", "string"): (_ALWAYS, "CAST({x} AS VARCHAR)"),
    ("bool", "bool"): (_ALWAYS, "{x}"),
    ("timestamp", "timestamp"): (_ALWAYS, "CAST({x} AS TIMESTAMP)"),
    ("date", "date"): (_ALWAYS, "CAST({x} AS DATE)"),
    ("float", "int"): (
        "isnan({x}) OR (isfinite({x}) AND trunc({x}) = {x} AND TRY_CAST({x} AS BIGINT) IS NOT NULL)",
        "CASE WHEN isfinite({x}) AND trunc({x}) = {x} THEN TRY_CAST({x} AS BIGINT) END",
    ),
    ("bool", "int"): (_ALWAYS, "CAST({x} AS BIGINT)"),
    ("string", "int"): (
        "regexp_full_match(trim({x}), '[+-]?[0-9]+') AND TRY_CAST(trim({x}) AS BIGINT) IS NOT NULL",
        "CASE WHEN regexp_full_match(trim({x}), '[+-]?[0-9]+') THEN TRY_CAST(trim({x}) AS BIGINT) END",
    ),
    ("int", "float"): ("CAST(CAST({x} AS DOUBLE) AS HUGEINT) = {x}", "CAST({x} AS DOUBLE)"),
    ("bool", "float"): (_ALWAYS, "CAST({x} AS DOUBLE)"),
    # What is too large for a float would be infinite, and what has underscores in it is a mistake.
    ("string", "float"): (
        f"lower(trim({{x}})) = 'nan' OR ({_NUMBER} AND isfinite(TRY_CAST(trim({{x}}) AS DOUBLE)))",
        f"CASE WHEN {_NUMBER} AND isfinite(TRY_CAST(trim({{x}}) AS DOUBLE)) THEN TRY_CAST(trim({{x}}) AS DOUBLE) END",
    ),
    ("int", "bool"): ("{x} IN (0, 1)", "CASE WHEN {x} IN (0, 1) THEN {x} = 1 END"),
    ("float", "bool"): ("isnan({x}) OR {x} IN (0, 1)", "CASE WHEN {x} IN (0, 1) THEN {x} = 1 END"),
    ("string", "bool"): (
        "lower(trim({x})) IN ('true', 'false', '1', '0')",
        "CASE WHEN lower(trim({x})) IN ('true', '1') THEN TRUE WHEN lower(trim({x})) IN ('false', '0') THEN FALSE END",
    ),
    ("int", "string"): (_ALWAYS, "CAST({x} AS VARCHAR)"),
    ("float", "string"): (_ALWAYS, "CASE WHEN NOT isnan({x}) THEN CAST({x} AS VARCHAR) END"),
    ("bool", "string"): (_ALWAYS, "CAST({x} AS VARCHAR)"),
    ("date", "string"): (_ALWAYS, "CAST({x} AS VARCHAR)"),
    ("timestamp", "string"): (_ALWAYS, "CAST({x} AS VARCHAR)"),
    ("date", "timestamp"): (_ALWAYS, "CAST({x} AS TIMESTAMP)"),
    # Through TIMESTAMPTZ, since a cast straight to TIMESTAMP drops the offset that the text may carry.
    # Words such as `infinity` and `epoch` are times to the database, and mistakes in data. So are years of two digits:
    # in `31-12-15` it takes the day for the year 31.
    ("string", "timestamp"): (
        f"{_HAS_YEAR} AND TRY_CAST({{x}} AS TIMESTAMPTZ) IS NOT NULL",
        f"CASE WHEN {_HAS_YEAR} THEN CAST(TRY_CAST({{x}} AS TIMESTAMPTZ) AS TIMESTAMP) END",
    ),
    ("timestamp", "date"): (
        "CAST(CAST({x} AS DATE) AS TIMESTAMP) = CAST({x} AS TIMESTAMP)",
        "CASE WHEN CAST(CAST({x} AS DATE) AS TIMESTAMP) = CAST({x} AS TIMESTAMP) THEN CAST({x} AS DATE) END",
    ),
    ("string", "date"): (
        r"regexp_full_match(trim({x}), '\d{{4}}-\d{{2}}-\d{{2}}') AND TRY_CAST(trim({x}) AS DATE) IS NOT NULL",
        r"CASE WHEN regexp_full_match(trim({x}), '\d{{4}}-\d{{2}}-\d{{2}}') THEN TRY_CAST(trim({x}) AS DATE) END",
    ),
}


def conversion(expression: str, kind: str, to: str) -> Conversion:
    """How an SQL expression of `kind` (see `kind_of`) becomes the declared type `to`."""
    if kind == "null":
        return Conversion(_ALWAYS, f"CAST(NULL AS {SQL_TYPES[to]})")
    if (kind, to) not in _TABLE:
        return Conversion(NEVER, f"CAST(NULL AS {SQL_TYPES[to]})")
    possible, value = _TABLE[kind, to]
    return Conversion(possible.format(x=expression), value.format(x=expression))


def stored_conversion(expression: str, type_: pa.DataType, to: str) -> Conversion:
    """How a column of an Arrow type becomes the declared type `to`; itself where it is stored like that already."""
    import pyarrow.types as types

    stored = {
        "int": types.is_int64(type_),
        "string": types.is_string(type_),
        "bool": types.is_boolean(type_),
        "timestamp": types.is_timestamp(type_) and type_.unit == "us" and type_.tz is None,
        "date": types.is_date32(type_),
    }
    if stored.get(to):
        return Conversion(_ALWAYS, expression)
    return conversion(expression, kind_of(type_), to)


def kind_of(type_: pa.DataType) -> str:
    """Which of the declared types an Arrow type belongs to; ``null`` or the type's own name where to none."""
    import pyarrow.types as types

    if types.is_dictionary(type_):
        return kind_of(type_.value_type)
    for kind, belongs in (
        ("int", types.is_integer),
        ("float", types.is_floating),
        ("float", types.is_decimal),
        ("bool", types.is_boolean),
        ("timestamp", types.is_timestamp),
        ("date", types.is_date),
        ("null", types.is_null),
    ):
        if belongs(type_):
            return "int" if types.is_decimal(type_) and type_.scale == 0 else kind
    if types.is_string(type_) or types.is_large_string(type_) or types.is_string_view(type_):
        return "string"
    return str(type_)

"""Of which kind the values are that SQL gives, where its text leaves no doubt.

A kind is a type of the language (`int`, `float`, `bool`, `string`, `timestamp`, `date`) or what converts to fewer of
them than its type would: `fraction`, numbers that are not whole but by chance; `words`, text that is no number and no
truth value; and `interval`, `time`, `list`, `struct`, which are no values of a column at all. Empty is whatever nobody
can tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, build_scope

from penstock.catalog.sql.values import TableTypes

_NUMBERS = frozenset({"int", "float", "fraction"})
_TIMES = frozenset({"timestamp", "date"})
_NO_NUMBER = re.compile(r"[^-+.\d\seEnNaA]")
"""A character that no number has, NaN included."""

_CONDITIONS = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Like,
    exp.ILike, exp.RegexpLike, exp.NullSafeEQ, exp.NullSafeNEQ, exp.StartsWith, exp.IsNan, exp.Exists, exp.LogicalOr,
    exp.LogicalAnd,
)  # fmt: skip
_COUNTS = (
    exp.Count, exp.CountIf, exp.ApproxDistinct, exp.Length, exp.DateDiff, exp.Year, exp.Quarter, exp.Month, exp.Day,
    exp.Hour, exp.Minute, exp.DayOfWeek, exp.DayOfMonth, exp.DayOfYear, exp.WeekOfYear,
)  # fmt: skip
_FRACTIONS = (
    exp.Stddev, exp.StddevPop, exp.StddevSamp, exp.Variance, exp.VariancePop, exp.Corr, exp.Sqrt, exp.Ln, exp.Exp,
)  # fmt: skip
_FIXED: tuple[tuple[tuple[type[exp.Expr], ...], str], ...] = (
    (_CONDITIONS, "bool"),
    (_COUNTS, "int"),
    (_FRACTIONS, "fraction"),
    ((exp.Dayname, exp.Monthname), "words"),
    ((exp.TimeToStr, exp.Upper, exp.Lower, exp.Substring, exp.Trim, exp.Replace, exp.RegexpExtract), "string"),
    ((exp.Interval, exp.ToDays), "interval"),
    ((exp.Array, exp.ArrayAgg, exp.Split), "list"),
    ((exp.Struct,), "struct"),
    ((exp.StrToTime,), "timestamp"),
    ((exp.Date,), "date"),
)
_SAME = (
    exp.Paren,
    exp.Alias,
    exp.Filter,
    exp.Window,
    exp.Nullif,
    exp.Min,
    exp.Max,
    exp.AnyValue,
    exp.ArgMax,
    exp.ArgMin,
)
"""What gives one of the values of its first part."""
_WHOLE = (exp.Mod, exp.IntDiv, exp.Floor, exp.Ceil, exp.Round, exp.Trunc, exp.Case, exp.If, exp.Abs, exp.Sign)
"""What numbers are made of that are multiples of another one, or may be."""
_WHOLE_PARTS = frozenset({"year", "quarter", "month", "week", "day", "dow", "isodow", "doy", "hour", "minute"})
_TYPES: tuple[tuple[frozenset[exp.DType], str], ...] = (
    (frozenset(exp.DataType.INTEGER_TYPES - {exp.DType.BIT}), "int"),
    (frozenset(exp.DataType.REAL_TYPES), "float"),
    (frozenset(exp.DataType.TEXT_TYPES), "string"),
    (frozenset({exp.DType.BOOLEAN}), "bool"),
    (frozenset({exp.DType.DATE}), "date"),
    (frozenset({exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPNTZ}), "timestamp"),
    (frozenset({exp.DType.TIME}), "time"),
    (frozenset({exp.DType.INTERVAL}), "interval"),
    (frozenset({exp.DType.ARRAY, exp.DType.LIST}), "list"),
    (frozenset({exp.DType.STRUCT}), "struct"),
)

KindOf = Callable[[exp.Column], str]
"""The kind of a column; empty where nobody can tell."""


def expression_kind(tree: exp.Expr, columns: dict[str, str]) -> str:
    """The kind of an expression over columns, given the type of each by its name in lower case."""
    return kind_of(tree, lambda column: columns.get(column.name.lower(), ""))


def query_kinds(tree: exp.Expr, tables: TableTypes) -> list[tuple[str, str, exp.Expr]]:
    """The name and the kind of each column of a query's result that is told, and the expression that gives it."""
    typed = {name: {column.lower(): type_ for column, type_ in columns} for name, columns in tables}
    try:
        scope = build_scope(tree)
    except SqlglotError:
        scope = None
    if scope is None or not isinstance(tree, exp.Select):
        return []
    named = [one for one in tree.selects if is_named(one)]
    found = ((one.alias_or_name, kind_of(one, column_in(scope, typed)), one) for one in named)
    return [(name, kind, one) for name, kind, one in found if name and kind]


_NAMED = (exp.Alias, exp.Aliases, exp.Column, exp.Star, exp.Columns, exp.Explode)


def is_named(selected: exp.Expr) -> bool:
    """Whether what is selected has a name of its own; the engine calls whatever else by its text."""
    bare = selected.unnest()
    while isinstance(bare, exp.Dot):
        bare = bare.this
    return isinstance(bare, _NAMED)


def column_in(scope: Scope, typed: dict[str, dict[str, str]]) -> KindOf:
    """The kinds of columns as a scope of a query sees them, given the types of those of its tables."""

    def kind(column: exp.Column) -> str:
        # Without a table it is clear only where there is no other.
        selected = scope.selected_sources
        names = [column.table] if column.table else list(selected)
        node, source = selected.get(names[0], (None, None)) if len(names) == 1 else (None, None)
        if node is None or source is None or _is_renamed(node):
            return ""
        if isinstance(source, exp.Table):
            return typed.get(source.name, {}).get(column.name.lower(), "")
        if not isinstance(source.expression, exp.Select) or _is_renamed(source.expression.parent):
            return ""
        given = [one for one in source.expression.selects if one.alias_or_name.lower() == column.name.lower()]
        return kind_of(given[0], column_in(source, typed)) if len(given) == 1 else ""

    return kind


def _is_renamed(table: exp.Expr | None) -> bool:
    """Whether columns have other names than the table or query itself gives, as in ``flights AS f (a, b)``."""
    return table is not None and bool(table.alias_column_names or table.args.get("pivots"))


def kind_of(node: exp.Expr | None, column: KindOf) -> str:
    """The kind of the values of an expression, given that of each column."""
    if node is None:
        return ""
    for classes, kind in _FIXED:
        if isinstance(node, classes):
            return kind
    if isinstance(node, _SAME):
        # `max(n, 3)` is a list of the three.
        return kind_of(node.this, column) if node.args.get("count") is None else "list"
    if isinstance(node, exp.Column):
        return column(node)
    if isinstance(node, exp.Literal):
        return _of_literal(node)
    if isinstance(node, exp.Boolean):
        return "bool"
    if isinstance(node, exp.Null):
        return "null"
    if isinstance(node, exp.Cast):
        return _of_cast(node, column)
    if isinstance(node, exp.Binary):
        return _of_operator(node, kind_of(node.left, column), kind_of(node.right, column))
    return _of_function(node, column)


def _of_literal(node: exp.Literal) -> str:
    if node.is_string:
        is_truth = node.name.strip().lower() in ("true", "false")
        return "words" if _NO_NUMBER.search(node.name) and not is_truth else "string"
    if node.is_int:
        return "int"
    return "float" if float(node.name).is_integer() else "fraction"


def _of_cast(node: exp.Cast, column: KindOf) -> str:
    if isinstance(node.this, exp.Cast) and isinstance(_uncast(node), exp.Literal):
        return ""  # sqlglot reads `date '2026-01-01'::varchar` as if the date came last
    to = next((kind for types, kind in _TYPES if node.to.this in types), "")
    # A decimal has as many places as its type says, which may be none.
    is_double = node.to.this in (exp.DType.DOUBLE, exp.DType.FLOAT)
    return "fraction" if is_double and kind_of(node.this, column) == "fraction" else to


def _uncast(node: exp.Expr) -> exp.Expr:
    return _uncast(node.this) if isinstance(node, exp.Cast) else node


def _of_operator(node: exp.Binary, left: str, right: str) -> str:
    both = {left, right}
    if isinstance(node, exp.DPipe):
        return "words" if "words" in both else ""
    if isinstance(node, exp.Add | exp.Sub) and not both <= _NUMBERS:
        return _of_times(isinstance(node, exp.Sub), left, right)
    if isinstance(node, exp.Mul | exp.Div) and left == "interval" and right in _NUMBERS:
        return "interval"
    if not both <= _NUMBERS:
        return ""
    if isinstance(node, exp.Div):
        return "float" if _is_multiple(node.left.unnest(), node.right.unnest()) else "fraction"
    if isinstance(node, exp.IntDiv | exp.Mod):
        return "int" if both == {"int"} else "float"
    if isinstance(node, exp.Add | exp.Sub | exp.Mul):
        if both == {"int"}:
            return "int"
        # What was divided by ten may be multiplied by ten, and halves add up.
        again = isinstance(node, exp.Mul) and any(
            _is_parted(side.unnest()) or side.find(*_WHOLE) for side in (node.left, node.right)
        )
        return "fraction" if both == {"int", "fraction"} and not again else "float"
    return ""


def _is_parted(node: exp.Expr) -> bool:
    """Whether a number is divided by a constant or, as in ``n * 0.5``, multiplied."""
    if isinstance(node, exp.Div):
        return isinstance(node.right.unnest(), exp.Literal)
    return isinstance(node, exp.Mul) and any(isinstance(one.unnest(), exp.Literal) for one in (node.left, node.right))


def _is_multiple(left: exp.Expr, right: exp.Expr) -> bool:
    """Whether a division may leave nothing over for every row, as ``(year - year % 10) / 10`` does."""
    if right.name == "1" or left == right or left.find(*_WHOLE):
        return True
    factors = [one.unnest() for one in left.flatten()] if isinstance(left, exp.Mul) else [left]
    return any(one == right or _divides(right, one) for one in factors)


def _divides(one: exp.Expr, other: exp.Expr) -> bool:
    if not (isinstance(one, exp.Literal) and isinstance(other, exp.Literal)) or one.is_string or other.is_string:
        return False
    return float(one.name) != 0 and float(other.name) % float(one.name) == 0


def _of_times(minus: bool, left: str, right: str) -> str:
    if minus and left in _TIMES and right in _TIMES:
        return "int" if left == right == "date" else "interval"
    if left == right == "interval":
        return "interval"
    if left in _TIMES and right == "interval":
        return "timestamp"
    return "timestamp" if not minus and left == "interval" and right in _TIMES else ""


def _of_function(node: exp.Expr, column: KindOf) -> str:
    if isinstance(node, exp.Case | exp.If | exp.Coalesce):
        return _of_branches(kind_of(one, column) for one in _branches(node))
    if isinstance(node, exp.Extract):
        return "int" if node.name.lower() in _WHOLE_PARTS else ""
    of = kind_of(node.this, column) if isinstance(node.this, exp.Expr) else ""
    if isinstance(node, exp.TimestampTrunc):
        return "timestamp" if of in _TIMES else ""
    if isinstance(node, exp.Avg):
        return "fraction" if of in _NUMBERS else "timestamp" if of in _TIMES else ""
    if isinstance(node, exp.Sum):
        return "int" if of in ("int", "bool") else of if of in _NUMBERS else ""
    if isinstance(node, exp.Neg | exp.Abs):
        return of if of in _NUMBERS else "interval" if of == "interval" and isinstance(node, exp.Neg) else ""
    if isinstance(node, exp.Round | exp.Trunc) and of == "int":
        return "int"
    if isinstance(node, exp.Ceil | exp.Floor | exp.Trunc):
        return "float" if of in _NUMBERS else ""
    if isinstance(node, exp.Round):
        places = node.args.get("decimals")
        return of if places is not None and of == "fraction" and places.is_int and places.name != "0" else "float"
    return ""


def _branches(node: exp.Expr) -> list[exp.Expr | None]:
    if isinstance(node, exp.Coalesce):
        return [node.this, *node.expressions]
    if isinstance(node, exp.If):
        return [node.args["true"], node.args.get("false") or exp.null()]
    return [*(branch.args["true"] for branch in node.args["ifs"]), node.args.get("default") or exp.null()]


def _of_branches(kinds: Iterable[str]) -> str:
    found = set(kinds) - {"null"}
    if len(found) == 1:
        return found.pop()
    if found and found <= _NUMBERS:
        return "fraction" if "fraction" in found else "float"
    if found == {"words", "string"}:
        return "words"
    return "timestamp" if found == _TIMES else ""

"""What of SQL depends on the order of rows, which the rows of an aggregate do not have."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

_INSTEAD = {"FirstValue": "arg_min", "LastValue": "arg_max"}
_OTHERS = ("CumeDist", "DenseRank", "Lag", "Lead", "NthValue", "Ntile", "PercentRank", "Rank", "RowNumber")
"""Classes of sqlglot's expressions."""

CALL = re.compile(
    r"\b(first_value|last_value|cume_dist|dense_rank|lag|lead|nth_value|ntile|percent_rank|rank|row_number)"
    r"[ \t\r\n]*\(",
    re.IGNORECASE,
)
"""Where a text may hold such a call; whether it does, a tree of it tells."""


def by_row_order(tree: exp.Expr) -> exp.Expr | None:
    """The first call whose value depends on the order of rows; None where there is none."""
    return next(tree.find_all(*_classes()), None)


def by_column(call: exp.Expr, column: str) -> str:
    """What to write in place of such a call; empty where nothing says the same.

    `column` orders the rows where the call itself does not: `first_value(delay order by landed_at)`.
    """
    function, value = _INSTEAD.get(type(call).__name__), call.this
    if function is None or value is None:
        return ""
    if type(value).__name__ == "Order":
        first, *others = value.expressions
        if others:
            return ""
        column, value = first.this.sql("duckdb"), value.this
        if first.args.get("desc"):
            function = "arg_max" if function == "arg_min" else "arg_min"
    return f"{function}({value.sql('duckdb')}, {column})"


@cache
def _classes() -> tuple[type[exp.Expr], ...]:
    # Whoever has a tree has loaded sqlglot, and nobody else should.
    from sqlglot import exp

    return tuple(getattr(exp, name) for name in (*_INSTEAD, *_OTHERS))

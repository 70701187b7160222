"""What of SQL is another value at each run: the clock, and chance."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

_NODES = ("CurrentDate", "CurrentDatetime", "CurrentTime", "CurrentTimestamp", "Rand", "Uuid")
"""Classes of sqlglot's expressions."""
_CALLS = frozenset({"gen_random_uuid", "get_current_time", "get_current_timestamp", "now", "random", "today"})
"""Functions of DuckDB that sqlglot knows no class for, in lower case."""


def volatile(tree: exp.Expr) -> exp.Expr | None:
    """The first call of an expression or a query that is another value at each run; None where there is none."""
    # Whoever has a tree has loaded sqlglot, and nobody else should.
    from sqlglot import exp

    named = (node for node in tree.find_all(exp.Anonymous) if node.name.lower() in _CALLS)
    return next(tree.find_all(*_classes()), None) or next(named, None)


@cache
def _classes() -> tuple[type[exp.Expr], ...]:
    from sqlglot import exp

    return tuple(getattr(exp, name) for name in _NODES)

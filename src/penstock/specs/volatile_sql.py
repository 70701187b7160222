"""What of SQL is another value at each run: the clock, chance, and the number of a connection."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

_NODES = (
    "CurrentDate", "CurrentDatetime", "CurrentTime", "CurrentTimestamp", "Localtime", "Localtimestamp", "Rand", "Uuid",
)  # fmt: skip
"""Classes of sqlglot's expressions."""
_CALLS = frozenset({
    "current_connection_id", "current_localtime", "current_query_id", "current_transaction_id", "gen_random_uuid",
    "get_current_time", "get_current_timestamp", "now", "random", "setseed", "today", "transaction_timestamp",
    "txid_current", "uuidv4", "uuidv7",
})  # fmt: skip
"""Functions of DuckDB that sqlglot knows no class for, in lower case."""


def volatile(tree: exp.Expr) -> exp.Expr | None:
    """The first part of an expression or a query that is another value at each run; None where there is none."""
    # Whoever has a tree has loaded sqlglot, and nobody else should.
    from sqlglot import exp

    named = (call for call in tree.find_all(exp.Anonymous) if _is_volatile(call))
    sampled = (one for one in tree.find_all(exp.TableSample) if not isinstance(one.args.get("seed"), exp.Literal))
    return next(tree.find_all(*_classes()), None) or next(named, None) or next(sampled, None)


def _is_volatile(call: exp.Anonymous) -> bool:
    # With one argument, `age` counts from today.
    return call.name.lower() in _CALLS or (call.name.lower() == "age" and len(call.expressions) == 1)


@cache
def _classes() -> tuple[type[exp.Expr], ...]:
    from sqlglot import exp

    return tuple(getattr(exp, name) for name in _NODES)

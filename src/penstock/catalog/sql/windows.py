"""How far window functions look: back from their row in the order of the window, ahead of it, or at all of its rows."""

from __future__ import annotations

from typing import NamedTuple

from sqlglot import exp

_OF_ALL_ROWS = (exp.CumeDist, exp.Ntile, exp.PercentRank)
"""Functions that look at all rows however their window is ordered."""
_STEPS = (exp.Lag, exp.Lead)


class Reach(NamedTuple):
    """What the rows have in common that a window function sees."""

    shared: tuple[exp.Expr, ...]
    """What all of them have the same values of."""
    last: exp.Expr | None
    """What none of them has more of than the function's own row; None where nothing is."""


def reach(select: exp.Expr, window: exp.Window) -> Reach:
    """What a window function of a SELECT sees."""
    named = _named(select, window)

    def clause(key: str) -> exp.Expr | None:
        own = window.args.get(key)
        return own if own or named is None else named.args.get(key)

    shared = window.args.get("partition_by") or (named.args.get("partition_by") if named is not None else None) or ()
    order = clause("order")
    first = order.expressions[0] if order is not None and order.expressions else None
    if not isinstance(first, exp.Ordered) or window.this.find(*_OF_ALL_ROWS) is not None:
        return Reach(tuple(shared), None)
    back, ahead = _sides(window.this, clause("spec"))
    looks_later = back if first.args.get("desc") else ahead
    return Reach(tuple(shared), None if looks_later else first.this)


def _sides(function: exp.Expr, spec: exp.Expr | None) -> tuple[bool, bool]:
    """Whether a function looks back in the order of its window, and whether it looks ahead."""
    step = function.find(*_STEPS)
    if step is not None:
        offset = step.args.get("offset")
        is_back = isinstance(step, exp.Lag) is not isinstance(offset, exp.Neg)
        return is_back, not is_back
    if spec is None:
        return True, False
    start, end = (str(spec.args.get(side) or "").upper() for side in ("start_side", "end_side"))
    return start == "PRECEDING", "FOLLOWING" in (start, end)


def _named(select: exp.Expr, window: exp.Window) -> exp.Expr | None:
    """The window of a WINDOW clause that ``over w`` names."""
    name = window.alias.lower()
    return next((one for one in select.args.get("windows") or () if one.name.lower() == name), None) if name else None

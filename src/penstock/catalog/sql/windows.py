"""Window functions in what a query selects, and the columns up to whose values each of them looks.

A window that is ordered by time and ends at its row sees what was there by then, as a join with a condition on the time
does, and so does one of the rows of one time. Any other sees rows of any time.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

_OF_ALL_ROWS = (exp.CumeDist, exp.Lead, exp.Ntile, exp.PercentRank)
"""Functions that look beyond their row however its window is ordered."""


def ordering(select: exp.Expr, selected: exp.Expr) -> Iterator[list[exp.Column]]:
    """For each window function of something selected: the columns that all of its rows share, or are ordered by first.

    The latter only where it does not look beyond its row all the same.
    """
    for window in selected.find_all(exp.Window):
        if window.find_ancestor(exp.Select) is not select:
            continue
        named = _named(select, window)
        order = window.args.get("order") or (named.args.get("order") if named is not None else None)
        spec = window.args.get("spec") or (named.args.get("spec") if named is not None else None)
        follows = spec is not None and spec.args.get("end_side") == "FOLLOWING"
        first = order.expressions[0] if order is not None and order.expressions else None
        is_back = first is not None and bool(first.args.get("desc"))
        parts = window.args.get("partition_by") or (named.args.get("partition_by") if named is not None else None)
        found = [one for one in parts or () if isinstance(one, exp.Column)]
        if first is not None and not (is_back or follows or window.this.find(*_OF_ALL_ROWS) is not None):
            found += first.find_all(exp.Column)
        yield found


def _named(select: exp.Expr, window: exp.Window) -> exp.Expr | None:
    """The window of a WINDOW clause that ``over w`` names."""
    name = window.alias.lower()
    return next((one for one in select.args.get("windows") or () if one.name.lower() == name), None) if name else None

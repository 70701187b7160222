"""Which SQL makes one value of many rows."""

from __future__ import annotations

from sqlglot import exp

MORE_AGGREGATES = frozenset({
    "arbitrary", "arg_max_null", "arg_max_nulls_last", "arg_min_null", "arg_min_nulls_last", "bitstring_agg",
    "combine_aggr", "count_star", "decimal_average", "entropy", "favg", "fsum", "histogram", "histogram_exact",
    "kahan_sum", "kurtosis_pop", "lttb", "mad", "mean", "product", "reservoir_quantile", "sem", "sum_no_overflow",
    "sumkahan", "variant_group_object",
})  # fmt: skip
"""Aggregate functions of DuckDB that sqlglot takes for any other."""


def aggregates(tree: exp.Expr) -> bool:
    """Whether an aggregate function stands in an expression."""
    if tree.find(exp.AggFunc) is not None:
        return True
    return any(one.name.lower() in MORE_AGGREGATES for one in tree.find_all(exp.Anonymous))


def gives_one_row(query: exp.Expr) -> bool:
    """Whether a query returns exactly one row whatever the rows of its tables are, such as their number."""
    if not isinstance(query, exp.Select) or any(query.args.get(key) for key in _CHANGING):
        return False
    if query.args.get("from_") is None:
        return query.args.get("where") is None and query.find(exp.Explode) is None
    # What stands in a subquery or a window makes no row of many.
    return any(
        aggregates(call) and call.find_ancestor(exp.Window, exp.Select) is query
        for one in query.selects
        for call in one.find_all(exp.AggFunc, exp.Anonymous)
    )


_CHANGING = ("group", "having", "qualify", "limit", "offset", "sample")
"""Parts of a query that may leave no row of it, or make several."""

"""An aggregate depends on the order of rows, which is undefined.

What it does: looks for `first_value`, `lag`, `rank` and other window functions in the SQL of an `aggregate`. `first`
and `last` are allowed: they use the time of the rows.

Why: the rows of a window are a set. Window functions need an explicit order, so the engine rejects them in an
aggregate, after the data has been read.

Example:

    last_delay: {type: int, aggregate: {of: arrivals, sql: last_value(delay), match: [carrier], window: 30d}}

Use instead `last(delay)`, or a function that names the column to order by:

    last_delay: {type: int, aggregate: {of: arrivals, sql: "arg_max(delay, arrived_at)", match: [carrier], window: 30d}}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import NO_WINDOW, SqlError
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.row_order_sql import CALL, by_column, by_row_order


@rule("row-order")
def row_order(view: View, feature_set: FeatureSet) -> Iterator[Diagnostic]:
    """Yields each aggregate that needs an order of its rows."""
    for name, feature in feature_set.spec.features.items():
        aggregate = feature.aggregate
        found = CALL.search(aggregate.sql) if aggregate is not None else None
        if aggregate is None or found is None or not _is_sound(aggregate.sql):
            continue
        # Loaded for what is most likely a mistake, and for nothing else.
        from sqlglot import parse_one

        call = by_row_order(parse_one(aggregate.sql, dialect="duckdb"))
        if call is None:
            continue
        dataset = view.find(Dataset, aggregate.of)
        column = (dataset.spec.known_at or dataset.spec.event_time) if dataset is not None else None
        instead = by_column(call, column or "time")
        yield Diagnostic.error(
            "row-order",
            f"the SQL of `{name}` depends on the order of rows, which is undefined within a window",
            view.span(feature_set, ("features", name, "aggregate", "sql"), within=found.span(1)),
            help=(
                f"write `{instead}`, which names the column to order by"
                if instead
                else "aggregate values, such as `arg_max(value, time)`, or number the rows in the `sql` of a dataset",
            ),
        )


def _is_sound(text: str) -> bool:
    """Whether it is an expression, or lacks nothing but a window, and has none; `sql-syntax` tells of others."""
    parsed = analysis.expression(text)
    return parsed.headline == NO_WINDOW if isinstance(parsed, SqlError) else not parsed.windows

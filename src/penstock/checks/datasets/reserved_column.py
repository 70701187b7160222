"""A column is called as one that the steps add to the rows while they work.

What it does: looks for the steps' own names, such as `@row`, `@class`, `@place` or `@entity.flight`, among the columns
of a dataset. Other names may begin with `@`: `@timestamp` is one.

Why: a step would take the one for the other. It stops with words about a query that nobody wrote, or reads its own
column where the user's is meant.

Example: `columns: {"@class": {type: string}}`

Use instead: a `query` that gives the column another name, or another name in the source.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.specs.dataset import Dataset
from penstock.specs.own_columns import is_own_column


@rule("reserved-column")
def reserved_column(view: View, dataset: Dataset) -> Iterator[Diagnostic]:
    """Yields each column that has a name of the steps' own."""
    for name in dataset.spec.columns:
        if name.startswith("@") and is_own_column(name):
            yield Diagnostic.error(
                "reserved-column",
                f"a column cannot be called `{name}`",
                view.span(dataset, ("columns", name), "key"),
                "steps add a column of this name",
                help=(f"call it `{name.removeprefix('@')}`, in the source or by a `query` over it",),
            )

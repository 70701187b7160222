"""A column has a name that is reserved for the steps.

What it does: looks for the columns that steps add, such as `@row`, `@class`, `@place` or `@entity.flight`, among the
columns of a dataset. Other names may begin with `@`, such as `@timestamp`.

Why: a step would confuse the two columns: it would fail in a query that you did not write, or read the wrong column.

Example: `columns: {"@class": {type: string}}`

Use instead: another name in the source, or a SQL dataset over it that renames the column.
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
                f"the column name `{name}` is reserved",
                view.span(dataset, ("columns", name), "key"),
                "steps add a column of this name",
                help=(f"rename it to `{name.removeprefix('@')}`, in the source or with a SQL dataset over it",),
            )

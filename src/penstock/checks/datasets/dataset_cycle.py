"""A dataset is derived from itself.

What it does: follows the tables of SQL datasets and reports cycles.

Why: no dataset of a cycle can be computed before the others.

Example: `delays` selects from `routes`, and `routes` selects from `delays`.

Use instead: derive both from a third dataset, whose source is a file, a Python function or another query.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Query
from penstock.catalog.upstream import circle_of
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.specs.dataset import Dataset


@rule("dataset-cycle")
def dataset_cycle(view: View, dataset: Dataset) -> Iterator[Diagnostic]:
    """Yields the circle that a dataset is the first of, by name."""
    circle = circle_of(view, dataset.name)
    if circle is None or dataset.name != min(circle):
        return
    query = analysis.query(dataset.spec.source.sql or "")
    at = (
        next((table.at for table in query.tables if table.name == circle[1]), None)
        if isinstance(query, Query)
        else None
    )
    yield Diagnostic.error(
        "dataset-cycle",
        f"the dataset `{dataset.name}` is derived from itself",
        view.span(dataset, ("source", "sql"), within=at),
        " -> ".join(circle),
        help=("let one of them read from a dataset outside of the cycle",),
    )

"""A query reads a table that is not a dataset.

What it does: looks up every table of a SQL dataset, and of the SQL checks of any dataset, among the datasets. Functions
in the place of a table may only make rows of their arguments, as `range` and `unnest` do: `read_csv` reads a file, and
`query_table` a table that the query does not name.

Why: queries may only read declared datasets. Other tables have no contract and no lineage, so a sensitive column could
go unnoticed.

Example:

    source: {sql: "select * from flihgts where origin = 'JFK'"}

Use instead: the name of a Dataset, quoted if it contains dashes: `from "flight-plans"`. A check reads its own dataset
as `this`.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import SpecId, View
from penstock.catalog.references import unknown_name
from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Query
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Pointer
from penstock.specs.dataset import Dataset


@rule("unknown-table")
def unknown_table(view: View, dataset: Dataset) -> Iterator[Diagnostic]:
    """Yields each table that is not declared."""
    source = dataset.spec.source.sql
    if source is not None:
        yield from _tables(view, dataset, ("source", "sql"), source, ())
    for position, check in enumerate(dataset.spec.checks):
        if check.sql is not None:
            yield from _tables(view, dataset, ("checks", position, "sql"), check.sql, ("this",))


def _tables(view: View, dataset: Dataset, pointer: Pointer, text: str, also: tuple[str, ...]) -> Iterator[Diagnostic]:
    query = analysis.query(text)
    if not isinstance(query, Query):
        return
    for table in query.tables:
        if table.name in also:
            continue
        if also:
            yield Diagnostic.error(
                "unknown-table",
                f"a check of `{dataset.name}` reads the table `{table.name}`",
                view.span(dataset, pointer, within=table.at),
                help=(_IN_CHECKS,),
            )
        elif view.find(Dataset, table.name) is None and not view.is_declared(Dataset, table.name):
            target = SpecId("Dataset", table.name)
            yield unknown_name(view.catalog, target, view.span(dataset, pointer, within=table.at), "the query")
    holder = f"a check of `{dataset.name}`" if also else "the query"
    for function in query.functions:
        yield Diagnostic.error(
            "unknown-table",
            f"{holder} reads `{function.name}(...)`, which is not a dataset",
            view.span(dataset, pointer, within=function.at),
            help=(_IN_CHECKS if also else _instead(function.name.lower()),),
        )


_IN_CHECKS = "a check can only read its own dataset, as the table `this`"


def _instead(function: str) -> str:
    """What to write instead of a function that reads something."""
    if function.startswith(("read_", "parquet_", "sniff_")) or function.endswith("_scan"):
        return "declare a Dataset with the file as its `source`, and read that by its name"
    return "write the name of the dataset in its place: a query can only read datasets"

"""A column that Penstock or a query makes is declared with a type that its values cannot be converted to.

What it does: where the query of a dataset determines the type of a result column, compares it with the declared type.
`/` and averages give fractions, the difference of two timestamps is an interval, and a timestamp is not a number. A
`surrogateKey` is text.

Why: in the step that reads the dataset every row would break the contract, after the data has been read.

Example:

    source: {sql: "select flight_id, landed_at - departs_at as flown from flights"}
    columns:
      flown: {type: int}

Use instead:

    source: {sql: "select flight_id, date_diff('minute', departs_at, landed_at) as flown from flights"}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Query
from penstock.catalog.upstream import types_read
from penstock.checks.rule import rule
from penstock.checks.value_kinds import misfit
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Dataset


@rule("column-type")
def column_type(view: View, dataset: Dataset) -> Iterator[Diagnostic]:
    """Yields each column that is declared of another type than what makes it gives."""
    key = dataset.spec.surrogate_key
    made = dataset.spec.columns.get(key) if key is not None else None
    if key is not None and made is not None and made.type != "string":
        yield Diagnostic.error(
            "column-type",
            f"the column `{key}` is declared as {made.type}, but a surrogate key is text",
            view.span(dataset, ("columns", key, "type")),
            secondary=(Label(view.span(dataset, ("surrogateKey",)), "added to the rows"),),
            help=("declare it as `string`",),
        )
    text = dataset.spec.source.sql
    query = analysis.query(text) if text is not None else None
    if text is None or not isinstance(query, Query) or query.unknown:
        return
    declared = {name.lower(): (name, column.type) for name, column in dataset.spec.columns.items()}
    for given in analysis.kinds(text, types_read(view, dataset)):
        name, type_ = declared.get(given.name.lower(), ("", ""))
        found = misfit(given.kind, type_)
        if found is not None:
            yield Diagnostic.error(
                "column-type",
                f"the column `{name}` is declared as {type_}, but the query gives {found.words}",
                view.span(dataset, ("columns", name, "type")),
                secondary=(Label(view.span(dataset, ("source", "sql"), within=given.at), f"this gives {found.words}"),),
                help=(found.remedy,),
            )

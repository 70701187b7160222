"""A time of a dataset is no time, or is needed and missing.

What it does: `eventTime` and `knownAt` must name columns of type `timestamp` or `date`; `freshness` and `knownAt`
need an `eventTime`.

Why: features are joined as of a row's own time. A text or a number has no order in time that could be relied on.

Example:

    eventTime: year
    columns: {year: {type: int}}

Use instead: a column of type `timestamp`, or of type `date`, which counts from its midnight on.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Dataset


@rule("time-column")
def time_column(view: View, dataset: Dataset) -> Iterator[Diagnostic]:
    """Yields each time that is no timestamp, and each field that has no event time to go by."""
    spec = dataset.spec
    for key, name in (("eventTime", spec.event_time), ("knownAt", spec.known_at)):
        column = spec.columns.get(name) if name is not None else None
        if column is not None and column.type not in ("timestamp", "date"):
            declared = Label(view.span(dataset, ("columns", str(name), "type")), f"declared as `{column.type}`")
            yield Diagnostic.error(
                "time-column",
                f"`{key}` names a column that is no time",
                view.span(dataset, (key,)),
                secondary=(declared,),
                help=("declare the column as `timestamp` or `date`, or name another one",),
            )
    if spec.event_time is None:
        for key, value in (("freshness", spec.freshness), ("knownAt", spec.known_at)):
            if value is not None:
                yield Diagnostic.error(
                    "time-column",
                    f"`{key}` says nothing without an `eventTime`",
                    view.span(dataset, (key,), "key"),
                    help=("add `eventTime` with the column that tells when a row happened",),
                )

"""A time column of a dataset is not a timestamp, or is missing.

What it does: `eventTime` and `knownAt` must name columns of type `timestamp` or `date`; `freshness` and `knownAt`
need an `eventTime`.

Why: features are joined as of the event time of a row. Texts and numbers cannot be ordered reliably by time.

Example:

    eventTime: year
    columns: {year: {type: int}}

Use instead: a column of type `timestamp`, or of type `date`, which stands for its midnight.
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
                f"`{key}` names a column that is not a timestamp",
                view.span(dataset, (key,)),
                secondary=(declared,),
                help=("declare the column as `timestamp` or `date`, or name another column",),
            )
    if spec.event_time is None:
        for key, value in (("freshness", spec.freshness), ("knownAt", spec.known_at)):
            if value is not None:
                yield Diagnostic.error(
                    "time-column",
                    f"`{key}` needs an `eventTime`",
                    view.span(dataset, (key,), "key"),
                    help=("add `eventTime` with the column that holds the time of the event",),
                )

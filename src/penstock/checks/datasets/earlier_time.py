"""A query gives its rows a time before the one at which they are known (temporal leakage).

What it does: follows the rows of a SQL dataset to the datasets that they are read from. Its time (`knownAt`, or
`eventTime` without one) must not be one from which the query takes something away, such as the beginning of the hour or
`- INTERVAL 1 HOUR`, nor the event time of rows whose own `knownAt` it leaves out. Keys and event times are known as
soon as a row is asked for. A time that is a date is reported by `future-leak` where a feature goes by it.

Why: features see the rows from that time on, so that a model would learn from data which nobody has by then. What
other functions make of a time may be any time, and is taken as it is written.

Example: the wind of an hour is published when the hour is over.

    kind: Dataset            # weather: eventTime: observed_at, knownAt: published_at
    ---
    kind: Dataset
    spec:
      source: {sql: "SELECT station, observed_at, wind FROM weather"}
      eventTime: observed_at

Use instead: the time at which the rows are known:

      source: {sql: "SELECT station, observed_at, published_at, wind FROM weather"}
      eventTime: observed_at
      knownAt: published_at

If the columns are known earlier than the rest of their row, such as the weekday of an hour, accept the warning in
`metadata.acceptedWarnings` with that reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.catalog.upstream import Column, derivation_of, moments_read
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.grammar import listed
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Dataset


@rule("earlier-time", severities=WARNS)
def earlier_time(view: View, dataset: Dataset) -> Iterator[Diagnostic]:
    """Yields each dataset whose rows come before they are known."""
    spec = dataset.spec
    key = "knownAt" if spec.known_at is not None else "eventTime"
    own = spec.known_at or spec.event_time
    declared = spec.columns.get(own) if own is not None else None
    derivation = derivation_of(view, dataset)
    if own is None or declared is None or declared.type == "date" or derivation is None:
        return
    made_of = {name.lower(): sources for name, sources in derivation.columns}
    for read in {one.name: one for one in _retimed(view, dataset, made_of, own)}.values():
        early = {(read.name, one) for one in (*read.spec.primary_key, read.spec.event_time) if one is not None}
        late = sorted(name for name in spec.columns if not made_of.get(name.lower(), frozenset()) <= early)
        if not late:
            continue
        time_key = "knownAt" if read.spec.known_at is not None else "eventTime"
        time = read.spec.known_at or read.spec.event_time
        yield Diagnostic.warning(
            "earlier-time",
            f"{listed(late)} of `{dataset.name}` may be seen before the rows of `{read.name}` are known",
            view.span(dataset, (key,)),
            f"before `{time}` of `{read.name}`",
            secondary=(Label(view.span(read, (time_key,)), "they are known then"),),
            help=(
                f"select `{time}` as it is, and declare that column as `knownAt`",
                "or accept the warning, if these columns are known earlier than the rest of their row",
            ),
        )


def _retimed(view: View, dataset: Dataset, made_of: dict[str, frozenset[Column]], own: str) -> Iterator[Dataset]:
    """The datasets whose rows get a time that is surely before the one at which they are known."""
    time_of = made_of.get(own.lower(), frozenset())
    for one in analysis.lookaheads(dataset.spec.source.sql or "", moments_read(view, dataset), own):
        read = view.find(Dataset, one.table)
        if read is None:
            continue
        # Of other times than these two nobody says which one is the earlier.
        leaves_out = (
            read.spec.known_at not in (None, read.spec.event_time)
            and read.spec.event_time is not None
            and time_of == frozenset({(read.name, read.spec.event_time)})
        )
        if one.how == "earlier" or (one.how == "retimed" and leaves_out):
            yield read

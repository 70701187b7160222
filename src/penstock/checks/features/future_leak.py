"""A feature reads data that is not yet known at the time of its row (temporal leakage).

What it does: features are point-in-time correct: each is computed as of the event time of its row. Neither an
expression nor `match` may read columns of a row that becomes known later (`knownAt`); `latest` and `aggregate` need
times on both sides, and a date as a time is a warning; `lookup` needs a table without an event time.

Why: such a feature looks right in every test and is wrong in production, where the model does not have data from the
future.

Example:

    kind: Dataset            # departures: eventTime: scheduled, knownAt: departed
    ...
    taxi_minutes: {type: int, sql: taxi_minutes}      # known only after departure

Use instead: read the column with `latest` or `aggregate`, which see only rows that were known at the time, or take the
feature from a dataset that is known early enough.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.lineage import FeatureId, lineage
from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.grammar import listed
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import Feature, FeatureSet


@rule("future-leak", severities=MAY_WARN)
def future_leak(view: View, feature_set: FeatureSet) -> Iterator[Diagnostic]:
    """Yields each feature that looks ahead, or that has no time to go by."""
    source = view.find(Dataset, feature_set.spec.source)
    if source is None:
        return
    for name, feature in feature_set.spec.features.items():
        yield from _own_columns(view, feature_set, source, name, feature)
        yield from _others(view, feature_set, source, feature, ("features", name))


def _own_columns(
    view: View, feature_set: FeatureSet, source: Dataset, name: str, feature: Feature
) -> Iterator[Diagnostic]:
    """A feature from the row's own columns or found by them, where the row is known only after its event time."""
    spec = source.spec
    if spec.known_at is None or spec.known_at == spec.event_time or spec.known_at not in spec.columns:
        # A time that is no column is reported at the dataset.
        return
    # What identifies the row is known as soon as the row is asked for.
    early = {*spec.primary_key, *feature_set.spec.entity, spec.event_time}
    own = ("sql", "python", "match")
    sources = lineage(view).sources_of(FeatureId(feature_set.name, name))
    late = sorted({one.column[1] for one in sources if one.form in own} - early)
    if late:
        form = next(
            key for key in ("sql", "python", "latest", "lookup", "aggregate") if getattr(feature, key) is not None
        )
        pointer: Pointer = ("features", name, form)
        if form not in own:
            pointer = (*pointer, "match")
        yield Diagnostic.error(
            "future-leak",
            f"the feature `{name}` {'reads' if form in own else 'matches'} {listed(late)} before it is known",
            view.span(feature_set, pointer),
            f"computed as of `{spec.event_time}`",
            secondary=(Label(view.span(source, ("knownAt",)), f"the rows of `{source.name}` become known only then"),),
            help=(
                "read it with `latest` or `aggregate`, which see only rows that were known at the time"
                if form in own
                else "match on columns that are known by then",
            ),
        )


def _whole_days(view: View, feature_set: FeatureSet, of: Dataset, pointer: Pointer) -> Iterator[Diagnostic]:
    """Rows with a date for a time count as known from its midnight on, before most of the day has happened."""
    key = "knownAt" if of.spec.known_at is not None else "eventTime"
    column = of.spec.columns.get(of.spec.known_at or of.spec.event_time or "")
    if column is not None and column.type == "date":
        yield Diagnostic.warning(
            "future-leak",
            f"rows of `{of.name}` count as known from 00:00 of their day, which may be too early",
            view.span(feature_set, pointer),
            secondary=(Label(view.span(of, (key,)), "a date"),),
            help=("add `knownAt` with the time at which a row becomes available, such as the next midnight",),
        )


def _others(
    view: View, feature_set: FeatureSet, source: Dataset, feature: Feature, pointer: Pointer
) -> Iterator[Diagnostic]:
    for key, form in (("latest", feature.latest), ("aggregate", feature.aggregate)):
        if form is None:
            continue
        of = view.find(Dataset, form.of)
        if of is not None and of.spec.event_time is None:
            yield Diagnostic.error(
                "future-leak",
                f"`{key}` reads `{of.name}`, which has no event time",
                view.span(feature_set, (*pointer, key, "of")),
                secondary=(Label(view.span(of, (), "key"), "no `eventTime`"),),
                help=("declare `eventTime` in the dataset, or use `lookup` if its values never change",),
            )
        elif of is not None:
            yield from _whole_days(view, feature_set, of, (*pointer, key, "of"))
        if source.spec.event_time is None:
            yield Diagnostic.error(
                "future-leak",
                f"`{key}` needs the event time of `{source.name}`",
                view.span(feature_set, (*pointer, key), "key"),
                secondary=(Label(view.span(source, (), "key"), "no `eventTime`"),),
                help=(f"declare `eventTime` in `{source.name}`",),
            )
    if feature.lookup is not None:
        of = view.find(Dataset, feature.lookup.of)
        if of is not None and of.spec.event_time is not None:
            yield Diagnostic.error(
                "future-leak",
                f"`lookup` reads `{of.name}`, whose rows change over time",
                view.span(feature_set, (*pointer, "lookup"), "key"),
                secondary=(Label(view.span(of, ("eventTime",)), "it has an event time"),),
                help=("use `latest`, which takes the newest value that was known at the row's time",),
            )

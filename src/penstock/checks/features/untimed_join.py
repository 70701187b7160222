"""A feature comes from a join that is not point-in-time correct.

What it does: follows the columns that a feature reads through SQL. If a dataset joins rows that have an event time,
that time (or `knownAt`, where it is declared) must be part of the dataset's own time, or of a condition in the query. A
dataset without an event time that is derived from one with it is a warning if a `lookup` reads it: its values may
include the future. So is a window function that looks beyond its row: one that is not ordered by that time, such as
`avg(delay) over (partition by carrier)`, or `lead`. A join that brings in the label is reported as `label-leak`.

Why: rows that match only by key may be far apart in time. The joined row counts as known at the time of one of them, so
the model would be trained on data from the future.

Example: the row of `landings` is written hours after the departure that it is joined to.

    source: {sql: "SELECT d.*, l.minutes FROM departures d JOIN landings l ON d.flight_id = l.flight_id"}
    eventTime: departs_at

Use instead: a condition on the times, or `latest` or `aggregate` in the feature set, which apply one by themselves:

    source: {sql: "SELECT d.*, l.minutes FROM departures d JOIN landings l
      ON d.tail = l.tail AND l.landed_at <= d.departs_at"}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.lineage import FeatureId, lineage, read_dataset
from penstock.catalog.model import View
from penstock.catalog.upstream import Column, derivation_of, tables_of, upstream
from penstock.checks.leaks import leaks
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model


@rule("untimed-join", severities=MAY_WARN)
def untimed_join(view: View, feature_set: FeatureSet) -> Iterator[Diagnostic]:
    """Yields each feature that reads what a join without a time has brought together."""
    features = feature_set.spec.features
    read = {feature_set.spec.source, *(of for one in features.values() if (of := read_dataset(one)) is not None)}
    if not any(tables_of(view, name) for name in read):
        return
    for name in features:
        for source in lineage(view).sources_of(FeatureId(feature_set.name, name)):
            found = None if source.guessed or source.decides else _brought(view, source.column)
            if found is None:
                continue
            joined, brought = (view.get(Dataset, one) for one in found)
            if _is_leak(view, FeatureId(feature_set.name, name), brought):
                continue
            if _time(joined) is not None:
                yield _error(view, feature_set, name, joined, brought)
                break
            # Of its own rows, a feature set looks up what each of them has anyway.
            if source.form == "lookup" and brought.name != feature_set.spec.source:
                yield _warning(view, feature_set, name, joined, brought)
                break
        else:
            yield from _windowed(view, feature_set, name)


def _windowed(view: View, feature_set: FeatureSet, name: str) -> Iterator[Diagnostic]:
    """The first window function on the way to a feature that sees rows of any time."""
    for source in lineage(view).sources_of(FeatureId(feature_set.name, name)):
        found = None if source.guessed or source.decides else _unbound(view, source.column)
        if found is not None:
            (dataset, column), time = found
            yield Diagnostic.warning(
                "untimed-join",
                f"the feature `{name}` may see rows that are later than its own, in a window",
                view.span(feature_set, ("features", name), "key"),
                secondary=(
                    Label(
                        view.span(view.get(Dataset, dataset), ("source", "sql")),
                        f"the window of `{column}` is not bound by `{time}`",
                    ),
                ),
                help=(
                    f"order the window by `{time}` and end it at the current row, or read the rows with `aggregate`, "
                    "which sees only what was known at the time",
                ),
            )
            return


def _unbound(view: View, column: Column) -> tuple[Column, str] | None:
    """The first column on the way that a window function makes of rows of any time, and their time."""

    def look(seen: View) -> tuple[Column, str] | None:
        return next((found for one in upstream(seen, column) if (found := _ahead(seen, one)) is not None), None)

    return view.memo(("unbound-window", column), look)


def _ahead(view: View, column: Column) -> tuple[Column, str] | None:
    dataset = view.find(Dataset, column[0])
    derivation = derivation_of(view, dataset) if dataset is not None else None
    if dataset is None or derivation is None or _time(dataset) is None:
        return None
    read = [found for name in tables_of(view, dataset.name) if (found := view.find(Dataset, name)) is not None]
    times = {(one.name, time) for one in read for time in (one.spec.known_at, one.spec.event_time) if time is not None}
    bound_by = [orders for name, orders in derivation.windows if name.lower() == column[1].lower()]
    if times and any(times.isdisjoint(order) for orders in bound_by for order in orders):
        return column, next(time for one in read if (time := _time(one)) is not None)
    return None


def _is_leak(view: View, feature: FeatureId, brought: Dataset) -> bool:
    """Whether what is brought in is the label of a model that learns from the feature, which is reported there."""
    return any(
        model.spec.label.dataset == brought.name and feature in leaks(view, model)
        for model in view.all(Model)
        if feature.feature_set in model.spec.features
    )


def _brought(view: View, column: Column) -> tuple[str, str] | None:
    """The first dataset on the way to a column that takes it from another one whatever its time, and that one."""

    def look(seen: View) -> tuple[str, str] | None:
        return next(((joined.name, brought.name) for joined, brought in _untimed(seen, column, set())), None)

    return view.memo(("untimed", column), look)


def _untimed(view: View, column: Column, seen: set[Column]) -> Iterator[tuple[Dataset, Dataset]]:
    """The SQL datasets on the way to a column, each with a dataset of which it takes the column whatever its time."""
    dataset = view.find(Dataset, column[0])
    derivation = derivation_of(view, dataset) if dataset is not None else None
    if dataset is None or derivation is None or column in seen:
        return
    seen.add(column)
    # SQL does not tell upper case from lower case.
    named = [sources for name, sources in derivation.columns if name.lower() == column[1].lower()]
    for parent in sorted(frozenset[Column]().union(*named)):
        read = view.find(Dataset, parent[0])
        if read is not None and _time(read) is not None and not _is_bound(view, dataset, read):
            yield dataset, read
        yield from _untimed(view, parent, seen)


def _is_bound(view: View, dataset: Dataset, read: Dataset) -> bool:
    """Whether the time of the rows that are read is part of the dataset's own, or of a condition of its query."""
    # A row that is known later than it happened counts from then on.
    times = {(read.name, time) for time in [_time(read)] if time is not None}
    derivation = derivation_of(view, dataset)
    deciding = {one for _, keys in derivation.keys for one in keys} | derivation.filters if derivation else set()
    own = [time for time in (dataset.spec.known_at, dataset.spec.event_time) if time is not None]
    if not own:
        return bool(times & deciding)
    is_join = len(tables_of(view, dataset.name)) > 1
    if not is_join or times & deciding:
        return True
    return any(times & set(upstream(view, (dataset.name, one))) for one in own)


def _time(dataset: Dataset) -> str | None:
    return dataset.spec.known_at or dataset.spec.event_time


def _error(view: View, feature_set: FeatureSet, name: str, joined: Dataset, brought: Dataset) -> Diagnostic:
    return Diagnostic.error(
        "untimed-join",
        f"the feature `{name}` may see rows of `{brought.name}` that are later than its own",
        view.span(feature_set, ("features", name), "key"),
        f"computed as of `{_time(joined)}` of `{joined.name}`",
        secondary=(Label(view.span(joined, ("source", "sql")), f"this join has no condition on `{_time(brought)}`"),),
        help=(
            f"add a condition on `{brought.name}.{_time(brought)}`, "
            f"or read `{brought.name}` with `latest` or `aggregate`, which see only what was known at the time",
        ),
    )


def _warning(view: View, feature_set: FeatureSet, name: str, joined: Dataset, brought: Dataset) -> Diagnostic:
    return Diagnostic.warning(
        "untimed-join",
        f"the feature `{name}` may include the future: `{joined.name}` has no event time, but is derived from "
        "rows that have one",
        view.span(feature_set, ("features", name, "lookup"), "key"),
        secondary=(Label(view.span(brought, ("eventTime",)), f"the time of the rows of `{brought.name}`"),),
        help=(f"read `{brought.name}` with `latest` or `aggregate` if the value changes over time",),
    )

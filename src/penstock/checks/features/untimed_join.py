"""A feature comes from rows that its dataset joins or groups without regard to time (not point-in-time correct).

What it does: follows the columns that a feature reads through SQL, and the rows that they are made of through joins,
subqueries, groups and window functions. Where these rows have an event time (or `knownAt`, where it is declared), it
must be no later than the time of the dataset that the query gives: by a condition, by the order of a window, or because
the one is made of the other, as by `max(...)`. A time that is written out bounds them where the query takes its own
rows from then on, as by `m.landed_at < '2020-01-01' AND d.departs_at >= '2020-01-01'`. Conditions are followed through
NOT, IS, CASE and differences: of `CASE WHEN l.landed_at <= d.departs_at THEN 0 ELSE l.minutes END` the ELSE is made of
later rows, and `date_diff('hour', l.landed_at, d.departs_at) >= 0` holds in the hour that has begun. Of `year(...)` and
of `strftime(..., '%Y-%m-%d')` the same is known, and parts that begin anew, such as `hour(...)`, bound nothing. Rows of
another dataset that are joined without any condition on their time are an error. What follows is a warning: rows of the
same table as the row itself, such as all of them in a mean; a condition that does not end at the dataset's time, such
as `l.landed_at >= d.departs_at` or the same day; a window that looks beyond its row; rows that are put together under a
time before the last of them, as a daily average whose time is the beginning of the day; rows which `latest` or
`aggregate` sees and of which later rows decide whether they are there, as by `EXISTS`, by an inner join, as the last of
each by `QUALIFY`, or as the largest by `LIMIT`; what a query gets of all this from a dataset that is a query itself;
and a dataset without an event time that is derived from one with it, where rows with a time look it up or meet it by
their entity. A join that brings in the label is reported as `label-leak`, a row under a time before its own as
`earlier-time`. What other functions make of a time may be any time, and is taken as it is written.

Why: rows that match only by key may be far apart in time. The joined row counts as known at the time of one of them, so
the model would be trained on data from the future.

Example: the row of `landings` is written hours after the departure that it is joined to.

    source: {sql: "SELECT d.*, l.minutes FROM departures d JOIN landings l ON d.flight_id = l.flight_id"}
    eventTime: departs_at

Use instead: a condition on the times, or `latest` or `aggregate` in the feature set, which apply one by themselves:

    source: {sql: "SELECT d.*, l.minutes FROM departures d JOIN landings l
      ON d.tail = l.tail AND l.landed_at <= d.departs_at"}

Example: the average of a day counts as known when the day begins.

    source: {sql: "SELECT carrier, date_trunc('day', landed_at) AS day, avg(delay) AS delay FROM landings GROUP BY ALL"}
    eventTime: day

Use instead: `knownAt` with a time by which all of it is known, selected as `... + INTERVAL 1 DAY AS known_at`:

    eventTime: day
    knownAt: known_at
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from penstock.catalog.lineage import FeatureId, FeatureSource, lineage, rows_dataset
from penstock.catalog.model import View
from penstock.catalog.sql.values import Derivation, Look
from penstock.catalog.upstream import Column, derivation_of, lookaheads_of, upstream
from penstock.checks.leaks import leaks
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model

_How = Literal["join", "condition", "window", "group", "chain", "kept", "timeless"]
_FIRST: tuple[_How, ...] = ("join", "condition", "window", "group", "chain", "kept", "timeless")
"""What is told of a feature where there is more than one thing."""


class _Seen(NamedTuple):
    """Rows that a column is made of, and that may be later than the rows of a dataset on the way to it."""

    joined: str
    """The dataset whose query brings them in."""
    column: str
    """Its column that is made of them."""
    brought: str
    """The dataset whose rows they are."""
    how: Look


@rule("untimed-join", severities=MAY_WARN)
def untimed_join(view: View, feature_set: FeatureSet) -> Iterator[Diagnostic]:
    """Yields each feature that reads what a query has brought together without regard to time."""
    flow = lineage(view)
    for name in feature_set.spec.features:
        feature = FeatureId(feature_set.name, name)
        found: list[tuple[_How, _Seen, FeatureSource]] = []
        for source in flow.sources_of(feature):
            for seen in () if source.guessed or source.decides else _lookaheads(view, source.column):
                how = _how(view, feature_set, source, seen)
                found += [(how, seen, source)] if how is not None else []
            if source.form in ("latest", "aggregate") and not source.guessed:
                deciding = _deciding(view, source.column[0])
                found += [("chain" if seen.how == "chain" else "kept", seen, source) for seen in deciding]
        found = [one for one in found if not _is_leak(view, feature, one[1])]
        if found:
            how, seen, source = min(found, key=lambda one: _FIRST.index(one[0]))
            yield _diagnostic(view, feature_set, name, how, seen, source)


def _lookaheads(view: View, column: Column) -> tuple[_Seen, ...]:
    """The rows that may be later, query by query on the way to a column, the nearest first."""

    def look(inner: View) -> tuple[_Seen, ...]:
        return tuple(
            seen._replace(column=name)
            for dataset, name in upstream(inner, column)
            for seen in _in_query(inner, dataset).get(name.lower(), ())
        )

    return view.memo(("lookaheads", column), look)


def _deciding(view: View, dataset: str) -> tuple[_Seen, ...]:
    """The later rows that may decide which rows of a dataset there are.

    Of its own rows a feature set has whichever there are; of others it sees which are not there.
    """

    def look(inner: View) -> tuple[_Seen, ...]:
        read = inner.find(Dataset, dataset)
        found = _in_query(inner, dataset).get("", ()) if read is not None and _time(read) is not None else ()
        return tuple(seen for seen in found if not _gives_event(inner, seen))

    return view.memo(("deciding lookaheads", dataset), look)


def _gives_event(view: View, seen: _Seen) -> bool:
    """Whether the rows give a dataset the time of its event, and others the time at which that is known."""
    joined, brought = view.get(Dataset, seen.joined), view.get(Dataset, seen.brought)
    event, derivation = joined.spec.event_time, derivation_of(view, joined)
    if event is None or derivation is None or joined.spec.known_at in (None, event):
        return False
    return (brought.name, _time(brought)) in _made_of(derivation, event)


def _in_query(view: View, dataset: str) -> dict[str, list[_Seen]]:
    """What the query of a dataset brings in, by the columns in lower case that are made of it."""

    def look(inner: View) -> dict[str, list[_Seen]]:
        found: dict[str, list[_Seen]] = {}
        read = inner.find(Dataset, dataset)
        for one in lookaheads_of(inner, read) if read is not None else ():
            found.setdefault(one.column.lower(), []).append(_Seen(dataset, one.column, one.table, one.how))
        return found

    return view.memo(("lookaheads of", dataset), look)


def _how(view: View, feature_set: FeatureSet, source: FeatureSource, seen: _Seen) -> _How | None:
    """What is wrong with rows that may be later; None where nothing is."""
    joined = view.get(Dataset, seen.joined)
    own = _time(joined)
    if seen.how == "chain":
        return "chain" if own is not None else None
    if own is None:
        return "timeless" if _may_be_later(view, feature_set, source, seen) else None
    if seen.how == "group":
        # A feature that reads rows of whole days with `latest` or `aggregate` is told of them by `future-leak`.
        declared = joined.spec.columns.get(own)
        is_told = source.form in ("latest", "aggregate") and declared is not None and declared.type == "date"
        if is_told or _has_another_time(view, joined, own, seen.brought):
            return None
        return "group"
    if seen.how == "window":
        return "window"
    derivation = derivation_of(view, joined)
    if derivation is None:
        return None
    deciding = {one for _, keys in derivation.keys for one in keys} | derivation.filters
    # Rows of one table are compared with each other on purpose, though whenever they are.
    is_own = any(table == seen.brought for table, _ in _made_of(derivation, own))
    return "condition" if is_own or (seen.brought, _time(view.get(Dataset, seen.brought))) in deciding else "join"


def _made_of(derivation: Derivation, column: str) -> frozenset[Column]:
    """The columns of tables that a column of a query is made of."""
    named = [sources for name, sources in derivation.columns if name.lower() == column.lower()]
    return frozenset[Column]().union(*named)


def _may_be_later(view: View, feature_set: FeatureSet, source: FeatureSource, seen: _Seen) -> bool:
    """Whether rows that ask at a time of their own get what a dataset without one has of rows of any time."""
    own = view.find(Dataset, feature_set.spec.source)
    models = (model for model in view.all(Model) if feature_set.name in model.spec.features)
    asking = [one for one in (own, *(rows_dataset(view, model) for model in models)) if one is not None]
    if all(_time(one) is None for one in asking):
        return False
    if seen.how != "row":
        return True
    # Of its own rows, a feature set gets what each of them has anyway; so it does of what its query reads row by row.
    is_read = source.form != "lookup" and own is not None and _time(own) is not None
    return not is_read and seen.brought not in {one.name for one in asking}


def _has_another_time(view: View, joined: Dataset, own: str, brought: str) -> bool:
    """Whether the time of a dataset is made of a time of the rows of which nobody says whether it is earlier."""
    read = view.get(Dataset, brought).spec
    derivation = derivation_of(view, joined)
    made_of = _made_of(derivation, own) if derivation is not None else frozenset()
    others = {column for table, column in made_of if table == brought}
    others -= {read.event_time, read.known_at}
    return any(read.columns[one].type in ("timestamp", "date") for one in others if one in read.columns)


def _is_leak(view: View, feature: FeatureId, seen: _Seen) -> bool:
    """Whether what is brought in is the label of a model that learns from the feature, which is reported there."""
    return any(
        model.spec.label.dataset == seen.brought and feature in leaks(view, model)
        for model in view.all(Model)
        if feature.feature_set in model.spec.features
    )


def _time(dataset: Dataset) -> str | None:
    return dataset.spec.known_at or dataset.spec.event_time


def _how_so(view: View, dataset: Dataset) -> str:
    """What brings later rows into a dataset, which whoever reads it gets as well."""
    own = _time(dataset)
    found = [one for one in lookaheads_of(view, dataset) if one.how in ("chain", "window", "join")]
    seen = min(found, key=lambda one: (one.how == "chain", one.column))
    what = f"its `{seen.column}` may be made of" if seen.column else "which rows it has may be decided by"
    return f"{what} rows of `{seen.table}` that are known after `{own}`"


def _diagnostic(
    view: View, feature_set: FeatureSet, name: str, how: _How, seen: _Seen, source: FeatureSource
) -> Diagnostic:
    joined, brought = view.get(Dataset, seen.joined), view.get(Dataset, seen.brought)
    own, time = _time(joined), _time(brought)
    of_row = view.span(feature_set, ("features", name), "key")
    query = view.span(joined, ("source", "sql"))
    reading = f"read `{brought.name}` with `latest` or `aggregate`, which see only what was known at the time"
    later = f"the feature `{name}` may see rows of `{brought.name}` that are later than its own"
    as_of = f"computed as of `{own}` of `{joined.name}`"
    match how:
        case "join":
            return Diagnostic.error(
                "untimed-join",
                later,
                of_row,
                as_of,
                secondary=(Label(query, f"this brings them in without a condition on `{time}`"),),
                help=(f"add a condition on `{brought.name}.{time}`, or {reading}",),
            )
        case "condition":
            return Diagnostic.warning(
                "untimed-join",
                later,
                of_row,
                as_of,
                secondary=(Label(query, f"no condition here ends `{brought.name}.{time}` at `{own}`"),),
                help=(f"write a condition such as `{brought.name}.{time} <= {own}`, or {reading}",),
            )
        case "window":
            return Diagnostic.warning(
                "untimed-join",
                f"the feature `{name}` may see rows that are later than its own, in a window",
                of_row,
                secondary=(Label(query, f"the window of `{seen.column}` is not bound by `{time}`"),),
                help=(
                    f"order the window by `{time}` and end it at the current row, or read the rows with `aggregate`, "
                    "which sees only what was known at the time",
                ),
            )
        case "group":
            return Diagnostic.warning(
                "untimed-join",
                f"{later}, put together with earlier ones",
                of_row,
                as_of,
                secondary=(Label(query, f"`{own}` may be before the last `{time}` of a group"),),
                help=(
                    f"select a time by which all rows of a group are known, such as `max({time})` or the end of the "
                    f"day, and declare it as `knownAt` of `{joined.name}`",
                    f"or read `{brought.name}` with `aggregate`, which sees only what was known at the time",
                ),
            )
        case "chain":
            return Diagnostic.warning(
                "untimed-join",
                f"the feature `{name}` may see later rows than its own by way of `{brought.name}`",
                of_row,
                as_of,
                secondary=(
                    Label(query, f"this reads `{brought.name}`"),
                    Label(view.span(brought, ("source", "sql")), f"it holds what may be known after its `{time}`"),
                ),
                help=(f"mend `{brought.name}`: {_how_so(view, brought)}",),
            )
        case "kept":
            which = "its own" if seen.how == "window" else f"those of `{brought.name}`"
            return Diagnostic.warning(
                "untimed-join",
                f"the feature `{name}` may tell of later rows, which decide what rows of `{joined.name}` there are",
                of_row,
                as_of,
                secondary=(Label(query, f"rows are left out by {which} of any `{time}`"),),
                help=(
                    f"leave rows out only by what is known at `{own}`, or declare the time at which it is known that "
                    f"they are there as `knownAt` of `{joined.name}`",
                ),
            )
        case "timeless":
            is_lookup = source.form == "lookup"
            return Diagnostic.warning(
                "untimed-join",
                f"the feature `{name}` may include the future: `{joined.name}` has no event time, but is derived from "
                "rows that have one",
                view.span(feature_set, ("features", name, "lookup"), "key") if is_lookup else of_row,
                secondary=(Label(view.span(brought, ("eventTime",)), f"the time of the rows of `{brought.name}`"),),
                help=(f"read `{brought.name}` with `latest` or `aggregate` if the value changes over time",),
            )

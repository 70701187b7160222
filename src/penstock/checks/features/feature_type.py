"""A feature is declared with a type that its values cannot be converted to.

What it does: if a feature is an unchanged column, by `sql`, `latest` or `lookup`, compares the two types, and the
column's range if it is declared. A number converts to a boolean only if it is 0 or 1, a timestamp to neither a number
nor a boolean, and neither a fraction nor a timestamp to a category. If SQL computes a feature and determines its type,
that is compared: `/` and averages give fractions, the difference of two timestamps is an interval. It also reports a
`where` whose value is a timestamp, an interval or a list, and not a boolean, and a vector that no `python` function
computes.

Why: values are only converted without loss. The step that computes the features would fail at the first value that
cannot be converted, after the data has been read.

Example:

    temperature: {type: float}                       # the column
    warm: {type: bool, sql: temperature}             # the feature

Use instead the column's type, or an expression that converts it:

    warm: {type: bool, sql: temperature > 20}

Example:

    taxi: {type: int, sql: took_off_at - departs_at}

Use instead:

    taxi: {type: int, sql: "date_diff('minute', departs_at, took_off_at)"}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Expression, SqlError
from penstock.checks.rule import rule
from penstock.checks.value_kinds import Kind, misfit
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Column, Dataset
from penstock.specs.feature_set import Feature, FeatureSet

_NEVER = {("timestamp", "int"), ("timestamp", "float"), ("timestamp", "bool")}
_NEVER |= {("date", to) for _, to in _NEVER} | {("float", "bool")}
# As texts they would be as many categories as there are values.
_NEVER |= {(of, "string") for of in ("float", "timestamp", "date")}
"""Types of a column and of a feature that do not go together."""


@rule("feature-type")
def feature_type(view: View, feature_set: FeatureSet) -> Iterator[Diagnostic]:
    """Yields each feature whose column has another type."""
    for name, feature in feature_set.spec.features.items():
        if feature.length is not None and feature.python is None:
            yield _no_vector(view, feature_set, name, feature)
            continue
        read = _column_of(feature_set.spec.source, feature)
        dataset = view.find(Dataset, read[0]) if read is not None else None
        column = dataset.spec.columns.get(read[1]) if dataset is not None and read is not None else None
        if read is None:
            yield from _computed(view, feature_set, name, feature)
            yield from _condition(view, feature_set, name, feature)
        if dataset is None or read is None or column is None or _converts(column, feature.type):
            continue
        yield Diagnostic.error(
            "feature-type",
            f"the feature `{name}` is declared as {feature.type}, but its column cannot be converted to that",
            view.span(feature_set, ("features", name, "type")),
            secondary=(Label(view.span(dataset, ("columns", read[1], "type")), f"`{read[1]}` is {column.type}"),),
            help=("declare the column's type, or convert it with an expression in `sql`",),
        )


def _no_vector(view: View, feature_set: FeatureSet, name: str, feature: Feature) -> Diagnostic:
    form = next(form for form in ("sql", "latest", "lookup", "aggregate") if getattr(feature, form) is not None)
    return Diagnostic.error(
        "feature-type",
        f"the feature `{name}` is declared as a vector, but `{form}` gives one value for each row",
        view.span(feature_set, ("features", name, "type")),
        secondary=(Label(view.span(feature_set, ("features", name, form), "key"), "one value"),),
        help=(f"compute it with `python`, by a function that returns an array of shape (rows, {feature.length})",),
    )


def _computed(view: View, feature_set: FeatureSet, name: str, feature: Feature) -> Iterator[Diagnostic]:
    """What is wrong with the declared type of a feature that SQL computes."""
    aggregate = feature.aggregate
    text = aggregate.sql if aggregate is not None else feature.sql
    dataset = view.find(Dataset, aggregate.of if aggregate is not None else feature_set.spec.source)
    found = _misfit(text, dataset, feature.type)
    if found is not None:
        place = ("features", name, "sql") if aggregate is None else ("features", name, "aggregate", "sql")
        yield Diagnostic.error(
            "feature-type",
            f"the feature `{name}` is declared as {feature.type}, but its SQL gives {found.words}",
            view.span(feature_set, ("features", name, "type")),
            secondary=(Label(view.span(feature_set, place), f"this gives {found.words}"),),
            help=(found.remedy,),
        )


def _condition(view: View, feature_set: FeatureSet, name: str, feature: Feature) -> Iterator[Diagnostic]:
    """What is wrong with a `where` that is neither true nor false; a number is true where it is not 0."""
    aggregate = feature.aggregate
    if aggregate is None or aggregate.where is None:
        return
    dataset = view.find(Dataset, aggregate.of)
    found = _misfit(aggregate.where, dataset, "bool", but=("float", "fraction"))
    if found is not None:
        yield Diagnostic.error(
            "feature-type",
            f"the `where` of the feature `{name}` is not a boolean expression",
            view.span(feature_set, ("features", name, "aggregate", "where")),
            f"this gives {found.words}",
            help=("write a boolean expression, such as a comparison",),
        )


def _misfit(text: str | None, dataset: Dataset | None, type_: str, but: tuple[str, ...] = ()) -> Kind | None:
    """What to say of SQL over a dataset whose values leave no doubt that they are not of a type, some kinds apart."""
    parsed = analysis.expression(text) if text is not None and dataset is not None else None
    if text is None or dataset is None or not isinstance(parsed, Expression) or parsed.unknown:
        return None
    types = {written.lower(): column.type for written, column in dataset.spec.columns.items()}
    names = sorted({use.name.lower() for use in parsed.columns})
    kind = analysis.kind(text, tuple((one, types[one]) for one in names if one in types))
    return None if kind in but else misfit(kind, type_)


def _column_of(source: str, feature: Feature) -> tuple[str, str] | None:
    """The dataset and the column that a feature is, as it is; None where it is computed."""
    for form in (feature.latest, feature.lookup):
        if form is not None:
            return form.of, form.column
    if feature.sql is None:
        return None
    found = analysis.expression(feature.sql)
    if isinstance(found, SqlError) or len(found.columns) != 1:
        return None
    (use,) = found.columns
    return (source, use.name) if feature.sql.strip().strip('"') == use.name else None


def _converts(column: Column, to: str) -> bool:
    if (column.type, to) in _NEVER:
        return False
    if (column.type, to) == ("int", "bool"):
        beyond = (column.max is not None and column.max > 1) or (column.min is not None and column.min < 0)
        return not beyond and set(column.one_of or ()) <= {0, 1}
    return True

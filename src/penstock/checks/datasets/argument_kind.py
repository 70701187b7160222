"""SQL passes a function an argument of the wrong type.

What it does: where the declared column types determine the type of an argument, checks that DuckDB accepts it at that
position: in features, in the queries of datasets, and in their `checks`. Each argument is checked on its own. Quoted
literals always pass, since DuckDB converts them.

Why: DuckDB would reject the whole query, after the pipeline has read its data.

Example, where `late` is a bool:

    late_share: {type: float, aggregate: {of: arrivals, sql: avg(late), match: [carrier], window: 30d}}

Use instead:

    late_share: {type: float, aggregate: {of: arrivals, sql: "avg(late::int)", match: [carrier], window: 30d}}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.catalog.upstream import types_read
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Pointer
from penstock.specs.base import Resource
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet

_NAMES = {
    "int": "a whole number", "float": "a number", "fraction": "a number", "bool": "a boolean", "string": "text",
    "words": "text", "timestamp": "a time", "date": "a date", "interval": "an interval", "time": "a time of day",
}  # fmt: skip
_NUMBERS = frozenset({"int", "float", "fraction"})
_TIMES = frozenset({"timestamp", "date", "interval", "time"})
_TEXTS = frozenset({"string", "words"})
_REMEDIES = (
    (frozenset({"bool"}), "int", "write `{call}({before}{operand}::int{after})`, which counts true as 1"),
    (_TEXTS, "float", "if the text holds numbers, write `{call}({before}{operand}::float{after})`"),
    (_TEXTS, "timestamp", "if the text holds timestamps, write `{call}({before}{operand}::timestamp{after})`"),
    (_NUMBERS | {"bool"}, "string", "write `{call}({before}{operand}::varchar{after})`"),
    (_NUMBERS, "timestamp", "if it counts seconds since 1970, write `{call}({before}to_timestamp({value}){after})`"),
    (_NUMBERS, "bool", "write a condition, such as `{call}({before}{operand} > 0{after})`"),
    (_TIMES, "float", "convert it to a number, such as `{call}({before}epoch({value}){after})` in seconds"),
    (_TIMES, "string", "write `{call}({before}{operand}::varchar{after})`"),
)
"""By the kind that is given and one that the function takes: what would be right."""
_LONGEST = 40
"""Characters beside an argument beyond which a sentence leaves them out."""


@rule("argument-kind")
def argument_kind(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each call of a function that refuses the value it is given."""
    found = _of_features(view, resource) if isinstance(resource, FeatureSet) else _of_queries(view, resource)
    for below, misfit in found:
        yield Diagnostic.error(
            "argument-kind",
            f"`{misfit.function}` does not accept {_NAMES[misfit.kind]}",
            view.span(resource, below, within=misfit.at),
            f"this is {_NAMES[misfit.kind]}",
            help=_advice(misfit),
        )


def _of_features(view: View, features: FeatureSet) -> Iterator[tuple[Pointer, analysis.Misfit]]:
    for name, feature in features.spec.features.items():
        aggregate = feature.aggregate
        if feature.sql is not None:
            yield from _of_expression(view, ("features", name, "sql"), feature.sql, features.spec.source)
        if aggregate is not None:
            at = ("features", name, "aggregate")
            yield from _of_expression(view, (*at, "sql"), aggregate.sql, aggregate.of)
            if aggregate.where is not None:
                yield from _of_expression(view, (*at, "where"), aggregate.where, aggregate.of)


def _of_expression(view: View, below: Pointer, text: str, of: str) -> Iterator[tuple[Pointer, analysis.Misfit]]:
    if "(" not in text:
        return
    dataset = view.find(Dataset, of)
    parsed = analysis.expression(text) if dataset is not None else None
    if dataset is None or not isinstance(parsed, analysis.Expression):
        return
    types = {written.lower(): column.type for written, column in dataset.spec.columns.items()}
    names = sorted({use.name.lower() for use in parsed.columns} & types.keys())
    for misfit in analysis.misfits_of_expression(text, tuple((name, types[name]) for name in names)):
        yield below, misfit


def _of_queries(view: View, resource: Resource) -> Iterator[tuple[Pointer, analysis.Misfit]]:
    if not isinstance(resource, Dataset):
        return
    text = resource.spec.source.sql
    if text is not None and "(" in text and isinstance(analysis.query(text), analysis.Query):
        for misfit in analysis.misfits_of_query(text, types_read(view, resource)):
            yield ("source", "sql"), misfit
    for position, check in enumerate(resource.spec.checks):
        if check.sql is not None and "(" in check.sql and isinstance(analysis.query(check.sql), analysis.Query):
            own = (("this", tuple((name, column.type) for name, column in resource.spec.columns.items())),)
            for misfit in analysis.misfits_of_query(check.sql, own):
                yield ("checks", position, "sql"), misfit


def _advice(misfit: analysis.Misfit) -> tuple[str, ...]:
    value = misfit.argument
    operand = value if value.isidentifier() else f"({value})"
    for kinds, taken, words in _REMEDIES:
        if misfit.kind in kinds and taken in misfit.takes:
            before = _short(misfit.before, "..., ")
            after = _short(misfit.after, ", ..." if misfit.after.startswith(",") else " ...")
            return (words.format(call=misfit.function, value=value, operand=operand, before=before, after=after),)
    return ()


def _short(others: str, instead: str) -> str:
    """What stands beside an argument, as far as it fits into a sentence."""
    return others if len(others) <= _LONGEST and "\n" not in others else instead

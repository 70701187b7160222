"""SQL passes a function or an operator a value of the wrong type.

What it does: where the declared column types determine the type of an argument, checks that DuckDB accepts it at that
position: in features, in the queries of datasets, and in their `checks`. Each argument is checked on its own. The two
sides of arithmetic and of `<`, `<=`, `>`, `>=` and `between` are checked together: text is not compared with a number,
and a boolean is not added. Quoted literals always pass, since DuckDB converts them.

Why: DuckDB would reject the whole query, after the pipeline has read its data.

Example, where `late` is a bool:

    late_share: {type: float, aggregate: {of: arrivals, sql: avg(late), match: [carrier], window: 30d}}

Use instead:

    late_share: {type: float, aggregate: {of: arrivals, sql: "avg(late::int)", match: [carrier], window: 30d}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Clash, Expression, Misfit, Query, TableTypes
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
_MAY_REFUSE = re.compile(r"[(+\-*/%<>]|\bbetween\b", re.IGNORECASE)
"""Whether SQL calls a function, or has one of the operators that are looked at."""
_LONGEST = 40
"""Characters beside an argument beyond which a sentence leaves them out."""


@rule("argument-kind")
def argument_kind(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each call of a function, and each operator, that refuses the value it is given."""
    found = _of_features(view, resource) if isinstance(resource, FeatureSet) else _of_queries(view, resource)
    for below, wrong in found:
        if isinstance(wrong, Clash):
            verb = "compare" if _compares(wrong) else "combine"
            yield Diagnostic.error(
                "argument-kind",
                f"`{wrong.operator}` cannot {verb} {_NAMES[wrong.left]} and {_NAMES[wrong.right]}",
                view.span(resource, below, within=wrong.at),
                help=_remedy_of_operands(wrong),
            )
        else:
            yield Diagnostic.error(
                "argument-kind",
                f"`{wrong.function}` does not accept {_NAMES[wrong.kind]}",
                view.span(resource, below, within=wrong.at),
                f"this is {_NAMES[wrong.kind]}",
                help=_remedy_of_argument(wrong),
            )


_Wrong = Misfit | Clash


def _of_features(view: View, features: FeatureSet) -> Iterator[tuple[Pointer, _Wrong]]:
    for name, feature in features.spec.features.items():
        aggregate = feature.aggregate
        if feature.sql is not None:
            yield from _of_expression(view, ("features", name, "sql"), feature.sql, features.spec.source)
        if aggregate is not None:
            at = ("features", name, "aggregate")
            yield from _of_expression(view, (*at, "sql"), aggregate.sql, aggregate.of)
            if aggregate.where is not None:
                yield from _of_expression(view, (*at, "where"), aggregate.where, aggregate.of)


def _of_expression(view: View, below: Pointer, text: str, of: str) -> Iterator[tuple[Pointer, _Wrong]]:
    if not _MAY_REFUSE.search(text):
        return
    dataset = view.find(Dataset, of)
    parsed = analysis.expression(text) if dataset is not None else None
    if dataset is None or not isinstance(parsed, Expression):
        return
    types = {written.lower(): column.type for written, column in dataset.spec.columns.items()}
    names = sorted({use.name.lower() for use in parsed.columns} & types.keys())
    known = tuple((name, types[name]) for name in names)
    found: tuple[_Wrong, ...] = (
        *analysis.misfits_of_expression(text, known),
        *analysis.clashes_of_expression(text, known),
    )
    yield from ((below, one) for one in found)


def _of_queries(view: View, resource: Resource) -> Iterator[tuple[Pointer, _Wrong]]:
    if not isinstance(resource, Dataset):
        return
    text = resource.spec.source.sql
    if text is not None:
        yield from ((("source", "sql"), one) for one in _of_query(text, types_read(view, resource)))
    for position, check in enumerate(resource.spec.checks):
        if check.sql is not None:
            own = (("this", tuple((name, column.type) for name, column in resource.spec.columns.items())),)
            yield from ((("checks", position, "sql"), one) for one in _of_query(check.sql, own))


def _of_query(text: str, tables: TableTypes) -> tuple[_Wrong, ...]:
    if not _MAY_REFUSE.search(text) or not isinstance(analysis.query(text), Query):
        return ()
    return (*analysis.misfits_of_query(text, tables), *analysis.clashes_of_query(text, tables))


def _compares(clash: Clash) -> bool:
    return clash.operator in ("<", "<=", ">", ">=", "between")


def _remedy_of_operands(clash: Clash) -> tuple[str, ...]:
    """What to write instead of an operator between values of two kinds."""
    kinds = {clash.left, clash.right}
    compares = _compares(clash)
    if not kinds.isdisjoint(_TEXTS):
        if compares and not kinds.isdisjoint(_NUMBERS):
            return ("if the text holds numbers, convert it, such as `code::float`; otherwise put the number in quotes",)
        return ("convert the text to the other type, such as `code::float`, if it holds that",)
    if "bool" in kinds:
        return ("convert the boolean, such as `flag::int`, which counts true as 1",)
    if not kinds.isdisjoint({"timestamp", "date"}) and not kinds.isdisjoint(_NUMBERS):
        if compares:
            return ("compare with a time in quotes, or convert it to a number, such as `epoch(...)` in seconds",)
        return ("write an interval, such as `interval 1 day`, or `to_seconds(n)` for a number of seconds",)
    if "interval" in kinds and compares:
        return ("compare with an interval, such as `interval 1 hour`, or convert it, such as `epoch(...)` in seconds",)
    return ("convert one of them to the type of the other",)


def _remedy_of_argument(misfit: Misfit) -> tuple[str, ...]:
    """What to write instead of a value that a function does not take."""
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

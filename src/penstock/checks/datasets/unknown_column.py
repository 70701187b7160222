"""A spec names a column that its dataset does not have.

What it does: looks up every column that a spec names in the contract of its dataset: keys and times, columns in SQL,
`latest`, `lookup`, `aggregate`, `match`, `entity`, `reads`, label, slices, split and clusters.

Why: pipelines rely on the contract. A column that is not in it is not validated, and may not exist.

Example:

    hour: {type: int, sql: "extract(hour from departure_time)"}    # the contract says `departs`

Use instead: a column of the Dataset's contract, or add the column to the contract.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from penstock.catalog.lineage import rows_dataset
from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.catalog.sql.values import Expression, Query
from penstock.catalog.upstream import derivation_of, tables_read
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.base import Resource
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import Aggregate, Feature, FeatureSet, Latest, Lookup
from penstock.specs.gate import Gate
from penstock.specs.model import GroupSplit, Model

_WORDS = re.compile(r"\w+")


class Named(NamedTuple):
    """A column of a dataset, and where a spec names it."""

    dataset: str
    column: str
    pointer: Pointer
    within: tuple[int, int] | None = None
    is_key: bool = False
    is_quoted: bool = False
    """Whether SQL names it in double quotes."""
    is_foreign: bool = False
    """Whether SQL says that it is of another table."""


@rule("unknown-column", once=True)
def unknown_column(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each column that is not in the contract of its dataset."""
    named: Iterator[Named] = iter(())
    if isinstance(resource, Dataset):
        named = _of_dataset(resource)
        yield from _of_query(view, resource)
    elif isinstance(resource, FeatureSet):
        named = _of_feature_set(resource)
    elif isinstance(resource, Model):
        named = _of_model(view, resource)
    elif isinstance(resource, Gate):
        named = _of_gate(view, resource)
    for one in named:
        dataset = view.find(Dataset, one.dataset)
        if dataset is not None and not _has(dataset, one):
            yield _diagnostic(view, resource, dataset, one)


def _has(dataset: Dataset, one: Named) -> bool:
    """Whether the contract has the column; SQL does not tell upper case from lower case."""
    columns = dataset.spec.columns
    return one.column in columns or (
        one.within is not None and one.column.lower() in {column.lower() for column in columns}
    )


def _diagnostic(view: View, resource: Resource, dataset: Dataset, one: Named) -> Diagnostic:
    span = view.span(resource, one.pointer, "key" if one.is_key else "value", one.within)
    headline = f"the dataset `{dataset.name}` has no column `{one.column}`"
    if one.pointer == ("surrogateKey",):
        # A new column, which no other one can be meant by.
        advice = f"add `{one.column}: {{type: string}}` to `columns`"
        return Diagnostic.error("unknown-column", headline, span, help=(advice,))
    found = unknown_word("unknown-column", headline, span, one.column, dataset.spec.columns)
    advice = _advice(resource, one) if found.fix is None else ""
    if advice:
        return Diagnostic.error("unknown-column", headline, span, help=(advice,))
    if found.fix is not None:
        return found
    contract = Label(view.span(dataset, ("columns",), "key"), "its contract is here")
    shown = () if found.help or resource is dataset else (contract,)
    helps = (*found.help, f"if the source has it, add `{one.column}` to `columns` of `{dataset.name}`")
    return Diagnostic.error("unknown-column", headline, span, secondary=shown, help=helps)


def _advice(resource: Resource, one: Named) -> str:
    """What to do about a name that is near to no column, but is something else."""
    if one.is_quoted:
        return _text_in_quotes(one.column)
    if one.is_foreign:
        return f"this SQL reads only `{one.dataset}`: read another dataset with `latest`, `lookup` or `aggregate`"
    if isinstance(resource, FeatureSet) and one.dataset == resource.spec.source and one.pointer[0] == "features":
        other = resource.spec.features.get(one.column)
        if other is not None and one.column not in _columns_of(other.sql):
            way = f": write `{other.sql}`" if other.sql is not None else ""
            return f"`{one.column}` is a feature, and features can only read columns of datasets{way}"
    return ""


def _columns_of(text: str | None) -> set[str]:
    """The columns that the expression of a feature names."""
    parsed = analysis.expression(text) if text is not None else None
    return {use.name for use in parsed.columns} if isinstance(parsed, Expression) else set()


def _text_in_quotes(text: str) -> str:
    return f"single quotes are for text, double quotes for names: write `'{text}'`"


def _of_dataset(dataset: Dataset) -> Iterator[Named]:
    spec = dataset.spec
    for position, column in enumerate(spec.primary_key):
        yield Named(dataset.name, column, ("primaryKey", position))
    named = (("surrogateKey", spec.surrogate_key), ("eventTime", spec.event_time), ("knownAt", spec.known_at))
    for key, name in named:
        if name is not None:
            yield Named(dataset.name, name, (key,))
    for position, check in enumerate(spec.checks):
        query = analysis.query(check.sql) if check.sql is not None else None
        if isinstance(query, Query):
            columns = (("this", tuple(spec.columns)),)
            for unknown in analysis.unknown_columns(query.text, columns):
                is_quoted = query.text[unknown.at[0]] == '"'
                yield Named(dataset.name, unknown.name, ("checks", position, "sql"), unknown.at, is_quoted=is_quoted)


def _of_query(view: View, dataset: Dataset) -> Iterator[Diagnostic]:
    """Columns of a SQL dataset that no table of its query has, and contract columns that the query does not give."""
    derivation = derivation_of(view, dataset)
    if derivation is None:
        return
    text = dataset.spec.source.sql or ""
    unknowns = analysis.unknown_columns(text, tables_read(view, dataset))
    for unknown in unknowns:
        span = view.span(dataset, ("source", "sql"), within=unknown.at)
        read = view.find(Dataset, unknown.table) if unknown.table is not None else None
        helps = (_text_in_quotes(unknown.name),) if text[unknown.at[0]] == '"' else ()
        headline = f"no table in the query has a column `{unknown.name}`"
        if read is not None:
            headline = f"the dataset `{read.name}` has no column `{unknown.name}`"
            found = unknown_word("unknown-column", headline, span, unknown.name, read.spec.columns)
            if found.fix is not None or not helps:
                yield found
                continue
        yield Diagnostic.error("unknown-column", headline, span, help=helps)
    given = [name for name, _ in derivation.columns]
    if not unknowns and given:
        yield from _of_result(view, dataset, given)


def _of_result(view: View, dataset: Dataset, given: list[str]) -> Iterator[Diagnostic]:
    """Columns of the contract that a query does not give, or gives twice."""
    text = dataset.spec.source.sql or ""
    spellings = {column for _, columns in tables_read(view, dataset) for column in columns} | set(_WORDS.findall(text))
    by_letters: dict[str, list[str]] = {}
    for name in given:
        by_letters.setdefault(name.lower(), []).append(name)
    for column in dataset.spec.columns:
        found = by_letters.get(column.lower(), [])
        is_ambiguous = len(found) > 1 and not any(one != column and one.lower() == column.lower() for one in spellings)
        if found and not is_ambiguous:
            continue
        span = view.span(dataset, ("columns", column), "key")
        if not found:
            headline = f"the query does not return the column `{column}` of the contract"
            if "" not in given:
                yield unknown_word("unknown-column", headline, span, column, given)
            elif column.isidentifier():
                advice = f"a column of the query has no name: write `... as {column}`"
                yield Diagnostic.error("unknown-column", headline, span, help=(advice,))
        else:
            yield Diagnostic.error(
                "unknown-column",
                f"the query returns `{column}` {len(found)} times",
                span,
                "ambiguous",
                secondary=(Label(view.span(dataset, ("source", "sql"))),),
                help=("name the columns instead of `*`, join with `using (...)`, or leave one out with `exclude`",),
            )


def _of_feature_set(feature_set: FeatureSet) -> Iterator[Named]:
    source = feature_set.spec.source
    for position, column in enumerate(feature_set.spec.entity):
        yield Named(source, column, ("entity", position))
    for name, feature in feature_set.spec.features.items():
        yield from _of_feature(source, feature, ("features", name))


def _of_feature(source: str, feature: Feature, pointer: Pointer) -> Iterator[Named]:
    if feature.sql is not None:
        yield from _of_expression(source, feature.sql, (*pointer, "sql"))
    for position, column in enumerate(feature.reads or ()):
        yield Named(source, column, (*pointer, "reads", position))
    for key, form in (("latest", feature.latest), ("lookup", feature.lookup)):
        if form is not None:
            yield Named(form.of, form.column, (*pointer, key, "column"))
            yield from _of_match(source, form, (*pointer, key, "match"))
    if feature.aggregate is not None:
        aggregate = (*pointer, "aggregate")
        yield from _of_expression(feature.aggregate.of, feature.aggregate.sql, (*aggregate, "sql"))
        if feature.aggregate.where is not None:
            yield from _of_expression(feature.aggregate.of, feature.aggregate.where, (*aggregate, "where"))
        yield from _of_match(source, feature.aggregate, (*aggregate, "match"))


def _of_match(source: str, form: Latest | Lookup | Aggregate, pointer: Pointer) -> Iterator[Named]:
    if isinstance(form.match, list):
        for position, column in enumerate(form.match):
            yield Named(form.of, column, (*pointer, position))
            yield Named(source, column, (*pointer, position))
    else:
        for theirs, ours in form.match.items():
            yield Named(form.of, theirs, (*pointer, theirs), is_key=True)
            yield Named(source, ours, (*pointer, theirs))


def _of_expression(dataset: str, text: str, pointer: Pointer) -> Iterator[Named]:
    parsed = analysis.expression(text)
    if isinstance(parsed, Expression) and parsed.subquery is None:
        for use in parsed.columns:
            # A column of another table is none of this one's, whatever it is called.
            foreign = use.table.lower() not in ("", dataset)
            name = f"{use.table}.{use.name}" if foreign else use.name
            quoted = text[use.at[0]] == '"' and not use.table
            yield Named(dataset, name, pointer, use.at, is_quoted=quoted, is_foreign=foreign)


def _of_model(view: View, model: Model) -> Iterator[Named]:
    spec = model.spec
    yield Named(spec.label.dataset, spec.label.column, ("label", "column"))
    rows = rows_dataset(view, model)
    if rows is not None:
        for position, column in enumerate(spec.slices):
            yield Named(rows.name, column, ("slices", position))
        if isinstance(spec.split, GroupSplit):
            yield Named(rows.name, spec.split.column, ("split", "column"))
    for position, use in enumerate(spec.sensitive_uses):
        dataset, _, column = use.column.partition(".")
        yield Named(dataset, column, ("sensitiveUses", position, "column"))


def _of_gate(view: View, gate: Gate) -> Iterator[Named]:
    clusters = gate.spec.clusters
    if clusters is None or clusters.column is None:
        return
    model = view.find(Model, gate.spec.model)
    rows = rows_dataset(view, model) if model is not None else None
    if rows is not None:
        yield Named(rows.name, clusters.column, ("clusters", "column"))

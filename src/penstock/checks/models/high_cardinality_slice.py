"""Rows are grouped by a high-cardinality column, with about as many values as rows.

What it does: checks the type of every column in a Model's `slices`, and of every feature that a gate groups rows by: a
float or a timestamp does not form groups.

Why: no group has enough rows to be evaluated, so the gate fails after the model has been trained.

Example:

    {id: distances, metric: recall, by: distance, maxGap: 0.1}       # distance: {type: float}

Use instead: a column of the dataset, or a feature, with bands of its values:

    band: {type: string, sql: "CASE WHEN distance < 500 THEN 'short' ELSE 'long' END"}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.lineage import lineage, rows_dataset
from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label, Span
from penstock.specs.base import Resource
from penstock.specs.feature_set import FeatureSet
from penstock.specs.gate import FairnessRule, Gate, SliceRule
from penstock.specs.model import Model

_ENDLESS = ("float", "timestamp")


@rule("high-cardinality-slice")
def high_cardinality_slice(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each division of rows that leaves groups of single rows."""
    if isinstance(resource, Model):
        yield from _slices(view, resource)
    elif isinstance(resource, Gate):
        yield from _rules(view, resource)


def _slices(view: View, model: Model) -> Iterator[Diagnostic]:
    rows = rows_dataset(view, model)
    for position, name in enumerate(model.spec.slices):
        column = rows.spec.columns.get(name) if rows is not None else None
        if rows is not None and column is not None and column.type in _ENDLESS:
            at = view.span(rows, ("columns", name, "type"))
            yield _diagnostic(name, column.type, view.span(model, ("slices", position)), at)


def _rules(view: View, gate: Gate) -> Iterator[Diagnostic]:
    model = view.find(Model, gate.spec.model)
    if model is None:
        return
    features = {feature.name: feature.feature_set for feature in lineage(view).features_of(model)}
    for position, one in enumerate(gate.spec.rules):
        if isinstance(one, SliceRule | FairnessRule) and one.by in features and one.by not in model.spec.slices:
            feature_set = view.get(FeatureSet, features[one.by])
            declared = feature_set.spec.features[one.by]
            if declared.type in _ENDLESS or declared.length is not None:
                at = view.span(feature_set, ("features", one.by, "type"))
                yield _diagnostic(one.by, declared.type, view.span(gate, ("rules", position, "by")), at)


def _diagnostic(name: str, type_: str, at: Span, declared: Span) -> Diagnostic:
    return Diagnostic.error(
        "high-cardinality-slice",
        f"`{name}` has too many distinct values to group rows by",
        at,
        secondary=(Label(declared, f"a {type_}"),),
        help=("group rows by a column or a feature with bands of its values",),
    )

"""A rule groups rows by a column that is not available in evaluation.

What it does: looks up `by` of slice and fairness rules among the `slices` and features of the gate's Model.

Why: evaluation has only the features and the columns in `slices`.

Example:

    {id: regions, metric: recall, by: region, maxGap: 0.1}       # the model says `slices: [origin]`

Use instead: add the column to `slices` of the model; the model is not trained on it.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.lineage import rows_dataset
from penstock.catalog.model import View
from penstock.checks.models.feature_names import feature_names
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.model import Diagnostic, Label
from penstock.diagnostics.suggest import did_you_mean
from penstock.specs.gate import FairnessRule, Gate, SliceRule
from penstock.specs.model import Model


@rule("unknown-group", once=True)
def unknown_group(view: View, gate: Gate) -> Iterator[Diagnostic]:
    """Yields each column that is neither a slice nor a feature."""
    model = view.find(Model, gate.spec.model)
    if model is None:
        return
    features = feature_names(view, model)
    if features is None:
        return
    known = features | set(model.spec.slices)
    rows = rows_dataset(view, model)
    unsound = [name for name in model.spec.slices if rows is not None and name not in rows.spec.columns]
    for position, one in enumerate(gate.spec.rules):
        if isinstance(one, SliceRule | FairnessRule) and did_you_mean(one.by, unsound):
            continue  # the slice is misspelt, not the rule, and that is reported at the model
        if isinstance(one, SliceRule | FairnessRule) and one.by not in known:
            yield _unknown(view, gate, model, position, one.by, known)


def _unknown(view: View, gate: Gate, model: Model, position: int, name: str, known: frozenset[str]) -> Diagnostic:
    span = view.span(gate, ("rules", position, "by"))
    headline = f"`{name}` is neither a slice nor a feature of `{model.name}`"
    rows = rows_dataset(view, model)
    if rows is not None and name in rows.spec.columns:
        at = view.span(model, ("slices",), "key")
        return Diagnostic.error(
            "unknown-group",
            headline,
            span,
            secondary=(Label(at, "add it here"),) if model.spec.slices else (),
            help=(f"add `{name}` to `slices` of the model; the model is not trained on it",),
        )
    return unknown_word("unknown-group", headline, span, name, known)

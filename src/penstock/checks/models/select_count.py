"""Feature selection keeps all features.

What it does: compares `select.keep` with the number of features that the Model chooses; each number of a vector is one.

Why: such a selection takes time and removes nothing.

Example: `select: {method: mutual_info, keep: 20}` for a model of twelve features.

Use instead: a smaller number, or no `select`.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.lineage import lineage
from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model


@rule("select-count", severities=WARNS)
def select_count(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields a selection that selects nothing."""
    select = model.spec.select
    chosen = lineage(view).features_of(model)
    count = sum(view.get(FeatureSet, each.feature_set).spec.features[each.name].length or 1 for each in chosen)
    if select is not None and count and select.keep >= count:
        yield Diagnostic.warning(
            "select-count",
            f"the selection keeps {select.keep} features, but the model has only {count}",
            view.span(model, ("select", "keep")),
            help=("keep fewer, or remove `select`",),
        )

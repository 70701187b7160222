"""A Python feature does not declare which columns it reads.

What it does: requires `reads` beside `python`, and rejects it beside the other forms.

Why: lineage cannot follow a function, which gets the whole table. Without `reads` every column counts as read, so each
sensitive one is taken to reach the model. With `reads` the function is given only those columns.

Example:

    risk: {type: float, python: "systems.loans:risk"}

Use instead:

    risk: {type: float, python: "systems.loans:risk", reads: [income, debt]}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic
from penstock.specs.feature_set import FeatureSet


@rule("opaque-feature", severities=MAY_WARN)
def opaque_feature(view: View, feature_set: FeatureSet) -> Iterator[Diagnostic]:
    """Yields each Python feature without `reads`, and `reads` where it says nothing."""
    for name, feature in feature_set.spec.features.items():
        if feature.python is not None and feature.reads is None:
            yield Diagnostic.warning(
                "opaque-feature",
                f"`{name}` does not declare which columns its function reads",
                view.span(feature_set, ("features", name, "python")),
                "every column counts as read",
                help=("add `reads: [...]` with the columns of the source that it needs",),
            )
        elif feature.python is None and feature.reads is not None:
            yield Diagnostic.error(
                "opaque-feature",
                f"`reads` has no effect: `{name}` has no Python function",
                view.span(feature_set, ("features", name, "reads"), "key"),
                help=("delete it: lineage follows the other forms by itself",),
            )

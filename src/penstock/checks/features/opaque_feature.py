"""A feature does not say which columns it reads.

What it does: requires `reads` beside `python`, and rejects it beside the other forms. It also warns of SQL that reads
columns other than by their names: by a pattern, by a number, or as the value that a method is called on.

Why: lineage cannot follow a function, which gets the whole table. Without `reads` every column counts as read, so each
sensitive one is taken to reach the model. With `reads` the function is given only those columns.

Example:

    risk: {type: float, python: "systems.loans:risk"}
    letters: {type: int, sql: "employer.length()"}

Use instead:

    risk: {type: float, python: "systems.loans:risk", reads: [income, debt]}
    letters: {type: int, sql: "length(employer)"}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.catalog.sql import analysis
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Pointer
from penstock.specs.feature_set import Feature, FeatureSet


@rule("opaque-feature", severities=MAY_WARN)
def opaque_feature(view: View, feature_set: FeatureSet) -> Iterator[Diagnostic]:
    """Yields each Python feature without `reads`, SQL that hides what it reads, and `reads` where it says nothing."""
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
        for below, text in _expressions(feature):
            parsed = analysis.expression(text)
            if isinstance(parsed, analysis.Expression) and parsed.opaque and parsed.subquery is None:
                yield Diagnostic.warning(
                    "opaque-feature",
                    f"the SQL of `{name}` does not name the columns that it reads",
                    view.span(feature_set, ("features", name, *below)),
                    "every column counts as read",
                    help=("write the columns by their names, and `length(text)` instead of `text.length()`",),
                )


def _expressions(feature: Feature) -> Iterator[tuple[Pointer, str]]:
    """The SQL of a feature, each text with its place below it."""
    if feature.sql is not None:
        yield ("sql",), feature.sql
    if feature.aggregate is not None:
        yield ("aggregate", "sql"), feature.aggregate.sql
        if feature.aggregate.where is not None:
            yield ("aggregate", "where"), feature.aggregate.where

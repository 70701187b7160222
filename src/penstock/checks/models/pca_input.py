"""Principal components are computed of missing numbers, or of numbers in different units.

What it does: looks at models with `preprocess.numeric.pca`. A number that may be missing and is not imputed is an
error, numbers that are not scaled are a warning.

Why: a row with a missing number has no principal components, so that training fails, or serving on the first such row.
Without scaling, the components follow the numbers with the largest units: metres count a thousand times as much as
kilometres.

Example: `preprocess: {numeric: {pca: 95%}}`

Use instead: `preprocess: {numeric: {impute: median, scale: standard, pca: 95%}}`
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.models.estimator_class import missing_numbers
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic
from penstock.specs.model import Model


@rule("pca-input", severities=MAY_WARN)
def pca_input(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields what keeps a model's components from being computed, or from meaning much."""
    numeric = model.spec.preprocess.numeric
    if numeric.pca is None:
        return
    found = missing_numbers(view, model)
    if found is not None:
        feature, why = found
        yield Diagnostic.error(
            "pca-input",
            f"a row without `{feature}` has no principal components",
            view.span(model, ("preprocess", "numeric", "pca"), "key"),
            secondary=(why,),
            help=("add `impute: median`",),
        )
    if numeric.scale == "none":
        yield Diagnostic.warning(
            "pca-input",
            "principal components of numbers that are not scaled follow those with the largest units",
            view.span(model, ("preprocess", "numeric", "pca"), "key"),
            help=("add `scale: standard`",),
        )

"""A model that was trained elsewhere has fields for training.

What it does: reports `params`, `preprocess`, `select`, `search` and `retrain` beside `estimator: {external: ...}`.

Why: the file is used unchanged. A search that never runs, or a scaler that is never fitted, would look as if it
applied.

Example:

    estimator: {external: {file: models/delay.skops, digest: "sha256:..."}}
    preprocess: {numeric: {scale: standard}}

Use instead: preprocessing within the pipeline in the file, which gets numbers as floats (NaN if missing) and categories
as text (None if missing). A newer model is another file, with another digest.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.model import Model, Preprocess


@rule("external-estimator")
def external_estimator(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields each field that a finished model would leave without effect."""
    spec = model.spec
    if spec.estimator.external is None:
        return
    idle: tuple[tuple[bool, Pointer], ...] = (
        (bool(spec.estimator.params), ("estimator", "params")),
        (spec.preprocess != Preprocess(), ("preprocess",)),
        (spec.select is not None, ("select",)),
        (spec.search is not None, ("search",)),
        (spec.retrain is not None, ("retrain",)),
    )
    for is_given, pointer in idle:
        if is_given:
            yield Diagnostic.error(
                "external-estimator",
                f"`{pointer[-1]}` has no effect on a model that is already trained",
                view.span(model, pointer, "key"),
                secondary=(Label(view.span(model, ("estimator", "external"), "key"), "used unchanged"),),
                help=("delete it",),
            )

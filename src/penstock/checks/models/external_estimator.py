"""A model that something else has trained says how it is to be trained.

What it does: looks for `params`, `preprocess`, `select`, `search` and `retrain` beside `estimator: {external: ...}`.

Why: the file is taken as it is. A search that nobody runs, or a scaling that nobody fits, would be read as if it held.

Example:

    estimator: {external: {file: models/delay.skops, digest: "sha256:..."}}
    preprocess: {numeric: {scale: standard}}

Use instead: preprocessing as a part of the pipeline in the file, which gets numbers as floats, missing ones as NaN, and
categories as text, missing ones as None. A newer model is another file, by its digest.
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
                f"`{pointer[-1]}` does nothing to a model that is trained already",
                view.span(model, pointer, "key"),
                secondary=(Label(view.span(model, ("estimator", "external"), "key"), "taken as it is"),),
                help=("delete it",),
            )

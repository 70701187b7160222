"""A grid search has a continuous range.

What it does: checks the space of a search whose `sampler` is `grid`.

Why: `uniform` and `loguniform` are continuous, so there are no grid points, and training would fail at its first step.

Example:

    sampler: grid
    space: {learning_rate: {loguniform: [0.01, 0.3]}}

Use instead:

    sampler: grid
    space: {learning_rate: {choice: [0.01, 0.03, 0.1, 0.3]}}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.model import Model


@rule("grid-search")
def grid_search(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields each parameter that has no steps."""
    search = model.spec.search
    if search is None or search.sampler != "grid":
        return
    for name, values in search.space.items():
        key = "uniform" if values.uniform is not None else "loguniform" if values.loguniform is not None else None
        if key is not None:
            yield Diagnostic.error(
                "grid-search",
                f"a grid search cannot use the continuous range of `{name}`",
                view.span(model, ("search", "space", name, key), "key"),
                secondary=(Label(view.span(model, ("search", "sampler")), "the grid"),),
                help=("list the values as `choice`, or use the sampler `tpe` or `random`",),
            )

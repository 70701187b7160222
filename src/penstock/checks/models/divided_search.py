"""A search is divided among pods that cannot share it.

What it does: checks that a search with several `pods` has a sampler whose trials do not depend on each other, and a
trial for each pod.

Why: `tpe` and `cma-es` choose each trial by the results of the ones before, which are in other pods.

Example:

    search: {sampler: tpe, trials: 200, pods: 4, maximize: roc_auc, space: {...}}

Use instead:

    search: {sampler: random, trials: 200, pods: 4, maximize: roc_auc, space: {...}}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.model import Model
from penstock.specs.search import INDEPENDENT


@rule("divided-search")
def divided_search(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields several pods beside a sampler that learns, and more pods than there are trials."""
    search = model.spec.search
    if search is None or search.pods == 1:
        return
    if search.sampler not in INDEPENDENT:
        given = Label(view.span(model, ("search", "sampler")), "the sampler")
        yield Diagnostic.error(
            "divided-search",
            f"`{search.sampler}` learns from every trial, so its trials cannot be divided among pods",
            view.span(model, ("search", "pods")),
            secondary=(given,) if "sampler" in search.model_fields_set else (),
            help=("use the sampler `random` or `grid`, or `parallel` for trials at the same time in one pod",),
        )
    elif search.pods > search.trials:
        yield Diagnostic.error(
            "divided-search",
            f"{search.pods} pods share {search.trials} trials: some have none",
            view.span(model, ("search", "pods")),
            secondary=(Label(view.span(model, ("search", "trials")), "the trials"),),
            help=(f"use at most {search.trials} pods",),
        )

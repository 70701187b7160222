"""A bound is in the wrong direction: it rejects good models and passes bad ones.

What it does: compares the bounds of gates and quality monitors with the direction of their metric. If higher is better,
as for `roc_auc` or a fairness ratio, the bound is a lower one: `atLeast` in a gate, `below` in a monitor. For an error,
an error rate or a fairness difference it is an upper one: `atMost`, `above`. A gate may have both. `selection_rate` has
no better direction.

Why: a fairness ratio of 1 is parity, and a model that selects nobody in a group has 0: `atMost` passes it. An alert in
the wrong direction fires while the model is good, and does not when it is bad.

Example:

    {id: parity, fairness: demographic_parity_ratio, by: sex, atMost: 0.8}

Use instead:

    {id: parity, fairness: demographic_parity_ratio, by: sex, atLeast: 0.8}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.gates.metrics_named import metrics_named
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic
from penstock.specs.base import Resource
from penstock.specs.metrics import FAIRNESS_METRICS
from penstock.specs.rollout import Rollout

_NEITHER = ("selection_rate",)
"""Measures of which neither more nor less is better."""
_LOWER, _UPPER = ("atLeast", "below"), ("atMost", "above")


@rule("bound-direction")
def bound_direction(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each bound that stands alone and on the wrong side."""
    for named in metrics_named(view, resource):
        metric = named.metric
        keys = [key for key, _ in named.limits]
        if metric is None or metric.name in _NEITHER or not keys or named.has_gap:
            continue
        right, wrong = (_LOWER, _UPPER) if metric.higher_is_better else (_UPPER, _LOWER)
        if any(key in right for key in keys):
            continue
        key, bound = named.limits[0]
        better = "more" if metric.higher_is_better else "less"
        if isinstance(resource, Rollout):
            headline = f"the alert fires while the model is good: for `{metric.name}`, {better} is better"
        else:
            passes = "unfair models" if metric.name in FAIRNESS_METRICS else "bad models"
            headline = f"`{key}` passes {passes}: for `{metric.name}`, {better} is better"
        instead = right[wrong.index(key)]
        yield Diagnostic.error(
            "bound-direction",
            headline,
            view.span(resource, (*named.where, key), "key"),
            help=(f"did you mean `{instead}: {bound:g}`?",),
        )

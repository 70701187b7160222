"""A gate forbids a feature that its model uses.

What it does: looks up the features in `forbid` of `explain` rules among those of the gate's Model.

Why: the gate can never pass, which would show only after training.

Example: `forbid: [tail_number]` in the gate, and `features: {plan: all}` in the model, where `plan` has `tail_number`.

Use instead: leave the feature out of the model: `features: {plan: {except: [tail_number]}}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.lineage import lineage
from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.gate import ExplainRule, Gate
from penstock.specs.model import Model


@rule("forbidden-feature")
def forbidden_feature(view: View, gate: Gate) -> Iterator[Diagnostic]:
    """Yields each feature that is forbidden and chosen."""
    model = view.find(Model, gate.spec.model)
    if model is None:
        return
    owners = {feature.name: feature.feature_set for feature in lineage(view).features_of(model)}
    for position, one in enumerate(gate.spec.rules):
        for item, name in enumerate(one.forbid) if isinstance(one, ExplainRule) else ():
            if name in owners:
                yield Diagnostic.error(
                    "forbidden-feature",
                    f"the gate forbids `{name}`, which the model `{model.name}` uses",
                    view.span(gate, ("rules", position, "forbid", item)),
                    "the gate can never pass",
                    secondary=(Label(view.span(model, ("features", owners[name])), "it is chosen here"),),
                    help=(f"exclude it from the model: `{owners[name]}: {{except: [{name}]}}`",),
                )

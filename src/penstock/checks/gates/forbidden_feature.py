"""A gate forbids a feature that its model learns from.

What it does: looks up `forbid` of rules with `explain` among the features of the gate's Model.

Why: the gate could never pass, which is found out after training.

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
                    f"the gate forbids `{name}`, and the model `{model.name}` learns from it",
                    view.span(gate, ("rules", position, "forbid", item)),
                    "the gate can never pass",
                    secondary=(Label(view.span(model, ("features", owners[name])), "it comes from here"),),
                    help=(f"leave it out of the model: `{owners[name]}: {{except: [{name}]}}`",),
                )

"""A spec names a feature that does not exist.

What it does: looks up the features that a Model selects or excludes, and those that a drift monitor excludes. A monitor
of predictions can exclude none.

Why: `except` with a misspelt name silently excludes nothing.

Example:

    features: {conditions: {except: [tail_nubmer]}}

Use instead: a name from the FeatureSet, or from a set of the model for a monitor.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.models.feature_names import feature_names
from penstock.checks.rule import rule, unknown_word
from penstock.diagnostics.model import Diagnostic
from penstock.source.model import Pointer
from penstock.specs.base import Resource
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Except, Model
from penstock.specs.rollout import Rollout


@rule("unknown-feature", once=True)
def unknown_feature(view: View, resource: Resource) -> Iterator[Diagnostic]:
    """Yields each name that is no feature."""
    if isinstance(resource, Model):
        yield from _chosen(view, resource)
    elif isinstance(resource, Rollout):
        yield from _watched(view, resource)


def _chosen(view: View, model: Model) -> Iterator[Diagnostic]:
    for name, choice in model.spec.features.items():
        feature_set = view.find(FeatureSet, name)
        if feature_set is None or choice == "all":
            continue
        known = feature_set.spec.features
        pointer: Pointer = ("features", name)
        names = choice.except_ if isinstance(choice, Except) else choice
        below: Pointer = (*pointer, "except") if isinstance(choice, Except) else pointer
        for position, feature in enumerate(names):
            if feature not in known:
                span = view.span(model, (*below, position))
                headline = f"the feature set `{name}` has no feature `{feature}`"
                yield unknown_word("unknown-feature", headline, span, feature, known)
        if isinstance(choice, Except) and set(known) <= set(names):
            yield Diagnostic.error(
                "unknown-feature",
                f"`{model.name}` excludes every feature of `{name}`",
                view.span(model, below),
                help=("remove the feature set",),
            )


def _watched(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    model = view.find(Model, rollout.spec.model)
    if model is None or rollout.spec.monitor is None:
        return
    known = feature_names(view, model)
    if known is None:
        return
    for position, monitor in enumerate(rollout.spec.monitor.drift):
        if monitor.of == "prediction" and monitor.except_:
            yield Diagnostic.error(
                "unknown-feature",
                f"`except` has no effect: the monitor `{monitor.id}` is of the prediction",
                view.span(rollout, ("monitor", "drift", position, "except"), "key"),
                help=("delete it, or write `of: features`",),
            )
            continue
        for item, name in enumerate(monitor.except_):
            if name not in known:
                span = view.span(rollout, ("monitor", "drift", position, "except", item))
                headline = f"the model `{model.name}` has no feature `{name}`"
                yield unknown_word("unknown-feature", headline, span, name, known)

"""The names of a model's features, where all of its feature sets can be read."""

from __future__ import annotations

from penstock.catalog.lineage import lineage
from penstock.catalog.model import View
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model


def feature_names(view: View, model: Model) -> frozenset[str] | None:
    """The names; None where a feature set is missing or broken, which is reported by itself, or chooses nothing."""
    if any(view.find(FeatureSet, name) is None for name in model.spec.features):
        return None
    return frozenset(feature.name for feature in lineage(view).features_of(model)) or None

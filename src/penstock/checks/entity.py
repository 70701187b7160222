"""The entity of a feature set: the columns on which feature sets and labels meet."""

from __future__ import annotations

from penstock.catalog.model import View
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet


def with_entity(view: View, name: str) -> FeatureSet | None:
    """The feature set of that name where its source has its entity; `unknown-column` tells where it has not."""
    feature_set = view.find(FeatureSet, name)
    source = view.find(Dataset, feature_set.spec.source) if feature_set is not None else None
    if feature_set is None or source is None or not set(feature_set.spec.entity) <= source.spec.columns.keys():
        return None
    return feature_set

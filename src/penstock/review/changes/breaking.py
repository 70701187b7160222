"""Fields at which what a model was trained on and what it is served, or labelled by, part ways when they change."""

from __future__ import annotations

from penstock.review.changes.diff import Difference
from penstock.review.changes.directions import NEUTRAL
from penstock.specs.base import Node
from penstock.specs.dataset import Column, DatasetSpec
from penstock.specs.feature_set import Aggregate, Feature, FeatureSetSpec, Latest, Lookup
from penstock.specs.model import Except, Label, ModelSpec
from penstock.specs.rollout import Serve

_FIELDS: dict[type[Node], tuple[str, ...]] = {
    Column: ("type",),
    DatasetSpec: ("event_time", "known_at", "primary_key", "surrogate_key", "columns"),
    FeatureSetSpec: ("source", "entity", "features"),
    Feature: ("type", "sql", "latest", "lookup", "aggregate", "python"),
    Latest: ("of", "column", "match", "max_age"),
    Lookup: ("of", "column", "match"),
    Aggregate: ("of", "sql", "where", "match", "window"),
    ModelSpec: ("features", "task"),
    Except: ("except_",),
    Label: ("dataset", "column", "horizon", "positive"),
    Serve: ("protocol",),
}
"""Type, label, window and point in time, by the class that declares the field."""


def is_breaking(difference: Difference | None) -> bool:
    """Whether a version trained before the change no longer fits what is read, computed or sent after it.

    A column or a feature that comes breaks nothing, one that goes does. Of their order a version keeps its own, and
    what follows a rename is the same under another name.
    """
    if difference is None or difference.is_order or difference.field not in _FIELDS.get(difference.holder, ()):
        return False
    if difference.judgement.direction is NEUTRAL:
        return False
    comes = difference.before is None
    return not (comes and (difference.holder, difference.field) in _GROWING)


_GROWING = {(DatasetSpec, "columns"), (FeatureSetSpec, "features")}

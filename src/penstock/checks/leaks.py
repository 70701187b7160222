"""Which features of a model are made from its label, or found by it, without the protection of time."""

from __future__ import annotations

from typing import NamedTuple

from penstock.catalog.lineage import FeatureId, FeatureSource, Lineage, lineage, rows_dataset
from penstock.catalog.model import View
from penstock.catalog.upstream import Column, Path, copied, upstream
from penstock.specs.dataset import Dataset
from penstock.specs.model import Model


class Leak(NamedTuple):
    """How the label reaches a feature."""

    source: FeatureSource
    """What the feature reads."""
    path: Path
    """From the label to that."""


def leaks(view: View, model: Model) -> dict[FeatureId, Leak]:
    """The features that the label reaches, each with the first way, in the order of the model's reads."""
    label = (model.spec.label.dataset, model.spec.label.column)
    flow = lineage(view)
    found: dict[FeatureId, Leak] = {}
    for read in flow.reads(model):
        feature, source = read.feature, read.source
        if feature is None or feature in found or source.guessed:
            continue
        path = flow.bearing_on(source).get(label)
        if path is not None and not _is_protected(view, flow, model, source, label):
            found[feature] = Leak(source, path)
    return found


def is_known_at_once(view: View, rows: Dataset | None, dataset: Dataset) -> bool:
    """Whether a row of a dataset counts as known at the very time of the model's row that it belongs to.

    So it is with the model's rows themselves, and with a query that takes their time over: as it is under any name, or
    under its own as whatever is made of it.
    """
    time = dataset.spec.known_at or dataset.spec.event_time
    if rows is None or time is None or rows.spec.event_time is None:
        return False
    if rows.name == dataset.name:
        return time == rows.spec.event_time
    theirs, ours = (dataset.name, time), (rows.name, rows.spec.event_time)
    if not copied(view, theirs).isdisjoint(copied(view, ours)):
        return True
    shared = upstream(view, theirs).keys() & upstream(view, ours).keys()
    return time == rows.spec.event_time and any(column == time for _, column in shared)


def _is_protected(view: View, flow: Lineage, model: Model, source: FeatureSource, label: Column) -> bool:
    """Whether the feature sees a row only once its label is known."""
    if source.form not in ("latest", "aggregate"):
        return False
    read, labels = view.find(Dataset, source.column[0]), view.find(Dataset, label[0])
    if labels is not None and is_known_at_once(view, rows_dataset(view, model), labels):
        return False  # at its own time a row sees itself, or its label
    if source.column[0] == label[0] or read is None or labels is None:
        return True
    known = read.spec.known_at or read.spec.event_time
    moment = labels.spec.known_at or labels.spec.event_time
    return known is not None and moment is not None and (labels.name, moment) in flow.upstream((read.name, known))

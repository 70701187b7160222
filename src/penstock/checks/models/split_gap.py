"""Data leaks between the parts of a split.

What it does: for a split by time, checks that the `gap` between the parts (also called purging or embargo) is at least
the label's `horizon`, and that the rows have an event time; for any other split, that its shares leave rows for
training. Warns of labels with an event time but no `horizon`, and of a random split of rows whose features read earlier
rows.

Why: a training row whose label becomes known during the validation period carries information from that period. A
random split evaluates a model on rows that are older than some of its training rows, which is easier than production.

Example:

    label: {dataset: arrivals, column: late, horizon: 12h}
    split: {by: time, validation: 30d, test: 30d}

Use instead:

    split: {by: time, validation: 30d, test: 30d, gap: 12h}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.lineage import lineage, rows_dataset
from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import GroupSplit, Model, RandomSplit, TimeSplit


@rule("split-gap", severities=MAY_WARN)
def split_gap(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields what lets one part of the split know of another, or leaves one without rows."""
    rows = rows_dataset(view, model)
    match model.spec.split:
        case TimeSplit() as split:
            yield from _unknown_horizon(view, model, rows)
            yield from _too_small_a_gap(view, model, split)
            yield from _no_time_to_split_by(view, model, rows)
        case GroupSplit() as split:
            yield from _nothing_to_train(view, model, split)
        case RandomSplit() as split:
            yield from _nothing_to_train(view, model, split)
            yield from _earlier_rows_at_random(view, model, rows)


def _unknown_horizon(view: View, model: Model, rows: Dataset | None) -> Iterator[Diagnostic]:
    """Labels that may become known late, of which nobody says how late."""
    labels = view.find(Dataset, model.spec.label.dataset)
    if model.spec.label.horizon is not None or rows is None or labels is None or not _comes_by_itself(rows, labels):
        return
    yield Diagnostic.warning(
        "split-gap",
        "the label has no `horizon`, so the split may need a `gap`",
        view.span(model, ("label",), "key"),
        secondary=(Label(view.span(labels, ("eventTime",)), "labels have an event time"),),
        help=("add a `horizon` to `label`, and a `gap` of at least that to the split",),
    )


def _comes_by_itself(rows: Dataset, labels: Dataset) -> bool:
    """Whether labels are rows of their own, with a time that may be later than that of what they label."""
    return labels.name != rows.name and labels.spec.event_time is not None


def _too_small_a_gap(view: View, model: Model, split: TimeSplit) -> Iterator[Diagnostic]:
    """Parts of the split between which labels of the earlier one become known in the later one."""
    horizon = model.spec.label.horizon
    if horizon is None or split.gap >= horizon:
        return
    at = ("split", "gap") if split.gap else ("split",)
    written = view.data("Model", model.name)["spec"]["label"]["horizon"]
    apart = f"are only {split.gap} apart" if split.gap else "have no gap"
    yield Diagnostic.error(
        "split-gap",
        f"labels become known after up to {written}, but the parts of the split {apart}",
        view.span(model, at, "value" if split.gap else "key"),
        secondary=(Label(view.span(model, ("label", "horizon")), "labels become known until then"),),
        help=(f"write `gap: {written}`",),
    )


def _no_time_to_split_by(view: View, model: Model, rows: Dataset | None) -> Iterator[Diagnostic]:
    """A split by time of rows that have none."""
    if rows is None or rows.spec.event_time is not None:
        return
    yield Diagnostic.error(
        "split-gap",
        f"the rows of `{rows.name}` have no event time to split by",
        view.span(model, ("split", "by")),
        secondary=(Label(view.span(rows, (), "key"), "no `eventTime`"),),
        help=("declare `eventTime` in the dataset, or split by `random` or `group`",),
    )


def _nothing_to_train(view: View, model: Model, split: RandomSplit | GroupSplit) -> Iterator[Diagnostic]:
    """Shares that leave no row for training; that none of them is nothing is proved at loading."""
    if split.validation + split.test >= 1:
        yield Diagnostic.error(
            "split-gap",
            "the split leaves one of its parts empty",
            view.span(model, ("split", "test")),
            "no training rows",
            help=("give each part a share, such as `validation: 15%` and `test: 15%`",),
        )


def _earlier_rows_at_random(view: View, model: Model, rows: Dataset | None) -> Iterator[Diagnostic]:
    """A random split of rows whose features read rows that may have come into another part."""
    timed = _timed_feature(view, model) if rows is not None and rows.spec.event_time is not None else None
    if timed is None:
        return
    feature_set, name = timed
    yield Diagnostic.warning(
        "split-gap",
        "rows are split at random, but their features read earlier rows",
        view.span(model, ("split", "by")),
        secondary=(Label(view.span(feature_set, ("features", name), "key"), "such as this one"),),
        help=("split by `time`: in production rows are newer than the training rows",),
    )


def _timed_feature(view: View, model: Model) -> tuple[FeatureSet, str] | None:
    """The first feature of the model that reads rows of earlier times."""
    for one in lineage(view).features_of(model):
        feature_set = view.get(FeatureSet, one.feature_set)
        declared = feature_set.spec.features[one.name]
        if declared.latest or declared.aggregate:
            return feature_set, one.name
    return None

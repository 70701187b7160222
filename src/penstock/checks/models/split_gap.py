"""Data leaks between the parts of a split.

What it does: for a split by time, checks that the `gap` between the parts (also called purging or embargo) is at least
the label's `horizon`, and that the rows have an event time. Warns of labels with an event time but no `horizon`, and of
a random split of rows whose features read earlier rows.

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

from penstock.catalog.lineage import rows_dataset
from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import GroupSplit, Model, RandomSplit, TimeSplit


@rule("split-gap", severities=MAY_WARN)
def split_gap(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields what lets one part of the split know of another."""
    split, horizon = model.spec.split, model.spec.label.horizon
    rows = rows_dataset(view, model)
    if isinstance(split, TimeSplit):
        labels = view.find(Dataset, model.spec.label.dataset)
        if horizon is None and rows is not None and labels is not None and _comes_by_itself(rows, labels):
            yield Diagnostic.warning(
                "split-gap",
                "the label has no `horizon`, so the split may need a `gap`",
                view.span(model, ("label",), "key"),
                secondary=(Label(view.span(labels, ("eventTime",)), "labels have an event time"),),
                help=("add a `horizon` to `label`, and a `gap` of at least that to the split",),
            )
        if horizon is not None and split.gap < horizon:
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
        if rows is not None and rows.spec.event_time is None:
            yield Diagnostic.error(
                "split-gap",
                f"the rows of `{rows.name}` have no event time to split by",
                view.span(model, ("split", "by")),
                secondary=(Label(view.span(rows, (), "key"), "no `eventTime`"),),
                help=("declare `eventTime` in the dataset, or split by `random` or `group`",),
            )
    else:
        yield from _nothing_to_train(view, model, split)
    if isinstance(split, RandomSplit) and rows is not None and rows.spec.event_time is not None:
        timed = _timed_feature(view, model)
        if timed is not None:
            feature_set, name = timed
            yield Diagnostic.warning(
                "split-gap",
                "rows are split at random, but their features read earlier rows",
                view.span(model, ("split", "by")),
                secondary=(Label(view.span(feature_set, ("features", name), "key"), "such as this one"),),
                help=("split by `time`: in production rows are newer than the training rows",),
            )


def _comes_by_itself(rows: Dataset, labels: Dataset) -> bool:
    """Whether labels are rows of their own, with a time that may be later than that of what they label."""
    return labels.name != rows.name and labels.spec.event_time is not None


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


def _timed_feature(view: View, model: Model) -> tuple[FeatureSet, str] | None:
    for name in model.spec.features:
        feature_set = view.find(FeatureSet, name)
        for feature, declared in feature_set.spec.features.items() if feature_set is not None else ():
            if feature_set is not None and (declared.latest or declared.aggregate):
                return feature_set, feature
    return None

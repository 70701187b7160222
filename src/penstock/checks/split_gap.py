"""The parts of a split know of each other.

What it does: for a split by time, the `gap` between the parts must be no shorter than the label's `horizon`, and the
rows need an event time. Warns of rows split at random whose features look at other rows' past.

Why: a training row whose label becomes known during the validation period carries news of that period. A random split
judges a model on rows from before those it learned from, which is easier than what it will meet.

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
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model, RandomSplit, TimeSplit


@rule("split-gap", Model)
def split_gap(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields what lets one part of the split know of another."""
    split, horizon = model.spec.split, model.spec.label.horizon
    rows = rows_dataset(view, model)
    if isinstance(split, TimeSplit):
        if horizon is not None and split.gap < horizon:
            at = ("split", "gap") if split.gap else ("split",)
            yield Diagnostic.error(
                "split-gap",
                f"labels take up to {horizon}, and the parts of the split lie {split.gap} apart",
                view.span(model, at, "value" if split.gap else "key"),
                secondary=(Label(view.span(model, ("label", "horizon")), "labels become known until then"),),
                help=(f"write `gap: {horizon}`",),
            )
        if rows is not None and rows.spec.event_time is None:
            yield Diagnostic.error(
                "split-gap",
                f"the rows of `{rows.name}` have no time to be split by",
                view.span(model, ("split", "by")),
                secondary=(Label(view.span(rows, (), "key"), "it has no `eventTime`"),),
                help=("declare `eventTime` in the dataset, or split by `random` or `group`",),
            )
    else:
        for key, share in (("test", split.test), ("validation", split.validation)):
            if share == 0 or split.test + split.validation >= 1:
                yield Diagnostic.error(
                    "split-gap",
                    "the split leaves one of its parts empty",
                    view.span(model, ("split", key)),
                    f"training gets {(1 - split.test - split.validation) * 100:f}%".replace(".00%", "%")
                    if share
                    else "",
                    help=("give each part a share, such as `validation: 15%` and `test: 15%`",),
                )
                break
    if isinstance(split, RandomSplit) and rows is not None and rows.spec.event_time is not None:
        timed = _timed_feature(view, model)
        if timed is not None:
            feature_set, name = timed
            yield Diagnostic.warning(
                "split-gap",
                "rows are split at random, and their features look at the past of other rows",
                view.span(model, ("split", "by")),
                secondary=(Label(view.span(feature_set, ("features", name), "key"), "such as this one"),),
                help=("split by `time`: a model is used on rows that are newer than those it learned from",),
            )


def _timed_feature(view: View, model: Model) -> tuple[FeatureSet, str] | None:
    for name in model.spec.features:
        feature_set = view.find(FeatureSet, name)
        for feature, declared in feature_set.spec.features.items() if feature_set is not None else ():
            if feature_set is not None and (declared.latest or declared.aggregate):
                return feature_set, feature
    return None

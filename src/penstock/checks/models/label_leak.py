"""A feature is derived from the label (target leakage).

What it does: follows the lineage of every feature of a Model. A feature must not be derived from the label's column
with an expression, a `lookup` or a Python function, nor selected by it: in `match`, or in the joins, groups and filters
of SQL. `latest` and `aggregate` may read it, if the dataset's time is the time at which the label became known: then
only labels of other, earlier rows are visible. A Python function without `reads` gets every column of its rows, the
label among them, which is a warning.

Why: a model that reads its label is perfect on every test and useless on new rows.

Example: `late` is the label; the dataset `joined` carries it next to the scheduled departure.

    was_late: {type: bool, latest: {of: joined, column: late, match: [flight_id]}}

Use instead: read the label from the dataset that declares when it became known, with `latest` or `aggregate`:

    late_share_30d: {type: float, aggregate: {of: arrivals, sql: "avg(late::int)", match: [carrier], window: 30d}}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.lineage import FeatureId, lineage
from penstock.catalog.model import View
from penstock.checks.leaks import Leak, leaks
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model


@rule("label-leak", severities=MAY_WARN)
def label_leak(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields each feature that reads the label without the protection of time, or whose function may."""
    found = leaks(view, model)
    for leaking, leak in found.items():
        yield _diagnostic(view, model, leaking, leak)
    flow, label = lineage(view), (model.spec.label.dataset, model.spec.label.column)
    told = set(found)
    for read in flow.reads(model):
        feature, source = read.feature, read.source
        if feature is None or feature in told or not source.guessed or source.form != "python":
            continue
        if label in flow.bearing_on(source):
            told.add(feature)
            yield _may_read(view, model, feature)


def _may_read(view: View, model: Model, feature: FeatureId) -> Diagnostic:
    feature_set = view.get(FeatureSet, feature.feature_set)
    return Diagnostic.warning(
        "label-leak",
        f"the function of `{feature.name}` gets the label of `{model.name}`",
        view.span(feature_set, ("features", feature.name, "python")),
        "it gets every column",
        secondary=(Label(view.span(model, ("label", "column")), "the label"),),
        help=("add `reads: [...]` with the columns that it needs: it gets no other",),
    )


def _diagnostic(view: View, model: Model, feature: FeatureId, leak: Leak) -> Diagnostic:
    source, path = leak
    label = (model.spec.label.dataset, model.spec.label.column)
    decides = source.decides or label not in lineage(view).upstream(source.column)
    feature_set = view.get(FeatureSet, feature.feature_set)
    way = " -> ".join((*path, str(feature)))
    advice = f"read it from `{label[0]}` with `latest` or `aggregate`, which see only labels that were known by then"
    if source.form in ("latest", "aggregate"):
        advice = f"set `knownAt` of `{source.column[0]}` to the time at which the label became known"
    elif decides:
        advice = "match and filter only by columns that are known at the row's time"
    return Diagnostic.error(
        "label-leak",
        f"the feature `{feature.name}` is selected by the label of `{model.name}`"
        if decides
        else f"the feature `{feature.name}` is derived from the label of `{model.name}`",
        view.span(feature_set, ("features", feature.name), "key"),
        way,
        secondary=(Label(view.span(model, ("label", "column")), "the label"),),
        help=(advice, f"or exclude it: `{feature.feature_set}: {{except: [{feature.name}]}}`"),
    )

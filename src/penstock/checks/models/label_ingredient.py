"""A feature reads a column that the label is computed from (a proxy of the label).

What it does: if the label's dataset is a query, follows it to the columns that the label is computed from, and warns of
features that read one of them with an expression, a `lookup` or a Python function.

Why: if `late` is `arrival_delay > 15`, a feature that reads `arrival_delay` reveals the label. A scheduled time that
the label is measured against is harmless, so this is a warning.

Example:

    late: select arrival_delay > 15 as late from flights     # the label
    delay: {type: int, sql: arrival_delay}                   # a feature on the rows of flights

Use instead: remove the feature, or read the column with `latest` or `aggregate`. If it is known at the row's time, read
it from a separate dataset that declares so.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.lineage import lineage
from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model


@rule("label-ingredient", severities=WARNS)
def label_ingredient(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields each feature that reads a column upstream of the label, keys and times apart."""
    label = (model.spec.label.dataset, model.spec.label.column)
    flow = lineage(view)
    ingredients = {column: path for column, path in flow.upstream(label).items() if column != label}
    if not ingredients:
        return
    for feature in flow.features_of(model):
        for source in flow.sources_of(feature):
            path = ingredients.get(source.column)
            if path is None or source.guessed or source.form in ("latest", "aggregate"):
                continue
            dataset = view.find(Dataset, source.column[0])
            if dataset is None or source.column[1] in (*dataset.spec.primary_key, dataset.spec.event_time):
                continue
            feature_set = view.get(FeatureSet, feature.feature_set)
            yield Diagnostic.warning(
                "label-ingredient",
                f"the feature `{feature.name}` reads a column that the label of `{model.name}` is computed from",
                view.span(feature_set, ("features", feature.name), "key"),
                " -> ".join(path),
                secondary=(Label(view.span(model, ("label", "column")), "the label"),),
                help=(f"unless it is known at the row's time, exclude it: `{{except: [{feature.name}]}}`",),
            )
            break

"""A feature reads a column that the label is computed from, or that stands beside it (a proxy of the label).

What it does: if the label's dataset is a query, follows it to the columns that the label is computed from, and warns of
features that read one of them with an expression, a `lookup` or a Python function, also where another query gives it
with the same rows, under whatever name and with whatever is computed of it. So it does of features that read another
column of the label's dataset so, unless that gives the model its rows: like the label, it becomes known after the row.
`latest` and `aggregate` may read such columns, unless their rows count as known at the time of the model's own row,
which they then see as well.

Other columns of a raw table that the label is computed from are not reported: nobody can tell by its spec which of them
are outcomes. Declare those in a Dataset of their own, with `knownAt`.

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
from typing import NamedTuple

from penstock.catalog.lineage import FeatureSource, lineage, rows_dataset
from penstock.catalog.model import View
from penstock.catalog.upstream import Column, Path, made_of_its_row
from penstock.checks.leaks import is_known_at_once, leaks
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model


class _Proxy(NamedTuple):
    """What tells of the label."""

    path: Path
    what: str


@rule("label-ingredient", severities=WARNS)
def label_ingredient(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields each feature that reads a column upstream of the label, or beside it, keys and times apart."""
    flow = lineage(view)
    known = leaks(view, model)
    for feature in flow.features_of(model):
        if feature in known:
            continue  # what is made of the label itself is an error
        proxies = (_proxy(view, model, source) for source in flow.sources_of(feature) if not source.guessed)
        proxy = next((found for found in proxies if found is not None), None)
        if proxy is None:
            continue
        feature_set = view.get(FeatureSet, feature.feature_set)
        yield Diagnostic.warning(
            "label-ingredient",
            f"the feature `{feature.name}` reads a column that {proxy.what}",
            view.span(feature_set, ("features", feature.name), "key"),
            " -> ".join(proxy.path),
            secondary=(Label(view.span(model, ("label", "column")), "the label"),),
            help=(
                f"unless it is known at the row's time, exclude it: `{{except: [{feature.name}]}}`",
                *(("if it is, read it from a separate dataset that declares so",) if len(proxy.path) == 1 else ()),
            ),
        )


def _proxy(view: View, model: Model, source: FeatureSource) -> _Proxy | None:
    """What a source of a feature tells of the label; None where nothing, or only once the label is known."""
    label = (model.spec.label.dataset, model.spec.label.column)
    flow, rows = lineage(view), rows_dataset(view, model)
    ingredients = flow.upstream(label)
    read = view.find(Dataset, source.column[0])
    if source.form in ("latest", "aggregate"):
        if source.decides or read is None or not is_known_at_once(view, rows, read):
            return None
    elif source.form != "match" and not source.decides and _is_beside(view, rows, label, source.column):
        return _Proxy((".".join(source.column),), f"stands beside the label of `{model.name}`")
    if _identifies(view, source.column):
        return None
    # A query over the same rows gives what the label is computed from under any name.
    shared = (one for one in made_of_its_row(view, source.column) if one in ingredients and one != label)
    column = next((one for one in shared if not _identifies(view, one)), None)
    return _Proxy(ingredients[column], f"the label of `{model.name}` is computed from") if column is not None else None


def _is_beside(view: View, rows: Dataset | None, label: Column, column: Column) -> bool:
    """Whether a column is another one of the label's dataset, which is not that of the model's rows."""
    is_apart = rows is not None and rows.name != label[0]
    return is_apart and column[0] == label[0] and column != label and not _identifies(view, column)


def _identifies(view: View, column: Column) -> bool:
    """Whether a column tells which row it is, or when; one that is not there tells nothing."""
    dataset = view.find(Dataset, column[0])
    if dataset is None or column[1] not in dataset.spec.columns:
        return True
    spec = dataset.spec
    return column[1] in (*spec.primary_key, spec.event_time, spec.known_at)

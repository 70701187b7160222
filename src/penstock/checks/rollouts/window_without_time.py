"""A monitor counts its window back in time, and its rows have no time.

What it does: looks at the monitors of a rollout whose model reads only datasets without an `eventTime`.

Why: rows of which nobody knows when they were are in every window. Each run then measures all rows that the source has,
those that the model was trained on among them, and a model looks best on these: drift and lost quality of new rows are
hidden among the old ones.

Example:

    quality: [{id: error, metric: mean_absolute_error, above: 30, window: 30d, minLabels: 100}]

of a model whose features come from a Dataset that names no `eventTime`.

Use instead: name the column that says when a row was as the dataset's `eventTime`. Where there is none, leave the
monitors out, or let the source hold the rows of the window alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic, Label
from penstock.source.model import Pointer
from penstock.specs.dataset import Dataset
from penstock.specs.feature_set import FeatureSet
from penstock.specs.model import Model
from penstock.specs.rollout import Rollout


@rule("window-without-time", severities=WARNS)
def window_without_time(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields the windows of a rollout whose rows have no time."""
    monitor, model = rollout.spec.monitor, view.find(Model, rollout.spec.model)
    if monitor is None or model is None:
        return
    # Windows that are counted are an error by themselves.
    drift: list[Pointer] = [("drift", position) for position, one in enumerate(monitor.drift) if one.persist is None]
    windows = [*drift, *(("quality", position) for position in range(len(monitor.quality)))]
    source = timeless_source(view, model) if windows else None
    if source is None:
        return
    first, *rest = (view.span(rollout, ("monitor", *where, "window"), "key") for where in windows)
    yield Diagnostic.warning(
        "window-without-time",
        f"the rows of `{source.name}` have no time, so that all of them are in every window",
        first,
        "those that the model was trained on, too",
        secondary=(
            *(Label(span, "here too") for span in rest),
            Label(view.span(source, ("columns",), "key"), "no `eventTime` names one of these"),
        ),
        help=("give the dataset an `eventTime`, or let its source hold the rows of the window alone",),
    )


def timeless_source(view: View, model: Model) -> Dataset | None:
    """The first dataset that gives the model its rows, where none of these has a time."""
    sets = [view.find(FeatureSet, name) for name in model.spec.features]
    sources = [view.find(Dataset, one.spec.source) for one in sets if one is not None]
    known = [source for source in sources if source is not None]
    return known[0] if known and all(source.spec.event_time is None for source in known) else None

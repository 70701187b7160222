"""A monitor has a time window, but its rows have no event time.

What it does: reports the monitors of a rollout whose model reads only datasets without an `eventTime`.

Why: rows without an event time are in every window. Each run then measures all rows of the source, including the
training rows, on which a model looks best: drift and quality loss of new rows are hidden among the old ones.

Example:

    quality: [{id: error, metric: mean_absolute_error, above: 30, window: 30d, minLabels: 100}]

of a model whose features come from a Dataset without `eventTime`.

Use instead: set the dataset's `eventTime` to the column with the time of the event. If there is none, remove the
monitors, or make the source contain only the rows of the window.
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
        f"the rows of `{source.name}` have no event time, so every window contains all of them",
        first,
        "including the training rows",
        secondary=(
            *(Label(span, "here too") for span in rest),
            Label(view.span(source, ("columns",), "key"), "none of these is named by `eventTime`"),
        ),
        help=("add `eventTime` to the dataset, or make its source contain only the rows of the window",),
    )


def timeless_source(view: View, model: Model) -> Dataset | None:
    """The first dataset that gives the model its rows, where none of these has a time."""
    sets = [view.find(FeatureSet, name) for name in model.spec.features]
    sources = [view.find(Dataset, one.spec.source) for one in sets if one is not None]
    known = [source for source in sources if source is not None]
    return known[0] if known and all(source.spec.event_time is None for source in known) else None

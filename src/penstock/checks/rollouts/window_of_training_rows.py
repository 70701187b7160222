"""The window of a quality monitor reaches into the rows that the model was trained on.

What it does: reports quality monitors whose window, at the time of a training, is longer than the time from the newest
training row to then. That is the length of the split's validation and test periods, their gaps and the label's horizon;
with a split that is not by time, training rows are as new as any. A model that was trained elsewhere is not judged.

Why: a model looks best on rows that it has learned. For as long as a window after each training, and with a schedule
that trains more often than that always, the metric is better than that of new rows, and a loss of quality is hidden.

Example:

    split: {by: random, validation: 0.2, test: 0.2}

of a model that is monitored with

    quality: [{id: error, metric: mean_absolute_error, above: 30, window: 14d}]

Use instead: a split by time whose test period is as long as the window, such as
`{by: time, validation: 14d, test: 14d}`, or a shorter window.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rollouts.window_without_time import timeless_source
from penstock.checks.rule import rule
from penstock.diagnostics.codes import WARNS
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.model import Model, ModelSpec, TimeSplit
from penstock.specs.rollout import Rollout
from penstock.specs.units import Duration


@rule("window-of-training-rows", severities=WARNS)
def window_of_training_rows(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields the quality windows of a rollout that hold training rows."""
    monitor, model = rollout.spec.monitor, view.find(Model, rollout.spec.model)
    if monitor is None or model is None or model.spec.estimator.external is not None:
        return
    kept = _kept_from_training(model.spec)
    long = [position for position, one in enumerate(monitor.quality) if kept is None or one.window > kept]
    # Of rows without a time, every window holds all; that is told by itself.
    if not long or timeless_source(view, model) is not None:
        return
    first, *rest = (view.span(rollout, ("monitor", "quality", position, "window")) for position in long)
    if kept is None:
        why, help_ = "training rows are as new as any", "split by time, with a test period as long as the window"
    else:
        why = f"the newest training rows are {kept} old"
        help_ = f"use a window of at most `{kept}`, or a longer test period"
    yield Diagnostic.warning(
        "window-of-training-rows",
        f"after a training, `{monitor.quality[long[0]].id}` is measured on rows that the model has learned",
        first,
        secondary=(
            *(Label(span, "here too") for span in rest),
            Label(view.span(model, ("split",), "key"), why),
        ),
        help=(help_,),
    )


def _kept_from_training(spec: ModelSpec) -> Duration | None:
    """How old the newest training row is when the model is trained; None where it may be of any age."""
    split = spec.split
    if not isinstance(split, TimeSplit):
        return None
    return Duration(split.validation + split.test + 2 * split.gap + (spec.label.horizon or 0))

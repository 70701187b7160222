"""Retraining on drift or quality has no cooldown, or no trigger.

What it does: checks that `onDrift` and `onQuality` have a `cooldown`, and that a Rollout of the model has a monitor of
the kind.

Why: what retraining does not fix starts it again after every run. Without a monitor it never starts.

Example:

    retrain: {onDrift: true}

Use instead:

    retrain: {onDrift: true, cooldown: 24h}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic
from penstock.specs.model import Model, Retrain
from penstock.specs.monitor import Monitor
from penstock.specs.rollout import Rollout


class _Cause(NamedTuple):
    """What starts training besides a schedule, and what finds it."""

    field: str
    monitor: Literal["drift", "quality"]
    what: str

    def starts(self, retrain: Retrain) -> bool:
        return retrain.on_drift if self.monitor == "drift" else retrain.on_quality

    def monitors(self, monitor: Monitor) -> bool:
        return bool(monitor.drift if self.monitor == "drift" else monitor.quality)


_CAUSES = (_Cause("onDrift", "drift", "drift"), _Cause("onQuality", "quality", "a loss of quality"))


@rule("retrain-loop", severities=MAY_WARN)
def retrain_loop(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields a loop without a brake, one that nothing starts, and a brake without a loop."""
    retrain = model.spec.retrain
    if retrain is None:
        return
    causes = [cause for cause in _CAUSES if cause.starts(retrain)]
    if not causes and retrain.cooldown is not None:
        yield Diagnostic.warning(
            "retrain-loop",
            "`cooldown` has no effect without `onDrift: true` or `onQuality: true`",
            view.span(model, ("retrain", "cooldown"), "key"),
            help=("add one of them, or delete it",),
        )
    for cause in causes[:1] if not retrain.cooldown else ():
        yield Diagnostic.error(
            "retrain-loop",
            f"{cause.what} can restart the training of `{model.name}` without limit",
            view.span(model, ("retrain", "cooldown" if retrain.cooldown is not None else cause.field)),
            help=("add `cooldown`, such as `24h`: the shortest time between two runs started by a monitor",),
        )
    if view.environment_name is None:
        for cause in causes:
            yield from _unwatched(view, model, cause)


def _unwatched(view: View, model: Model, cause: _Cause) -> Iterator[Diagnostic]:
    rollouts = view.rollouts_of(model.name)
    if any(one.spec.monitor is not None and cause.monitors(one.spec.monitor) for one in rollouts):
        return
    if view.is_complete(Rollout) and all(view.is_declared(Model, one.spec.model) for one in view.all(Rollout)):
        why = (
            "no rollout serves the model" if not rollouts else f"no rollout of the model has a {cause.monitor} monitor"
        )
        yield Diagnostic.error(
            "retrain-loop",
            f"nothing monitors {cause.monitor} of `{model.name}`",
            view.span(model, ("retrain", cause.field)),
            why,
            help=(f"add `monitor: {{{cause.monitor}: [...]}}` to the model's Rollout",),
        )

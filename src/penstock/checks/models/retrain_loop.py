"""Retraining on drift has no cooldown, or no trigger.

What it does: checks that `onDrift` has a `cooldown`, and that a Rollout of the model has a drift monitor.

Why: drift that retraining does not fix starts it again after every run. Without a monitor it never starts.

Example:

    retrain: {onDrift: true}

Use instead:

    retrain: {onDrift: true, cooldown: 24h}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic
from penstock.specs.model import Model
from penstock.specs.rollout import Rollout


@rule("retrain-loop", severities=MAY_WARN)
def retrain_loop(view: View, model: Model) -> Iterator[Diagnostic]:
    """Yields a loop without a brake, one that nothing starts, and a brake without a loop."""
    retrain = model.spec.retrain
    if retrain is None:
        return
    if not retrain.on_drift:
        if retrain.cooldown is not None:
            yield Diagnostic.warning(
                "retrain-loop",
                "`cooldown` has no effect without `onDrift: true`",
                view.span(model, ("retrain", "cooldown"), "key"),
                help=("add `onDrift: true`, or delete it",),
            )
        return
    if not retrain.cooldown:
        yield Diagnostic.error(
            "retrain-loop",
            f"drift can restart the training of `{model.name}` without limit",
            view.span(model, ("retrain", "cooldown" if retrain.cooldown is not None else "onDrift")),
            help=("add `cooldown`, such as `24h`: the shortest time between two runs started by drift",),
        )
    rollouts = view.rollouts_of(model.name)
    watched = any(one.spec.monitor is not None and one.spec.monitor.drift for one in rollouts)
    if watched or view.environment_name is not None:
        return
    if view.is_complete(Rollout) and all(view.is_declared(Model, one.spec.model) for one in view.all(Rollout)):
        why = "no rollout serves the model" if not rollouts else "no rollout of the model has a drift monitor"
        yield Diagnostic.error(
            "retrain-loop",
            f"nothing monitors drift of `{model.name}`",
            view.span(model, ("retrain", "onDrift")),
            why,
            help=("add `monitor: {drift: [...]}` to the model's Rollout",),
        )

"""Whether a model is trained by the clock, so that a training that does not happen is missed."""

from __future__ import annotations

from penstock.catalog.model import View
from penstock.lowering.environments import environment_of


def retraining_schedule(view: View, name: str) -> str | None:
    """When the training of the model `name` starts by itself in the view's environment, as cron fields.

    None where nothing starts it by the clock: no schedule, an environment that does not train, or none with a cluster.
    Drift may start it at any time, and never has to.
    """
    return view.model(name).spec.retraining if environment_of(view).spec.retrains else None

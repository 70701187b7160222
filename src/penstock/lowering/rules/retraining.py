"""Whether a model is trained on a schedule, so that a training that does not happen is noticed."""

from __future__ import annotations

from penstock.catalog.model import View
from penstock.lowering.environments import environment_of


def retraining_schedule(view: View, name: str) -> str | None:
    """When the training of the model `name` starts by itself in the view's environment, as cron fields.

    None where it has no schedule, and in an environment that does not train or has no cluster. Drift may start it at
    any time, and never has to.
    """
    return view.model(name).spec.retraining if environment_of(view).spec.retrains else None

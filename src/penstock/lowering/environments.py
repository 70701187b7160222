"""The environment that something is lowered for, and what starts by itself in it."""

from __future__ import annotations

from penstock.catalog.model import View
from penstock.specs.environment import Environment


def environment_of(view: View) -> Environment:
    """The environment that `view` is of; ValueError for a view before overrides, from which nothing is lowered."""
    environment = view.environment
    if environment is None:
        raise ValueError("plans are made for one environment; this view is of none")
    return environment


def retraining_schedule(view: View, name: str) -> str | None:
    """When the training of the model `name` starts by itself in the view's environment, as cron fields.

    None where it has no schedule, and in an environment that does not train or has no cluster. Drift may start it at
    any time, and never has to.
    """
    return view.model(name).spec.retraining if environment_of(view).spec.retrains else None

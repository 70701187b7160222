"""The environment that something is lowered for."""

from __future__ import annotations

from penstock.catalog.model import View
from penstock.specs.environment import Environment


def environment_of(view: View) -> Environment:
    """The environment that `view` is of; ValueError for a view before overrides, from which nothing is lowered."""
    environment = view.environment
    if environment is None:
        raise ValueError("plans are made for one environment; this view is of none")
    return environment

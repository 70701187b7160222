"""A rollout has impossible replica settings.

What it does: reports `min` above `max`, a canary with a single replica, and a utilization target above 100%.

Why: an autoscaler rejects `min` above `max`. A canary divides traffic between at least two replicas.

Example:

    replicas: {min: 8, max: 4}

Use instead:

    replicas: {min: 4, max: 8}
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.rollout import Rollout


@rule("capacity")
def capacity(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields bounds on copies that cannot hold, or that a canary exceeds."""
    replicas = rollout.spec.serve.replicas
    where = ("serve", "replicas")
    if replicas.min > replicas.max:
        has_max = "max" in replicas.model_fields_set
        yield Diagnostic.error(
            "capacity",
            f"`min` of {replicas.min} replicas is above `max` of {replicas.max}",
            view.span(rollout, (*where, "min")),
            secondary=(Label(view.span(rollout, (*where, "max")), "and this"),) if has_max else (),
            help=(
                "write the larger number as `max`"
                if has_max
                else f"add `max: {replicas.min}` or more; the default is 1",
            ),
        )
    elif rollout.spec.strategy.canary is not None and replicas.min < 2:
        at = (*where, "min") if "min" in replicas.model_fields_set else ("strategy", "canary")
        yield Diagnostic.error(
            "capacity",
            "a canary needs at least 2 replicas, and there is 1",
            view.span(rollout, at, "value" if at[-1] == "min" else "key"),
            help=(f"write `replicas: {{min: 2, max: {max(2, replicas.max)}}}`, or more",),
        )
    if replicas.metric in ("cpu", "memory") and replicas.target > 100:
        yield Diagnostic.error(
            "capacity",
            f"the scaling target of {replicas.target}% of the {replicas.metric} request cannot be reached",
            view.span(rollout, (*where, "target")),
            help=("use a percentage below 100, such as 70",),
        )

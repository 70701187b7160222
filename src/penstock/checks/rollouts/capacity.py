"""A rollout cannot have the copies that it asks for.

What it does: `min` above `max`, a canary with a single copy, utilisation above 100%.

Why: an autoscaler refuses bounds that cross. A canary beside one copy halves what serves the rest while it runs.

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
            f"at least {replicas.min} copies and at most {replicas.max}",
            view.span(rollout, (*where, "min")),
            secondary=(Label(view.span(rollout, (*where, "max")), "and this"),) if has_max else (),
            help=(
                "write the larger number as `max`"
                if has_max
                else f"add `max: {replicas.min}` or more; it is 1 by default",
            ),
        )
    elif rollout.spec.strategy.canary is not None and replicas.min < 2:
        at = (*where, "min") if "min" in replicas.model_fields_set else ("strategy", "canary")
        yield Diagnostic.error(
            "capacity",
            "a canary divides traffic between versions, and there is a single copy",
            view.span(rollout, at, "value" if at[-1] == "min" else "key"),
            help=(f"write `replicas: {{min: 2, max: {max(2, replicas.max)}}}`, or more copies",),
        )
    if replicas.metric in ("cpu", "memory") and replicas.target > 100:
        yield Diagnostic.error(
            "capacity",
            f"copies are added from {replicas.target}% of the {replicas.metric} request on",
            view.span(rollout, (*where, "target")),
            help=("write a percentage below 100, such as 70",),
        )

"""The steps of a canary do not increase up to 100%, or are too short to be measured.

What it does: checks that each step has more traffic than the one before, the first more than 0% and the last 100%, and
that a step which `abortOn` judges is held for at least two minutes and four scrapes, and for eight times as long where
the canary is compared with the stable version; that it judges any.

Why: a canary that ends at 50% stays there, and a decreasing step is an unintended rollback. A step that is too short to
be measured passes every version.

Example:

    steps: [{weight: 25%, hold: 1h}, {weight: 5%, hold: 1h}]

Use instead:

    steps: [{weight: 5%, hold: 1h}, {weight: 25%, hold: 1h}, {weight: 100%}]
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.codes import MAY_WARN
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.canary import Canary
from penstock.specs.compared_windows import shortest_hold
from penstock.specs.rollout import Rollout


@rule("canary-steps", severities=MAY_WARN)
def canary_steps(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields each step out of order, and a last step that is none."""
    canary = rollout.spec.strategy.canary
    if canary is None:
        return
    if canary.abort_on and rollout.spec.serve.target == "argo-rollouts":
        yield from _too_short(view, rollout, canary)
        yield from _uncompared(view, rollout, canary)
    where = ("strategy", "canary", "steps")
    for (before, first), (position, step) in pairwise(enumerate(canary.steps)):
        if step.weight <= first.weight:
            yield Diagnostic.error(
                "canary-steps",
                f"the canary goes from {first.weight!s} to {step.weight!s}",
                view.span(rollout, (*where, position, "weight")),
                secondary=(Label(view.span(rollout, (*where, before, "weight")), "the previous step"),),
                help=("each step needs more traffic than the one before",),
            )
    last = len(canary.steps) - 1
    if canary.steps[0].weight == 0:
        yield Diagnostic.error(
            "canary-steps",
            "the first step of the canary has no traffic",
            view.span(rollout, (*where, 0, "weight")),
            help=("without traffic nothing can be measured: start with a small share, such as `5%`",),
        )
    if last == 0 and canary.steps[0].weight == 1 and canary.steps[0].hold is None and canary.abort_on:
        yield Diagnostic.error(
            "canary-steps",
            "`abortOn` measures nothing: the only step of the canary has all of the traffic and is not held",
            view.span(rollout, ("strategy", "canary", "abortOn"), "key"),
            help=("start with a small share, such as `{weight: 5%, hold: 30m}`; a weight of 1 means 100%",),
        )
    elif last == 0 and canary.steps[0].weight == 1:
        yield Diagnostic.warning(
            "canary-steps",
            "the only step of the canary has all of the traffic",
            view.span(rollout, (*where, 0, "weight")),
            help=("start with a small share, such as `5%`; 1 means 100%",),
        )
    elif canary.steps[last].weight != 1:
        yield Diagnostic.error(
            "canary-steps",
            f"the canary ends at {canary.steps[last].weight!s} of the traffic",
            view.span(rollout, (*where, last, "weight")),
            help=("add `{weight: 100%}` as the last step",),
        )


def _too_short(view: View, rollout: Rollout, canary: Canary) -> Iterator[Diagnostic]:
    environment = view.environment
    if environment is None:
        return
    prometheus = environment.spec.prometheus
    window = prometheus.short_window
    comparing = next((condition.id for condition in canary.abort_on if condition.is_comparison), None)
    for position, step in enumerate(canary.steps):
        if step.hold is None:
            continue
        compared = comparing is not None and step.weight < 1
        shortest = shortest_hold(window) if compared else window
        if step.hold < shortest:
            needed = f"`{comparing}`, which compares it with the stable version in windows" if compared else "`abortOn`"
            yield Diagnostic.error(
                "canary-steps",
                f"the step of {step.weight!s} is too short for {needed}",
                view.span(rollout, ("strategy", "canary", "steps", position, "hold")),
                f"`{environment.name}` scrapes every {prometheus.scrape_interval}",
                help=(f"hold it for at least `{shortest}`, or longer with little traffic",),
            )


def _uncompared(view: View, rollout: Rollout, canary: Canary) -> Iterator[Diagnostic]:
    """Comparisons of which there is none: without requests the stable version has no figures."""
    if any(step.hold is not None and step.weight < 1 for step in canary.steps):
        return
    for position, condition in enumerate(canary.abort_on):
        if condition.is_comparison:
            yield Diagnostic.error(
                "canary-steps",
                f"`{condition.id}` compares nothing: no step that leaves the stable version traffic is held",
                view.span(rollout, ("strategy", "canary", "abortOn", position)),
                help=("give a step below 100% a `hold`, at whose end the two versions are compared",),
            )

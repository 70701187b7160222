"""Two rollouts serve the same model in the same environment.

What it does: compares the Rollouts of each Model in each environment.

Why: both set the traffic weights of the same model; the one that is applied last wins, until the next sync.

Example: `delay-online` and `delay-canary`, both `{model: delay, environments: [production], serve: {target: kserve}}`.

Use instead: one rollout with `strategy: {canary: ...}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock.catalog.model import View
from penstock.checks.rule import rule
from penstock.diagnostics.model import Diagnostic, Label
from penstock.specs.rollout import Rollout


@rule("competing-rollouts")
def competing_rollouts(view: View, rollout: Rollout) -> Iterator[Diagnostic]:
    """Yields the later by name of two rollouts that compete."""
    environment = view.environment_name
    if environment is None:
        return
    for other in view.rollouts_of(rollout.spec.model):
        if other.name < rollout.name and other.spec.serve.target == rollout.spec.serve.target:
            yield Diagnostic.error(
                "competing-rollouts",
                f"two rollouts serve `{rollout.spec.model}` in `{environment}`",
                view.span(rollout, ("environments",)),
                secondary=(Label(view.span(other, ("environments",)), f"`{other.name}` does too"),),
                help=("keep one of them; use `strategy.canary` to give a new version a share of the traffic",),
            )
            return

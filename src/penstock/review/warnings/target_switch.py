"""Rollouts that are served by another target than before while they serve.

What the old target served goes when the change is applied, whether or not the new one has pods; the host name is
another too. In KServe's Standard mode the route of both has the name of the rollout, and belongs to the
InferenceService: it is deleted with that, or written again and again by two controllers where nothing prunes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.catalog.model import Catalog, SpecId, View
from penstock.diagnostics.model import Diagnostic
from penstock.specs.rollout import Rollout


def target_switches(base: Catalog, head: Catalog, touched: Iterable[SpecId]) -> Iterator[Diagnostic]:
    """A warning for each environment in which a Rollout that serves moves to another target."""
    for spec_id in touched:
        if spec_id.kind != "Rollout":
            continue
        for environment in head.environments():
            after = head.view(environment)
            old, new = _target(base.view(environment), spec_id.name), _target(after, spec_id.name)
            if old is not None and new is not None and old != new:
                yield Diagnostic.warning(
                    "target-switch",
                    f"`{spec_id.name}` in {environment} stops answering before {new} has started it",
                    after.span(spec_id, ("serve", "target")),
                    f"what {old} serves is deleted",
                    help=(
                        f"add a Rollout of another name with `target: {new}`, let its callers move to its host name, "
                        "and remove this one then",
                    ),
                )


def _target(view: View, name: str) -> str | None:
    """What serves a rollout; None where nothing does."""
    rollout, environment = view.find(Rollout, name), view.environment
    if rollout is None or environment is None or environment.name not in rollout.spec.environments:
        return None
    return rollout.spec.serve.target if view.release_of(name) is not None else None

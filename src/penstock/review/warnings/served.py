"""Which rollouts serve, on either side of a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.catalog.model import Catalog, SpecId, View
from penstock.specs.rollout import Rollout


def served(view: View, name: str) -> Rollout | None:
    """The rollout, where it is to serve in the view's environment and has a Release there."""
    rollout, environment = view.find(Rollout, name), view.environment
    if rollout is None or environment is None or environment.name not in rollout.spec.environments:
        return None
    return rollout if view.release_of(name) is not None else None


def rollouts_before_and_after(
    base: Catalog, head: Catalog, touched: Iterable[SpecId]
) -> Iterator[tuple[SpecId, View, View]]:
    """The touched rollouts, each with what both sides show of every environment."""
    for spec_id in touched:
        if spec_id.kind == Rollout.kind_name:
            for environment in head.environments():
                yield spec_id, base.view(environment), head.view(environment)

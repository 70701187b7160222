"""How much more traffic a changed canary risks at once, in percentage points."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from penstock.review.changes.diff import Difference
from penstock.review.changes.directions import LOOSENED
from penstock.review.model import Grown, Operation
from penstock.specs.rollout import Canary, CanaryStep, RolloutSpec


def traffic_growth(difference: Difference, after: Any) -> Difference:
    """The difference, with how far traffic grows where it takes a step, or the whole canary, away.

    `after` is the spec of head that it lies in. A step that is gone grew to the next step that is left: where
    the rollout would have paused at its share, it now goes on to the next. A canary that is gone grew to everything.
    """
    if difference.operation is not Operation.REMOVED or difference.judgement.direction is not LOOSENED:
        return difference
    grew = None
    if isinstance(difference.before, CanaryStep) and isinstance(after, RolloutSpec):
        left = [step.weight for step in after.strategy.canary.steps] if after.strategy.canary is not None else []
        following = min((weight for weight in left if weight >= difference.before.weight), default=None)
        grew = _points((following or 1) - difference.before.weight)
    elif isinstance(difference.before, Canary):
        grew = _points(1 - difference.before.steps[0].weight)
    if grew is None:
        return difference
    return difference._replace(judgement=difference.judgement._replace(grew=grew))


def step_growth(rollout: RolloutSpec, before: int | None, after: int | None) -> Grown | None:
    """By how many points a release that advances from one step to another raises its share of the traffic."""
    canary = rollout.strategy.canary
    if canary is None:
        return None
    grew = _share(canary, after) - _share(canary, before)
    return _points(grew) if grew > 0 else None


def _share(canary: Canary, step: int | None) -> Decimal:
    if step is None or step >= len(canary.steps):
        return Decimal(1)
    return canary.steps[step].weight


def _points(share: Decimal) -> Grown:
    return Grown(float(share * 100), "points")

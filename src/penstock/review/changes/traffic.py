"""How much more traffic a changed canary risks at once, in percentage points."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from penstock.review.changes.diff import Difference
from penstock.review.changes.directions import LOOSENED
from penstock.review.model import Grown, Operation
from penstock.specs.canary import Canary, CanaryStep
from penstock.specs.rollout import RolloutSpec


def traffic_growth(difference: Difference, before: Any, after: Any) -> Difference:
    """The difference, with how far traffic grows where it takes a step, or the whole canary, away.

    `before` and `after` are the specs that it lies in. A step that is gone grew to the next step that is left: where
    the rollout would have paused at its share, it now goes on to the next. A Release names its step by the place, so
    that one behind a step that is gone comes to the next share, too. A canary that is gone grew to everything.
    """
    if difference.operation is not Operation.REMOVED or difference.judgement.direction is not LOOSENED:
        return difference
    grew = None
    if isinstance(difference.before, CanaryStep) and isinstance(before, RolloutSpec) and isinstance(after, RolloutSpec):
        known, left = _weights(before), _weights(after)
        following = min((weight for weight in left if weight >= difference.before.weight), default=Decimal(1))
        by_place = (_share(left, step) - weight for step, weight in enumerate(known))
        grew = _points(max(following - difference.before.weight, *by_place))
    elif isinstance(difference.before, Canary):
        grew = _points(1 - difference.before.steps[0].weight)
    if grew is None:
        return difference
    return difference._replace(judgement=difference.judgement._replace(grew=grew))


def step_growth(base: RolloutSpec, head: RolloutSpec, before: int | None, after: int | None) -> Grown | None:
    """By how many points a release that advances from one step to another raises its share of the traffic.

    Each step has the share that the rollout gives it on that side: else what the rollout adds to it would not count.
    """
    if head.strategy.canary is None:
        return None
    grew = _share(_weights(head), after) - _share(_weights(base), before)
    return _points(grew) if grew > 0 else None


def _weights(rollout: RolloutSpec) -> list[Decimal]:
    """The shares of the traffic at the steps of a canary; none where there is no canary."""
    canary = rollout.strategy.canary
    return [step.weight for step in canary.steps] if canary is not None else []


def _share(weights: list[Decimal], step: int | None) -> Decimal:
    """The share at a step; without one, or behind the last, it is everything."""
    return Decimal(1) if step is None or step >= len(weights) else weights[step]


def _points(share: Decimal) -> Grown:
    return Grown(float(share * 100), "points")

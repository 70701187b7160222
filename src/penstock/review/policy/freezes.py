"""Freezes: times in which nothing is released to an environment, and through which a rollback passes."""

from __future__ import annotations

from datetime import datetime

from penstock.review.model import Change, Direction, Impact, Operation, Plan
from penstock.specs.approval_policy import Freeze
from penstock.specs.review import Area


def is_on(freeze: Freeze, plan: Plan, now: datetime) -> bool:
    """Whether the freeze holds the plan back now, if it reaches the freeze's environments."""
    return plan.kind != "rollback" and freeze.from_ <= now < freeze.until


def is_frozen(freeze: Freeze, change: Change, impact: Impact | None) -> bool:
    """Whether the change reaches one of the freeze's environments; what nobody knows the reach of does.

    Prose and moved files release nothing by themselves; see `frozen_files`.
    """
    return _releases(change) and (impact is None or not set(freeze.environments).isdisjoint(impact.environments))


def frozen_files(freeze: Freeze, plan: Plan) -> tuple[str, ...]:
    """The generated files of the freeze's environments that differ, whatever the change is said to be that did it."""
    return tuple(one.path for one in plan.artifacts if one.path.partition("/")[0] in freeze.environments)


def _releases(change: Change) -> bool:
    is_prose = change.area is Area.DOCUMENTATION and change.direction is Direction.NEUTRAL
    return change.operation is not Operation.MOVED and not is_prose

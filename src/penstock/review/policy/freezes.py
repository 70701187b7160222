"""Freezes: times in which nothing is released to an environment, and through which a rollback passes."""

from __future__ import annotations

from datetime import datetime

from penstock.review.model import Impact, Plan
from penstock.specs.approval_policy import Freeze


def is_on(freeze: Freeze, plan: Plan, now: datetime) -> bool:
    """Whether the freeze holds the plan back now, if it reaches the freeze's environments."""
    return plan.kind != "rollback" and freeze.from_ <= now < freeze.until


def is_frozen(freeze: Freeze, impact: Impact | None) -> bool:
    """Whether a change reaches one of the freeze's environments; what nobody knows the reach of does.

    Prose and moved files reach nothing by themselves; see `frozen_files`.
    """
    return impact is None or not set(freeze.environments).isdisjoint(impact.environments)


def frozen_files(freeze: Freeze, plan: Plan) -> tuple[str, ...]:
    """The generated files of the freeze's environments that differ, whatever the change is said to be that did it."""
    return tuple(one.path for one in plan.artifacts if one.path.partition("/")[0] in freeze.environments)

"""Freezes: times in which nothing is released to an environment, and through which a rollback passes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from penstock.review.model import Impact, Plan
from penstock.specs.approval_policy import Freeze


class StandingFreeze(NamedTuple):
    """A freeze that is on, and what of a plan it holds back."""

    freeze: Freeze
    changes: tuple[str, ...]
    """Fingerprints of the changes that reach one of its environments."""
    files: tuple[str, ...]
    """The generated files of its environments that differ, as an artifact's path."""


def standing_freezes(freezes: Iterable[Freeze], plan: Plan, now: datetime) -> tuple[StandingFreeze, ...]:
    """Those that hold something of the plan back now; none holds back a rollback."""
    if plan.kind == "rollback":
        return ()
    fingerprints = [change.fingerprint for change in plan.changes]
    found = (
        StandingFreeze(
            freeze,
            tuple(one for one in fingerprints if _is_frozen(freeze, plan.impacts.get(one))),
            _frozen_files(freeze, plan),
        )
        for freeze in freezes
        if freeze.from_ <= now < freeze.until
    )
    return tuple(one for one in found if one.changes or one.files)


def _is_frozen(freeze: Freeze, impact: Impact | None) -> bool:
    """Whether a change reaches one of the freeze's environments; what nobody knows the reach of does.

    Prose and moved files reach nothing by themselves; see `_frozen_files`.
    """
    return impact is None or not set(freeze.environments).isdisjoint(impact.environments)


def _frozen_files(freeze: Freeze, plan: Plan) -> tuple[str, ...]:
    """The generated files of the freeze's environments that differ, whatever the change is said to be that did it."""
    return tuple(one.path for one in plan.artifacts if one.path.partition("/")[0] in freeze.environments)

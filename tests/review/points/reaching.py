"""What a plan tells of sensitive columns that reach the model of the small system."""

from __future__ import annotations

from penstock.review.model import Change, Direction, Plan
from penstock.specs.review import Area
from review.repositories import indirect


def reaching(plan: Plan) -> list[Change]:
    """The sensitive columns that newly reach the model, or otherwise than before."""
    return [
        change
        for change in indirect(plan, "Model/delay")
        if change.area is Area.PRIVACY
        and change.direction is not Direction.NEUTRAL
        and "column" in (change.after or ())
    ]

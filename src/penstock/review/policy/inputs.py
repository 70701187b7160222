"""Everything that a verdict is made of and git knows: the plan, and the policy and organisation of its base."""

from __future__ import annotations

from typing import NamedTuple

from penstock.review.model import Plan
from penstock.review.plan import plan_of
from penstock.review.policy.organisation import Organisation
from penstock.review.policy.resolve import ResolvedPolicy, resolve_organisation, resolve_policy
from penstock.review.sides import Sides, of_sides
from penstock.source.git.repository import GitRepository


class Inputs(NamedTuple):
    """A plan with the policy and the organisation of its base."""

    plan: Plan
    policy: ResolvedPolicy
    organisation: Organisation
    sides: Sides
    """The two trees that they were read from."""


def read_inputs(repository: GitRepository, base: str, head: str) -> Inputs:
    """What a verdict on `head` is made of. GitError where git fails; only git objects are read."""
    return of_sides(repository, base, head, lambda sides: inputs_of(repository, sides))


def inputs_of(repository: GitRepository, sides: Sides) -> Inputs:
    """What a verdict is made of, from two trees that have been read."""
    plan = plan_of(repository, sides)
    base = sides.base.catalog
    return Inputs(plan, resolve_policy(base), resolve_organisation(base, plan), sides)

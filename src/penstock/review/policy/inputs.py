"""Everything that a verdict is made of and git knows: the plan, and the policy and organisation of its base."""

from __future__ import annotations

from typing import NamedTuple

from penstock.review.model import Plan
from penstock.review.plan import plan_of
from penstock.review.policy.governing_files import with_governing_files
from penstock.review.policy.organisation import Organisation
from penstock.review.policy.resolve import ResolvedPolicy, resolve_organisation, resolve_policy
from penstock.review.revisions import Revisions, with_revisions
from penstock.source.git.repository import GitRepository


class Inputs(NamedTuple):
    """A plan with the policy and the organisation of its base."""

    plan: Plan
    policy: ResolvedPolicy
    organisation: Organisation
    revisions: Revisions
    """The two trees that they were read from."""


def read_inputs(repository: GitRepository, base: str, head: str) -> Inputs:
    """What a verdict on `head` is made of. GitError where git fails; only git objects are read."""
    return with_revisions(repository, base, head, lambda revisions: inputs_of(repository, revisions))


def inputs_of(repository: GitRepository, revisions: Revisions) -> Inputs:
    """What a verdict is made of, from two trees that have been read."""
    base = revisions.base.catalog
    policy = resolve_policy(base)
    plan = with_governing_files(plan_of(repository, revisions), policy.rules)
    return Inputs(plan, policy, resolve_organisation(base, plan), revisions)

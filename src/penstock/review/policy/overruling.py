"""Who may set aside what somebody else said against a pull request."""

from __future__ import annotations

from penstock.forges.protocol import PullRequestView
from penstock.review.policy.organisation import Roles, Standing
from penstock.specs.approval_policy import People


def overruling(people: People | None, roles: Roles, view: PullRequestView, excluded: frozenset[str]) -> frozenset[str]:
    """Those whom the base's policy allows that, and who may write and had no hand in the pull request."""
    if people is None:
        return frozenset()
    return frozenset(key for key in roles.people(people, Standing()) - excluded if view.may_write(key))

"""Who leaves a team approves less, and is less bound where a policy asks more of what this team writes."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.review.model import Direction
from review.pull_requests import POLICY, rules_of, with_policy
from review.repositories import Documents, Repository, at

REST = {"id": "rest", "why": "Whatever else changes.", "when": {}, "require": "nobody"}


def _leave(documents: Documents) -> None:
    documents["Team", "flight-ml"]["spec"]["members"] = ["bela"]


def _direction(repository: Repository, when: dict[str, Any]) -> Direction:
    rule = {"id": "new", "why": "New people are helped.", "when": when, "require": {"from": {"teams": ["risk"]}}}
    with_policy(repository, rules_of(POLICY, [rule, REST]))
    return at(repository.changed(_leave), "Team/flight-ml.members[ada]").direction


@pytest.mark.parametrize(
    "when",
    [
        {"author": {"teams": ["flight-ml"]}},
        {"any": [{"kind": ["Gate"]}, {"not": {"author": {"teams": ["sre", "flight-ml"]}}}]},
        {"author": {"roles": ["owner"]}},
    ],
)
def test_who_is_an_author_by_the_team_may_be_bound_less_outside_of_it(
    repository: Repository, when: dict[str, Any]
) -> None:
    assert _direction(repository, when) is Direction.UNKNOWN


@pytest.mark.parametrize("when", [{"kind": ["Gate"]}, {"author": {"teams": ["sre"]}}, {"author": {"logins": ["ada"]}}])
def test_who_is_none_approves_less_and_nothing_else(repository: Repository, when: dict[str, Any]) -> None:
    assert _direction(repository, when) is Direction.TIGHTENED

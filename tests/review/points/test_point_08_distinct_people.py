"""and / or / N-of over teams and roles, with distinct people: one login fills one slot."""

from __future__ import annotations

import pytest

from review.pull_requests import APPROVED, PENDING, POLICY, opened, rules_of, stricter_gate
from review.repositories import Repository

RISK, ML = {"from": {"teams": ["risk"]}}, {"from": {"teams": ["flight-ml"]}}
BOTH_TEAMS = POLICY.replace("members: [sam, sven]", "members: [sam, sven, rita]")
SRE = {"from": {"teams": ["sre"]}}


@pytest.mark.parametrize(
    ("require", "approvers", "state"),
    [
        (RISK, ["rita"], APPROVED),
        (RISK, ["ada"], PENDING),
        ({"count": 2, **RISK}, ["rita"], PENDING),
        ({"count": 2, **RISK}, ["rita", "RITA"], PENDING),
        ({"count": 2, **RISK}, ["rita", "remo"], APPROVED),
        ({"all": [RISK, ML]}, ["rita"], PENDING),
        ({"all": [RISK, ML]}, ["rita", "remo"], PENDING),
        ({"all": [RISK, ML]}, ["rita", "ada"], APPROVED),
        ({"any": [RISK, ML]}, ["ada"], APPROVED),
        ({"any": [RISK, ML]}, ["sam"], PENDING),
        ({"all": [RISK, {"any": [ML, SRE]}]}, ["remo", "sven"], APPROVED),
        ({"all": [RISK, {"any": [ML, SRE]}]}, ["remo", "pia"], PENDING),
        ({"from": {"teams": ["risk"], "logins": ["Dora"]}}, ["dora"], APPROVED),
        # rita is in both teams, and fills one place.
        ({"all": [RISK, SRE]}, ["rita"], PENDING),
        ({"all": [RISK, SRE]}, ["rita", "sam"], APPROVED),
        # rita could take the place of either; the other approval decides which.
        ({"all": [RISK, SRE]}, ["rita", "remo"], APPROVED),
        ({"all": [{"count": 2, **RISK}, SRE]}, ["rita", "remo"], PENDING),
        ({"all": [{"count": 2, **RISK}, SRE]}, ["rita", "remo", "sam"], APPROVED),
    ],
)
def test_a_requirement_is_met_by_distinct_people(
    repository: Repository, require: dict[str, object], approvers: list[str], state: object
) -> None:
    rule = {"id": "all", "why": "Whatever changes.", "when": {}, "require": require}
    pull_request = opened(repository, stricter_gate, policy=rules_of(BOTH_TEAMS, [rule]))
    pull_request.approve(*approvers)
    assert pull_request.state is state


def test_a_person_may_satisfy_several_rules(repository: Repository) -> None:
    rules = [{"id": f"r{n}", "why": "Whatever changes.", "when": {}, "require": RISK} for n in (1, 2)]
    pull_request = opened(repository, stricter_gate, policy=rules_of(POLICY, rules))
    pull_request.approve("rita")
    assert pull_request.state is APPROVED


def test_a_requirement_with_too_many_ways_is_an_error_and_not_a_guess(repository: Repository) -> None:
    many = {"any": [{"from": {"logins": [f"p{n}"]}} for n in range(20)]}
    rule = {"id": "all", "why": "Whatever changes.", "when": {}, "require": {"all": [many, many]}}
    verdict = opened(repository, stricter_gate, policy=rules_of(POLICY, [rule])).verdict()
    assert verdict.state.value == "error"
    assert "too many ways" in verdict.headline

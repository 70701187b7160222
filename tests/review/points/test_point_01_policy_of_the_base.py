"""Policy, teams and settings are those of the base: nobody gains a say by the pull request itself."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import yaml

from review.pull_requests import (
    APPROVED,
    ERROR,
    PENDING,
    POLICY,
    POLICY_PATH,
    Change,
    both,
    looser_gate,
    node,
    opened,
    rules_of,
    with_policy,
)
from review.releases import NEW, add_release
from review.repositories import Documents, Repository, set_at


def test_whoever_makes_himself_an_approver_is_none(repository: Repository) -> None:
    def join(documents: Documents) -> None:
        documents["Team", "risk"]["spec"]["members"].append("eve")
        documents["Team", "flight-ml"]["spec"]["members"].append("eve")

    pull_request = opened(repository, both(join, looser_gate), author="ada")
    pull_request.approve("eve")
    verdict = pull_request.verdict()
    assert verdict.state is PENDING
    assert node(verdict, "gate").missing == 2


def test_a_policy_that_is_loosened_decides_only_once_it_is_merged(repository: Repository) -> None:
    def nobody(documents: Documents) -> None:
        documents["ApprovalPolicy", "policy"]["spec"]["rules"] = [
            {"id": "nobody", "why": "Anything goes.", "when": {}, "require": "nobody"}
        ]

    pull_request = opened(repository, nobody, path=POLICY_PATH)
    verdict = pull_request.verdict()
    assert verdict.state is PENDING
    assert node(verdict, "governance").state is PENDING
    pull_request.approve("petra")
    assert pull_request.state is APPROVED


WAIVES = {
    "rules": [
        {
            "id": "more",
            "why": "Teams are for their owners.",
            "when": {"kind": ["Team"]},
            "require": {"from": {"roles": ["owner"]}},
        }
    ],
    "waivers": [
        {
            "id": "ours",
            "rule": "owner",
            "address": "Gate/delay-release",
            "reason": "The gate is in our way.",
            "expires": "2099-01-01T00:00:00Z",
            "followUp": "We look at it next year.",
        }
    ],
}


def _policy_of(owner: str, *parts: str) -> Change:
    def add(documents: Documents) -> None:
        documents["ApprovalPolicy", "ours"] = {
            "apiVersion": "penstock/v1",
            "kind": "ApprovalPolicy",
            "metadata": {"name": "ours", "owner": owner},
            "spec": {part: WAIVES[part] for part in parts or WAIVES},
        }

    return add


@pytest.mark.parametrize("path", [POLICY_PATH, "specs/system.yaml"])
def test_nobody_adds_to_the_policy_of_another_team_by_one_of_their_own(repository: Repository, path: str) -> None:
    """All policies decide as one, and the owner of a new spec is whom it names."""
    everything = [
        {"id": "owner", "why": "Owners decide on what they own.", "when": {}, "require": {"from": {"roles": ["owner"]}}}
    ]
    pull_request = opened(repository, _policy_of("flight-ml"), path=path, policy=rules_of(POLICY, everything))
    pull_request.approve("ada")
    verdict = pull_request.verdict()
    assert node(verdict, "owner").state is APPROVED
    assert node(verdict, "ownership").children[0].can_satisfy == ("paul", "petra")
    pull_request.approve("petra")
    assert pull_request.state is APPROVED


def test_a_further_policy_of_the_same_team_is_a_spec_like_any_other(repository: Repository) -> None:
    pull_request = opened(repository, _policy_of("platform"), path=POLICY_PATH)
    pull_request.approve("petra")
    verdict = pull_request.verdict()
    assert verdict.state is APPROVED
    assert "ownership" not in [one.name for one in verdict.tree.children]


def test_a_policy_that_takes_the_place_of_another_team_s_needs_that_team(repository: Repository) -> None:
    def replace(documents: Documents) -> None:
        del documents["ApprovalPolicy", "policy"]
        _policy_of("flight-ml")(documents)

    pull_request = opened(repository, replace, path=POLICY_PATH)
    pull_request.approve("ada", "bela")
    assert node(pull_request.verdict(), "ownership").children[0].can_satisfy == ("paul", "petra")


def test_the_first_policy_is_its_owner_s_and_somebody_s_beside(repository: Repository) -> None:
    pull_request = opened(repository, _policy_of("flight-ml", "rules"), policy=None)
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED


def test_a_change_of_ownership_needs_the_old_and_the_new_owner(repository: Repository) -> None:
    def take(documents: Documents) -> None:
        documents["Gate", "delay-release"]["metadata"]["owner"] = "flight-ml"

    pull_request = opened(repository, take)
    pull_request.approve("ada")
    assert node(pull_request.verdict(), "ownership").state is PENDING
    pull_request.approve("rita")
    assert pull_request.state is APPROVED


def test_the_new_owner_has_no_say_yet_in_what_else_changes(repository: Repository) -> None:
    def take_and_change(documents: Documents) -> None:
        documents["Model", "delay"]["metadata"]["owner"] = "risk"
        documents["Model", "delay"]["spec"]["split"]["test"] = "10d"

    pull_request = opened(repository, take_and_change)
    pull_request.approve("rita")
    owner = node(pull_request.verdict(), "owner")
    waiting = [child for child in owner.children if child.state is PENDING]
    assert [child.name for child in waiting] == ["Model/delay.split.test"]
    assert waiting[0].can_satisfy == ("ada", "bela")


def test_a_team_that_the_base_does_not_know_cannot_take_over(repository: Repository) -> None:
    def give(documents: Documents) -> None:
        documents["Team", "mine"] = {
            "apiVersion": "penstock/v1",
            "kind": "Team",
            "metadata": {"name": "mine", "owner": "mine"},
            "spec": {"members": ["eve", "ada"]},
        }
        documents["Model", "delay"]["metadata"]["owner"] = "mine"

    pull_request = opened(repository, give)
    pull_request.approve("ada", "bela", "petra")
    ownership = node(pull_request.verdict(), "ownership")
    assert ownership.state is PENDING
    assert "the base does not have that team yet" in ownership.children[0].why


def served_by(team: str) -> Callable[[Documents], None]:
    """A Release of the rollout of `flight-ml`, under the name of another team."""

    def add(documents: Documents) -> None:
        release = yaml.safe_load(add_release(NEW))
        release["metadata"]["owner"] = team
        documents["Release", "new"] = release

    return add


def test_a_release_of_another_teams_rollout_needs_that_team_too(repository: Repository) -> None:
    """Whoever writes a Release names its owner: that alone would leave the owner of what serves aside."""
    verdict = opened(repository, served_by("flight-data")).verdict()
    (asked,) = node(verdict, "ownership").children
    assert asked.needs == "1 of flight-data (owner), and 1 of flight-ml (former-owner)"
    assert asked.can_satisfy == ("ada", "bela", "dora")


def test_one_of_its_own_rollout_does_not(repository: Repository) -> None:
    verdict = opened(repository, served_by("flight-ml")).verdict()
    assert "ownership" not in {one.name for one in verdict.tree.children}


def test_a_release_that_turns_to_another_teams_rollout_needs_that_team_too(repository: Repository) -> None:
    def two(documents: Documents) -> None:
        other = deepcopy(documents["Rollout", "delay-online"])
        other["metadata"] = {"name": "other-online", "owner": "flight-data"}
        documents["Rollout", "other-online"] = other
        served_by("flight-data")(documents)
        documents["Release", "new"]["spec"]["rollout"] = "other-online"

    repository.edit(two)
    verdict = opened(repository, set_at("Release", "delay-online-production", "rollout", to="delay-online")).verdict()
    (asked,) = node(verdict, "ownership").children
    assert asked.name == "Release/delay-online-production.rollout"
    assert asked.needs == "1 of flight-data (owner), and 1 of flight-ml (former-owner)"


def test_a_policy_of_the_base_that_cannot_be_read_approves_nothing(repository: Repository) -> None:
    broken = POLICY.replace("rules:\n", "rules: [\n")
    assert broken != POLICY
    with_policy(repository, broken)
    pull_request = opened(repository, looser_gate, policy=None)
    pull_request.approve("ada", "rita", "petra")
    assert node(pull_request.verdict(), "policy").state is ERROR


def test_an_invalid_team_of_the_base_approves_nothing(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, policy=POLICY.replace("members: [sam, sven]", "members: sam"))
    pull_request.approve("ada", "rita")
    verdict = pull_request.verdict()
    assert verdict.state is ERROR
    assert "Team/sre" in node(verdict, "policy").why


def test_two_policies_that_give_one_rule_two_meanings_approve_nothing(repository: Repository) -> None:
    twice = POLICY + "---\n" + POLICY.split("---\n")[-1].replace("name: policy", "name: other")
    verdict = opened(repository, looser_gate, policy=twice).verdict()
    assert verdict.state is ERROR


def test_without_a_policy_the_defaults_decide(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, policy=None)
    pull_request.approve("rita")
    verdict = pull_request.verdict()
    assert verdict.state is PENDING
    assert node(verdict, "default-risk").missing == 1
    pull_request.approve("dora")
    assert pull_request.state is APPROVED


def test_whoever_is_named_by_login_anywhere_in_a_policy_is_known(repository: Repository) -> None:
    """The forge is asked whether they may write: of others it tells nothing, and their approval would not count."""

    def of(login: str) -> dict[str, Any]:
        return {"from": {"logins": [login]}}

    require = {**of("nora"), "any": [of("nils"), {"all": [of("nina"), {"any": [of("noel")]}]}], "all": [of("nick")]}
    rules = [
        {"id": "many", "why": "Whatever changes.", "when": {}, "require": require},
        {"id": "none", "why": "Whatever changes.", "when": {}, "require": "nobody"},
    ]
    glass = {"from": {"logins": ["nell"], "teams": ["sre"]}, "count": 2, "expiresAfter": "4h"}
    policy = rules_of(POLICY, rules, breakGlass=glass, overrule={"logins": ["noah"]})
    named = opened(repository, policy=policy).inputs().policy.logins
    assert named == {"nora", "nils", "nina", "noel", "nick", "nell", "noah"}

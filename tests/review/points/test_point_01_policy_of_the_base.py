"""Policy, teams and settings are those of the base: nobody gains a say by the pull request itself."""

from __future__ import annotations

from review.pull_requests import (
    APPROVED,
    ERROR,
    PENDING,
    POLICY,
    POLICY_PATH,
    both,
    looser_gate,
    node,
    opened,
    with_policy,
)
from review.repositories import Documents, Repository


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
    assert "too few people are eligible, whoever makes the change" in ownership.children[0].why


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

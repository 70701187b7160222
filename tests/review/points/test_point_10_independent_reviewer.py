"""Model owner and independent risk reviewer are different people; who is in both teams fills one place."""

from __future__ import annotations

from review.pull_requests import APPROVED, PENDING, looser_gate, node, opened
from review.repositories import Documents, Repository


def _ada_joins_risk(repository: Repository) -> None:
    def join(documents: Documents) -> None:
        documents["Team", "risk"]["spec"]["members"].append("ada")

    repository.edit(join)


def test_one_person_of_both_teams_is_not_two(repository: Repository) -> None:
    _ada_joins_risk(repository)
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada")
    gate = node(pull_request.verdict(), "gate")
    assert gate.state is PENDING
    assert gate.missing == 1
    assert gate.children[0].can_satisfy == ("bela", "remo", "rita")


def test_any_second_person_of_either_team_completes_it(repository: Repository) -> None:
    _ada_joins_risk(repository)
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "bela")
    assert node(pull_request.verdict(), "gate").state is APPROVED


def test_the_default_asks_somebody_outside_of_the_owning_team(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate, policy=None)
    pull_request.approve("rita", "remo")
    asked = node(pull_request.verdict(), "default-risk")
    assert asked.state is PENDING
    assert "1 of a team other than risk" in asked.children[0].needs
    pull_request.approve("bela")
    assert node(pull_request.verdict(), "default-risk").state is APPROVED


def test_where_there_is_no_other_team_the_only_one_looks_twice(repository: Repository) -> None:
    def alone(documents: Documents) -> None:
        for team in ("risk", "flight-data"):
            del documents["Team", team]
        for document in documents.values():
            document["metadata"]["owner"] = "flight-ml"

    repository.edit(alone)
    pull_request = opened(repository, looser_gate, policy=None)
    asked = node(pull_request.verdict(), "default-risk")
    assert asked.state is PENDING
    assert asked.children[0].needs == (
        "1 of flight-ml (owner), and 1 of flight-ml (independent, for want of another team on the base)"
    )
    pull_request.approve("ada", "bela")
    assert node(pull_request.verdict(), "default-risk").state is APPROVED

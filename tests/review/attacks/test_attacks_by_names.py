"""Attacks by names that look like others: of people, of specs, of rules and addresses."""

from __future__ import annotations

from copy import deepcopy

import pytest

from penstock.diagnostics.model import Severity
from penstock.review.model import Direction
from review.pull_requests import ERROR, PENDING, POLICY, looser_gate, node, opened
from review.repositories import Documents, Repository, at

LOOK_ALIKES = [
    "rit\u0430",
    "r\u0131ta",
    "\uff52ita",
    "ri\u200bta",
    "rita\u00ad",
    "RIT\u0410",
    "ri\u0442a",
    "rita\u0301",
]


@pytest.mark.parametrize("login", LOOK_ALIKES)
def test_a_login_that_looks_like_another_is_nobody(repository: Repository, login: str) -> None:
    pull_request = opened(repository, looser_gate, writers=("ada", "rita", login))
    pull_request.approve("ada", login)
    verdict = pull_request.verdict()
    assert verdict.state in (PENDING, ERROR)
    assert all("rita" not in one.satisfied_by for one in verdict.tree.children)


@pytest.mark.parametrize("login", LOOK_ALIKES)
def test_such_a_login_holds_no_place_in_a_team(repository: Repository, login: str) -> None:
    def join(documents: Documents) -> None:
        documents["Team", "risk"]["spec"]["members"].append(login)

    assert opened(repository, join).state is ERROR


@pytest.mark.parametrize("login", LOOK_ALIKES)
def test_such_a_login_breaks_no_glass(repository: Repository, login: str) -> None:
    pull_request = opened(repository, looser_gate, writers=("sam", "rita", login))
    for one in ("sam", login):
        pull_request.forge.comment(one, "/penstock break-glass production is down")
    assert pull_request.state in (PENDING, ERROR)


@pytest.mark.parametrize("name", ["del\u0430y", "delay\u200b", "\uff44elay", "Delay", "delay\u0301", "delay\n"])
def test_a_spec_that_looks_like_another_is_no_spec(repository: Repository, name: str) -> None:
    def add(documents: Documents) -> None:
        model = documents["Model", "delay"]
        documents["Model", name] = {**model, "metadata": {"name": name, "owner": "flight-ml"}}

    pull_request = opened(repository, add)
    assert pull_request.state is ERROR
    assert any(found.severity is Severity.ERROR for found in pull_request.inputs().plan.errors)


@pytest.mark.parametrize("old", ["waive gate", "Gate/delay-release"])
def test_a_waiver_of_what_looks_like_a_rule_waives_nothing(repository: Repository, old: str) -> None:
    pull_request = opened(repository, looser_gate)
    text = (
        "/penstock waive gate Gate/delay-release.rules[quality].atLeast until 2026-04-01: the figures come later; "
        "follow-up: raise it again"
    ).replace(old, old.replace("a", "\u0430"))
    for login in ("sam", "petra"):
        pull_request.forge.comment(login, text)
    assert node(pull_request.verdict(), "gate").state is PENDING


def test_a_team_whose_name_looks_like_another_takes_no_role_of_it(repository: Repository) -> None:
    policy = POLICY.replace("{teams: [risk]}", "{teams: [r\u0456sk]}")
    assert policy != POLICY
    assert opened(repository, looser_gate, policy=policy).state is ERROR


def test_a_renamed_spec_of_one_kind_excuses_no_reference_to_another(repository: Repository) -> None:
    """A gate takes the place of another by the names that a dataset had and has."""

    def prepare(documents: Documents) -> None:
        for name, bound in (("weather", 0.7), ("sky", 0.01)):
            gate = documents["Gate", name] = deepcopy(documents["Gate", "delay-release"])
            gate["metadata"]["name"] = name
            gate["spec"]["rules"][0]["atLeast"] = bound
        documents["Rollout", "delay-online"]["spec"]["gate"] = "weather"

    def rename(documents: Documents) -> None:
        documents["Dataset", "weather"]["metadata"]["name"] = "sky"
        documents["FeatureSet", "conditions"]["spec"]["features"]["wind_speed"]["latest"]["of"] = "sky"
        documents["Rollout", "delay-online"]["spec"]["gate"] = "sky"

    repository.edit(prepare)
    repository.commit()
    plan = repository.changed(rename)
    assert at(plan, "FeatureSet/conditions.features.wind_speed.latest.of").direction is Direction.NEUTRAL
    assert at(plan, "Rollout/delay-online.gate").direction is Direction.UNKNOWN

"""and / or / N-of over teams and roles, with distinct people: one login fills one slot."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.review.model import Direction
from penstock.specs.review import Area
from review.pull_requests import (
    APPROVED,
    PENDING,
    POLICY,
    POLICY_PATH,
    both,
    looser_gate,
    looser_region,
    node,
    opened,
    rules_of,
    stricter_gate,
    with_policy,
)
from review.repositories import Repository, at

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


def _rule(name: str, require: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": name, "why": "Whatever changes.", "when": {}, "require": require, **more}


def _apart(*requires: dict[str, Any], **more: Any) -> str:
    """Rules whose people must be distinct over all of them; rita is in two of their teams."""
    rules = [_rule(f"r{n}", require, distinct=True, **more) for n, require in enumerate(requires)]
    return rules_of(BOTH_TEAMS, rules)


@pytest.mark.parametrize(
    ("requires", "approvers", "state"),
    [
        ([RISK, SRE], ["rita"], PENDING),
        ([RISK, SRE], ["rita", "sam"], APPROVED),
        ([RISK, SRE], ["rita", "remo"], APPROVED),
        ([RISK, SRE], ["rita", "ada"], PENDING),
        ([RISK, RISK], ["rita"], PENDING),
        ([RISK, RISK], ["rita", "remo"], APPROVED),
        ([RISK, {"all": [SRE, ML]}], ["rita", "ada"], PENDING),
        ([RISK, {"all": [SRE, ML]}], ["rita", "ada", "sam"], APPROVED),
        ([RISK, {"any": [SRE, ML]}], ["rita"], PENDING),
        ([RISK, {"any": [SRE, ML]}], ["rita", "ada"], APPROVED),
        ([{"count": 2, **RISK}, SRE], ["rita", "remo"], PENDING),
        ([RISK, SRE, ML], ["rita", "remo", "ada"], APPROVED),
        ([RISK, SRE, {"from": {"logins": ["rita"]}}], ["rita", "remo"], PENDING),
        ([RISK, SRE, {"from": {"logins": ["rita"]}}], ["rita", "remo", "sam"], APPROVED),
    ],
)
def test_rules_that_say_so_are_met_by_distinct_people(
    repository: Repository, requires: list[dict[str, Any]], approvers: list[str], state: object
) -> None:
    pull_request = opened(repository, stricter_gate, policy=_apart(*requires))
    pull_request.approve(*approvers)
    assert pull_request.state is state


def test_each_row_says_who_counts_where_and_who_can_give_what_is_missing(repository: Repository) -> None:
    pull_request = opened(repository, stricter_gate, policy=_apart(RISK, SRE))
    pull_request.approve("rita")
    verdict = pull_request.verdict()
    first, second = (node(verdict, name).children[0] for name in ("r0", "r1"))
    assert (first.state, first.satisfied_by, first.needs) == (
        APPROVED,
        ("rita",),
        "1 of risk, by other people than for r1",
    )
    assert (second.state, second.missing) == (PENDING, 1)
    assert "rita already counts for the rule r0" in second.why
    # remo would take rita's place, so that she counts here.
    assert second.can_satisfy == ("remo", "sam", "sven")
    assert (len(verdict.suggested), verdict.suggested_is_smallest) == (1, True)


def test_a_row_names_those_alone_who_help_it(repository: Repository) -> None:
    pull_request = opened(repository, stricter_gate, policy=_apart(RISK, SRE, RISK))
    pull_request.approve("rita")
    verdict = pull_request.verdict()
    assert node(verdict, "r1").children[0].can_satisfy == ("remo", "sam", "sven")
    assert node(verdict, "r2").children[0].can_satisfy == ("remo",), "sam leaves rita where she is"
    assert verdict.suggested == ("remo", "sam")


def test_a_rule_that_is_distinct_no_more_is_a_looser_policy(repository: Repository) -> None:
    with_policy(repository, _apart(RISK, SRE))
    repository.branch()
    repository.write(POLICY_PATH, rules_of(BOTH_TEAMS, [_rule("r0", RISK), _rule("r1", SRE, distinct=True)]))
    repository.commit()
    change = at(repository.plan(), "ApprovalPolicy/policy.rules[r0].distinct")
    assert (change.direction, change.area) == (Direction.LOOSENED, Area.GOVERNANCE)


def test_the_smallest_set_is_of_distinct_people(repository: Repository) -> None:
    verdict = opened(repository, stricter_gate, policy=_apart(RISK, SRE)).verdict()
    assert (len(verdict.suggested), verdict.suggested_is_smallest) == (2, True)
    alike = rules_of(BOTH_TEAMS, [_rule("r0", RISK), _rule("r1", SRE)])
    repository.git("checkout", "--quiet", "main")
    repository.git("branch", "--delete", "--force", "change")
    assert opened(repository, stricter_gate, policy=alike).verdict().suggested == ("rita",)


def test_that_there_are_too_few_distinct_people_is_said(repository: Repository) -> None:
    alone = {"from": {"logins": ["rita"]}}
    verdict = opened(repository, stricter_gate, policy=_apart(alone, alone)).verdict()
    assert "too few people are eligible, whoever makes the change" in node(verdict, "r0").children[0].why


def test_a_rule_that_does_not_say_so_takes_whom_others_count(repository: Repository) -> None:
    rules = [_rule("r0", RISK, distinct=True), _rule("r1", SRE, distinct=True), _rule("r2", RISK)]
    pull_request = opened(repository, stricter_gate, policy=rules_of(BOTH_TEAMS, rules))
    pull_request.approve("rita", "sam")
    assert pull_request.state is APPROVED


def test_people_are_distinct_about_one_change_and_may_judge_another_by_another_rule(repository: Repository) -> None:
    rules = [
        _rule("r0", RISK, distinct=True) | {"when": {"address": "*[quality]*"}},
        _rule("r1", SRE, distinct=True) | {"when": {"address": "*[regions]*"}},
        _rule("rest", RISK) | {"when": {"cause": "indirect"}},
    ]
    change = both(looser_gate, looser_region)
    pull_request = opened(repository, change, policy=rules_of(BOTH_TEAMS, rules))
    pull_request.approve("rita")
    assert pull_request.state is APPROVED, "in two pull requests the same would be asked"


def test_a_waived_rule_takes_nobody_from_another(repository: Repository) -> None:
    waiver = {
        "id": "w",
        "rule": "r0",
        "address": "Gate/delay-release",
        "reason": "It was agreed on elsewhere.",
        "expires": "2999-01-01T00:00:00+00:00",
        "followUp": "It is looked at again.",
    }
    when = {"when": {"cause": "direct"}}
    rules = [_rule("r0", RISK, distinct=True) | when, _rule("r1", SRE, distinct=True) | when]
    rules.append(_rule("rest", SRE) | {"when": {"cause": "indirect"}})
    pull_request = opened(repository, stricter_gate, policy=rules_of(BOTH_TEAMS, rules, waivers=[waiver]))
    pull_request.approve("rita")
    assert pull_request.state is APPROVED


def test_ways_of_several_rules_that_are_too_many_together_are_an_error(repository: Repository) -> None:
    many = {"any": [{"from": {"logins": [f"p{n}"]}} for n in range(20)]}
    verdict = opened(repository, stricter_gate, policy=_apart(many, many)).verdict()
    assert verdict.state.value == "error"
    assert "too many ways" in verdict.headline


def test_a_requirement_with_too_many_ways_is_an_error_and_not_a_guess(repository: Repository) -> None:
    many = {"any": [{"from": {"logins": [f"p{n}"]}} for n in range(20)]}
    rule = {"id": "all", "why": "Whatever changes.", "when": {}, "require": {"all": [many, many]}}
    verdict = opened(repository, stricter_gate, policy=rules_of(POLICY, [rule])).verdict()
    assert verdict.state.value == "error"
    assert "too many ways" in verdict.headline

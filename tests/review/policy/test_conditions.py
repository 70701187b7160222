"""Conditions are joined by all, any, not and N-of, in three values: what nobody can tell stays unknown."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from penstock.review.model import Operation
from penstock.review.policy.evaluate import evaluate
from penstock.review.policy.predicates import table
from penstock.specs.approval_policy import When
from review.pull_requests import (
    APPROVED,
    DISAPPROVED,
    PENDING,
    POLICY,
    SKIPPED,
    Documents,
    looser_gate,
    names,
    node,
    opened,
    rules_of,
    set_at,
    stricter_gate,
)
from review.repositories import Repository

UNKNOWN: table.Answer = None


def _several(count: int, *of: dict[str, Any]) -> When:
    return When.model_validate({"atLeast": {"count": count, "of": list(of)}})


@pytest.mark.parametrize("count", [1, 2, 3])
def test_so_many_of_several_hold(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Held against what every guess at the unknown ones would give."""
    for answers in product((True, False, None), repeat=3):
        said = dict(zip("abc", answers, strict=True))
        monkeypatch.setitem(table.PREDICATES, "address", lambda name, _, said=said: said[name])
        found = table.compile_when(_several(count, *({"address": name} for name in "abc")), table.PREDICATES)(None)
        guesses = [[(answer,) if answer is not None else (True, False) for answer in answers]]
        outcomes = {sum(guess) >= count for parts in guesses for guess in product(*parts)}
        assert found is (outcomes.pop() if len(outcomes) == 1 else None), answers


def _rule(name: str, when: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "why": "Whatever changes.", "when": when, "require": {"from": {"teams": ["risk"]}}}


def test_a_rule_matches_what_fits_two_of_three(repository: Repository) -> None:
    of = [{"kind": ["Gate"]}, {"direction": ["loosened"]}, {"area": ["rollout"]}]
    rules = [_rule("two", {"atLeast": {"count": 2, "of": of}}), _rule("rest", {"cause": "indirect"})]
    pull_request = opened(repository, looser_gate, policy=rules_of(POLICY, rules))
    assert "two" in names(pull_request.verdict(), PENDING)
    pull_request.push(stricter_gate)
    verdict = pull_request.verdict()
    assert "two" not in names(verdict, PENDING)
    assert "coverage" in names(verdict, DISAPPROVED)


@pytest.mark.parametrize(
    ("reaches", "passed"),
    [
        ({"slos": 0}, True),
        ({"slos": 1}, False),
        ({"schedules": 0}, True),
        ({"schedules": 1}, True),
        ({"schedules": 2}, False),
        ({"environments": 1}, True),
        ({"environments": 2}, False),
        ({"models": 5, "environments": 1}, True),
    ],
)
def test_a_radius_counts_slos_schedules_and_environments(
    repository: Repository, reaches: dict[str, int], passed: bool
) -> None:
    rules = [_rule("far", {"cause": "direct", "reaches": reaches}), _rule("rest", {})]
    verdict = opened(repository, looser_gate, policy=rules_of(POLICY, rules)).verdict()
    assert ("far" in names(verdict, PENDING)) is passed


def test_an_objective_that_moves_is_one_slo_and_a_time_that_moves_one_schedule(repository: Repository) -> None:
    """The impact lists both as they were and as they are."""

    def move(documents: Documents) -> None:
        slos = documents["Rollout", "delay-online"]["spec"]["slos"]
        slos["availability"]["objective"] = "99.1%"
        documents["Model", "delay"]["spec"]["retrain"]["schedule"] = "7 7 * * 1"

    reaches = {"slos": 1, "schedules": 2}
    rules = [_rule("far", {"cause": "direct", "reaches": reaches}), _rule("rest", {})]
    pull_request = opened(repository, move, policy=rules_of(POLICY, rules))
    [impact] = [one for one in pull_request.inputs().plan.impacts.values() if len(one.slos) > 1][:1]
    assert len(impact.schedules) > reaches["schedules"]
    assert "far" not in names(pull_request.verdict(), PENDING)


def _larger(documents: Documents) -> None:
    """Six copies more, of twice the cores: 2 * (10 * 1 - 4 * 0.5) cores and 2 * 6 GiB more in both environments."""
    serve = documents["Rollout", "delay-online"]["spec"]["serve"]
    serve["replicas"]["max"] = 10
    serve["resources"]["cpu"] = 1


@pytest.mark.parametrize(
    ("reaches", "passed"),
    [
        ({"cpu": "15900m"}, True),
        ({"cpu": 16}, False),
        ({"memory": "11Gi"}, True),
        ({"memory": "12Gi"}, False),
        ({"gpu": 0}, False),
        ({"cpu": 16, "memory": "11Gi"}, True),
        ({"models": 0, "cpu": 999}, True),
    ],
)
def test_a_radius_bounds_what_a_rollout_requests_more(
    repository: Repository, reaches: dict[str, Any], passed: bool
) -> None:
    rules = [_rule("dear", {"cause": "direct", "reaches": reaches}), _rule("rest", {})]
    verdict = opened(repository, _larger, policy=rules_of(POLICY, rules)).verdict()
    assert ("dear" in names(verdict, PENDING)) is passed


@pytest.mark.parametrize(("gpus", "passed"), [(7, True), (8, False)])
def test_a_radius_bounds_graphics_cards_that_come_alone(repository: Repository, gpus: int, passed: bool) -> None:
    """One for each of four copies in both environments."""
    rules = [_rule("dear", {"cause": "direct", "reaches": {"gpu": gpus}}), _rule("rest", {})]
    change = set_at("Rollout", "delay-online", "serve", "resources", "gpu", to=1)
    verdict = opened(repository, change, policy=rules_of(POLICY, rules)).verdict()
    assert ("dear" in names(verdict, PENDING)) is passed


def test_a_bound_of_cost_is_not_passed_by_parts_nor_by_what_adds_nothing(repository: Repository) -> None:
    """The copies add 6 cores and what each has 10: neither passes alone."""

    def edit(documents: Documents) -> None:
        _larger(documents)
        documents["Rollout", "delay-online"]["spec"]["serve"]["timeout"] = "31s"

    rules = [_rule("dear", {"cause": "direct", "reaches": {"cpu": 15}}), _rule("rest", {})]
    verdict = opened(repository, edit, policy=rules_of(POLICY, rules)).verdict()
    assert [one.name for one in node(verdict, "dear").children] == [
        "Rollout/delay-online.serve.replicas.max and 1 more"
    ]


@pytest.mark.parametrize(("reaches", "asked"), [({"gpu": 9}, True), ({"models": 9}, False)])
def test_a_cost_that_nobody_knows_asks_people_and_frees_nobody(
    repository: Repository, reaches: dict[str, Any], asked: bool
) -> None:
    def patch(documents: Documents) -> None:
        documents["Rollout", "delay-online"]["spec"]["patches"] = [
            {"kind": "InferenceService", "name": "delay-online", "merge": {"metadata": {"labels": {"pool": "big"}}}}
        ]

    dear = {"cause": "direct", "reaches": reaches}
    free = {"id": "cheap", "why": "What costs little.", "when": {"not": dear}, "require": "nobody"}
    pull_request = opened(repository, patch, policy=rules_of(POLICY, [_rule("dear", dear), free]))
    verdict = pull_request.verdict()
    assert ("dear" in names(verdict, PENDING)) is asked
    heard = [*names(verdict, PENDING), *names(verdict, APPROVED), *names(verdict, DISAPPROVED)]
    assert ("cheap" in heard) is not asked


@pytest.mark.parametrize(("bound", "passed"), [(19, True), (20, False)])
def test_growth_by_the_bound_itself_is_not_more(repository: Repository, bound: int, passed: bool) -> None:
    rules = [_rule("much", {"grew": {"byMoreThan": bound}}), _rule("rest", {})]
    change = set_at("Rollout", "delay-online", "strategy", "canary", "steps", 1, "weight", to="45%")
    verdict = opened(repository, change, policy=rules_of(POLICY, rules)).verdict()
    assert ("much" in names(verdict, PENDING)) is passed


@pytest.mark.parametrize("bound", [20, "1h"])
def test_growth_that_nobody_can_tell_asks_people_and_frees_nobody(repository: Repository, bound: int | str) -> None:
    grew = {"cause": "direct", "grew": {"byMoreThan": bound}}
    free = {"id": "small", "why": "What grows little.", "when": {"not": grew}, "require": "nobody"}
    change = set_at("Model", "delay", "estimator", "class", to="sklearn.linear_model.LogisticRegression")
    verdict = opened(repository, change, policy=rules_of(POLICY, [_rule("much", grew), free])).verdict()
    assert "much" in names(verdict, PENDING)
    heard = [address for one in node(verdict, "small").children for address in one.changes]
    assert node(verdict, "much").changes
    assert not set(node(verdict, "much").changes) & set(heard)


_OF_A_NUMBER = ("Dataset", "flights", "columns", "distance", "max")
_OF_A_SHARE = ("Gate", "delay-release", "rules", 1, "maxGap")
_OF_A_TIME = ("Dataset", "flights", "freshness")
_OF_NO_NUMBER = ("Rollout", "delay-online", "gate")


@pytest.mark.parametrize(
    ("gone", "bound", "asked"),
    [
        (_OF_A_NUMBER, 1000, True),
        (_OF_A_NUMBER, "1h", False),
        (_OF_A_SHARE, 50, True),
        (_OF_A_TIME, "1000d", True),
        (_OF_A_TIME, 1000, False),
        (_OF_NO_NUMBER, 0, False),
    ],
)
def test_a_bound_that_is_removed_grew_by_more_than_any(
    repository: Repository, gone: tuple[Any, ...], bound: int | str, asked: bool
) -> None:
    """To take it away is no way around whom a higher one would ask."""
    repository.edit(set_at("Gate", "delay-release", "rules", 1, "atLeast", to=0.2))
    grew = {"cause": "direct", "grew": {"byMoreThan": bound}}
    free = {"id": "small", "why": "What grows little.", "when": {"not": grew}, "require": "nobody"}
    pull_request = opened(repository, set_at(*gone, to=None), policy=rules_of(POLICY, [_rule("much", grew), free]))
    [change] = [one for one in pull_request.inputs().plan.changes if one.cause == "direct"]
    assert change.operation is Operation.REMOVED
    verdict = pull_request.verdict()
    assert node(verdict, "much").changes == ((change.fingerprint,) if asked else ())
    freed = {one for child in node(verdict, "small").children for one in child.changes}
    assert (change.fingerprint in freed) is not asked


@pytest.mark.parametrize(("tiers", "passed"), [(["high"], True), (["medium"], True), (["low"], False)])
def test_one_model_of_the_tier_among_those_that_are_reached_is_enough(
    repository: Repository, tiers: list[str], passed: bool
) -> None:
    def of_high_risk(documents: Documents) -> None:
        model = deepcopy(documents["Model", "delay"])
        model["metadata"]["name"] = "refusal"
        model["spec"]["card"]["riskTier"] = "high"
        documents["Model", "refusal"] = model

    repository.edit(of_high_risk)
    rules = [_rule("risky", {"riskTier": tiers, "cause": "direct"}), _rule("rest", {})]
    change = set_at("Dataset", "flights", "freshness", to="48h")
    verdict = opened(repository, change, policy=rules_of(POLICY, rules)).verdict()
    assert ("risky" in names(verdict, PENDING)) is passed


@pytest.mark.parametrize("reached", [{"riskTier": ["high"]}, {"stage": ["production"]}, {"reaches": {"models": 9}}])
def test_a_reach_that_nobody_knows_asks_people_and_frees_nobody(
    repository: Repository, reached: dict[str, Any]
) -> None:
    free = {"id": "near", "why": "What reaches little.", "when": {"not": reached}, "require": "nobody"}
    pull_request = opened(repository, looser_gate, policy=rules_of(POLICY, [_rule("far", reached), free]))
    inputs = pull_request.inputs()
    plan = replace(inputs.plan, impacts={})
    verdict = evaluate(plan, inputs.policy, inputs.organisation, pull_request.forge.view)
    assert node(verdict, "far").state is PENDING
    assert node(verdict, "near").state is SKIPPED


@pytest.mark.parametrize(
    ("pattern", "fits"), [("Gate/delay-release", True), ("Gate/delay-offline", True), ("Gate/*-online", False)]
)
def test_a_pattern_fits_a_renamed_spec_by_either_of_its_names_and_by_no_other(
    repository: Repository, pattern: str, fits: bool
) -> None:
    def rename(documents: Documents) -> None:
        documents["Gate", "delay-release"]["metadata"]["name"] = "delay-offline"
        documents["Rollout", "delay-online"]["spec"]["gate"] = "delay-offline"

    rules = [_rule("named", {"address": pattern}), _rule("rest", {})]
    verdict = opened(repository, rename, policy=rules_of(POLICY, rules)).verdict()
    assert ("named" in names(verdict, PENDING)) is fits


@pytest.mark.parametrize(("label", "is_asked"), [("risky", True), ("Risky", True), ("RISKY", True), ("risk", False)])
def test_a_label_is_the_same_in_capital_letters(repository: Repository, label: str, is_asked: bool) -> None:
    rules = [_rule("labelled", {"labels": ["Risky"]}), _rule("rest", {})]
    verdict = opened(repository, looser_gate, policy=rules_of(POLICY, rules), labels=(label,)).verdict()
    assert ("labelled" in names(verdict, PENDING)) is is_asked

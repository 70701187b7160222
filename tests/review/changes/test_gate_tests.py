"""A gate's test that had to go because its rule moved is no risk; one that the rules still meet is a promise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from penstock.review.model import Direction
from review.repositories import Documents, Repository

NEUTRAL, LOOSENED, TIGHTENED = Direction.NEUTRAL, Direction.LOOSENED, Direction.TIGHTENED
GATE = ("Gate", "delay-release")
BOUND = "Gate/delay-release.rules[quality].atLeast"
TEST = "Gate/delay-release.tests[0]"


@pytest.fixture
def tested(repository: Repository) -> Repository:
    """A gate with a test that 0.72 is enough."""
    repository.branch("main-with-test")
    repository.recompile(_edit(0.70, {"given": {"quality": 0.72}, "expect": {"quality": "pass"}}))
    return repository


def _edit(bound: float, *tests: Any) -> Callable[[Documents], None]:
    def edit(documents: Documents) -> None:
        gate = documents[GATE]["spec"]
        gate["rules"][0]["atLeast"] = bound
        gate["tests"] = list(tests)

    return edit


def found(repository: Repository, edit: Callable[[Documents], None]) -> dict[str, set[Direction]]:
    """The directions by address; where a test goes and another comes, both have the same."""
    base = repository.git("rev-parse", "HEAD").strip()
    repository.recompile(edit)
    told: dict[str, set[Direction]] = {}
    for change in repository.plan(base).changes:
        if change.cause == "direct":
            told.setdefault(str(change.address), set()).add(change.direction)
    return told


def test_tightening_a_gate_with_its_test_loosens_nothing(tested: Repository) -> None:
    other = {"given": {"quality": 0.76}, "expect": {"quality": "pass"}}
    assert found(tested, _edit(0.75, other)) == {BOUND: {TIGHTENED}, TEST: {NEUTRAL, TIGHTENED}}


def test_the_other_way_round_too_where_the_expectation_is_turned(tested: Repository) -> None:
    turned = {"given": {"quality": 0.72}, "expect": {"quality": "fail"}}
    assert found(tested, _edit(0.75, turned)) == {BOUND: {TIGHTENED}, TEST: {NEUTRAL, TIGHTENED}}


def test_a_test_goes_with_its_rule_and_the_rule_says_what_that_means(tested: Repository) -> None:
    def drop(documents: Documents) -> None:
        del documents[GATE]["spec"]["rules"][0], documents[GATE]["spec"]["tests"]

    told = found(tested, drop)
    assert told == {"Gate/delay-release.rules[quality]": {LOOSENED}, TEST: {NEUTRAL}}


def test_a_test_that_the_rules_still_meet_is_a_promise_that_goes(tested: Repository) -> None:
    assert found(tested, _edit(0.71)) == {BOUND: {TIGHTENED}, TEST: {LOOSENED}}
    weaker = {"given": {"quality": 0.99}, "expect": {"quality": "pass"}}
    tested.git("reset", "--hard", "HEAD~1")
    assert found(tested, _edit(0.70, weaker)) == {TEST: {LOOSENED, TIGHTENED}}


@pytest.mark.parametrize(
    ("rule", "given", "expect", "other", "direction"),
    [
        ({"atLeast": 0.75}, 0.60, "fail", {"quality": 0.71}, NEUTRAL),
        ({"atLeast": 0.75}, 0.60, "fail", {"roc_auc": 0.60}, NEUTRAL),
        ({"atLeast": 0.75}, 0.60, "fail", {"quality": 0.59}, LOOSENED),
        ({"atLeast": 0.75}, 0.80, "pass", {"quality": 0.78}, NEUTRAL),
        ({"atLeast": 0.75}, 0.80, "pass", {"quality": 0.82}, LOOSENED),
        ({"metric": "log_loss", "atMost": 0.5}, 0.60, "fail", {"quality": 0.55}, NEUTRAL),
        ({"metric": "log_loss", "atMost": 0.5}, 0.60, "fail", {"quality": 0.70}, LOOSENED),
        ({"metric": "selection_rate", "atLeast": 0.1, "atMost": 0.3}, 0.40, "fail", {"quality": 0.35}, LOOSENED),
    ],
)
def test_a_test_that_another_implies_is_no_promise_lost(
    repository: Repository, rule: Any, given: float, expect: str, other: Any, direction: Direction
) -> None:
    def edit(*tests: Any) -> Callable[[Documents], None]:
        def change(documents: Documents) -> None:
            gate = documents[GATE]["spec"]
            gate["rules"][0] = {"id": "quality", "metric": "roc_auc"} | rule
            gate["tests"] = list(tests)

        return change

    repository.recompile(edit({"given": {"quality": given}, "expect": {"quality": expect}}))
    assert found(repository, edit({"given": other, "expect": {"quality": expect}})) == {TEST: {direction, TIGHTENED}}


def test_a_test_that_one_environment_still_meets_is_told_of_that_one(tested: Repository) -> None:
    def edit(documents: Documents) -> None:
        _edit(0.75)(documents)
        rules = [{"id": "quality", "metric": "roc_auc", "atLeast": 0.70, "confidence": "95%"}]
        documents[GATE]["overrides"] = {"production": {"rules": rules}}

    assert found(tested, edit)[TEST] == {NEUTRAL, LOOSENED}

"""What cannot be known is an error, never green."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from penstock.forges.protocol import ForgeError, PullRequestView
from penstock.review.policy.evaluate import evaluate
from review.pull_requests import APPROVED, DISAPPROVED, ERROR, PENDING, looser_gate, node, opened, stricter_gate
from review.repositories import Repository


class Failing:
    """A view of which one question cannot be answered."""

    def __init__(self, view: Any, question: str) -> None:
        self._view, self._question = view, question

    def __getattr__(self, name: str) -> Any:
        if name == self._question:

            def fail(*_: object) -> None:
                raise ForgeError("the answer has more pages than there may be")

            return fail
        return getattr(self._view, name)


@pytest.mark.parametrize("question", ["commits", "pushes", "reviews", "comments", "may_write", "now"])
def test_a_forge_that_cannot_answer_is_an_error(repository: Repository, question: str) -> None:
    pull_request = opened(repository, stricter_gate)
    pull_request.approve("rita")
    assert pull_request.state is APPROVED
    now = pull_request.inputs()
    failing = cast("PullRequestView", Failing(pull_request.forge.view, question))
    verdict = evaluate(now.plan, now.policy, now.organisation, failing)
    assert verdict.state is ERROR
    assert "more pages" in verdict.headline


def test_a_spec_of_head_that_does_not_parse_is_an_error(repository: Repository) -> None:
    pull_request = opened(repository, stricter_gate)
    repository.write("specs/broken.yaml", "kind: [")
    pull_request.forge.push(repository.commit())
    pull_request.approve("ada", "rita", "petra")
    verdict = pull_request.verdict()
    assert verdict.state is ERROR
    assert "specs/broken.yaml" in node(verdict, "specs").why


def test_a_spec_that_does_not_hold_is_an_error_however_many_approve(repository: Repository) -> None:
    def dangle(documents: Any) -> None:
        documents["Gate", "delay-release"]["spec"]["model"] = "nowhere"

    pull_request = opened(repository, dangle)
    pull_request.approve("ada", "rita", "sam", "petra")
    assert pull_request.state is ERROR


def test_pushes_that_do_not_lead_to_the_head_are_an_error(repository: Repository) -> None:
    pull_request = opened(repository, stricter_gate)
    pull_request.approve("rita")
    forge = pull_request.forge
    forge.facts = replace(forge.facts, pushes=())
    verdict = pull_request.verdict()
    assert verdict.state is ERROR
    assert "stale" in node(verdict, "binding").why


def test_an_unknown_direction_asks_whom_a_loosening_asks(repository: Repository) -> None:
    def replace_rule(documents: Any) -> None:
        rules = documents["Gate", "delay-release"]["spec"]["rules"]
        rules[0] = {"id": "quality", "metric": "log_loss", "atMost": 0.5}

    pull_request = opened(repository, replace_rule)
    assert node(pull_request.verdict(), "gate").state is PENDING


def test_a_change_of_unknown_reach_is_not_freed(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    inputs = pull_request.inputs()
    rule = inputs.policy.rules[0].model_validate(
        {
            "id": "harmless",
            "why": "Nothing of this reaches production.",
            "when": {"not": {"stage": ["production"]}},
            "require": "nobody",
        }
    )
    policy = replace(inputs.policy, rules=(rule,))
    plan = replace(inputs.plan, impacts={})
    verdict = evaluate(plan, policy, inputs.organisation, pull_request.forge.view)
    assert node(verdict, "coverage").state is DISAPPROVED

"""Freezes with time zones hold releases back; a rollback passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from penstock.review.policy.evaluate import evaluate
from review.pull_requests import (
    APPROVED,
    DISAPPROVED,
    POLICY,
    PullRequest,
    VerdictState,
    looser_gate,
    node,
    opened,
    rules_of,
)
from review.repositories import Documents, Repository

NOBODY = {"id": "all", "why": "Whatever it is.", "when": {}, "require": "nobody"}


def _frozen(repository: Repository, environments: list[str]) -> PullRequest:
    freeze = {
        "id": "holidays",
        "why": "Nobody is there.",
        "from": "2026-12-24T18:00:00+01:00",
        "until": "2026-12-27T08:00:00+01:00",
        "environments": environments,
    }
    return opened(repository, looser_gate, policy=rules_of(POLICY, [NOBODY], freezes=[freeze]))


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (datetime(2026, 12, 24, 16, 59, 59, tzinfo=UTC), APPROVED),
        (datetime(2026, 12, 24, 17, 0, tzinfo=UTC), DISAPPROVED),
        (datetime(2026, 12, 27, 6, 59, tzinfo=UTC), DISAPPROVED),
        (datetime(2026, 12, 27, 7, 0, tzinfo=UTC), APPROVED),
    ],
)
def test_it_begins_and_ends_by_its_own_zone(repository: Repository, now: datetime, state: VerdictState) -> None:
    assert _frozen(repository, ["production"]).verdict(now=now).state is state


MIDNIGHT = datetime(2026, 12, 25, tzinfo=UTC)


def test_it_says_what_it_holds_back_and_until_when(repository: Repository) -> None:
    why = node(_frozen(repository, ["production"]).verdict(now=MIDNIGHT), "freeze holidays").why
    assert "production" in why
    assert "2026-12-27T08:00:00+01:00" in why


def test_a_rollback_passes(repository: Repository) -> None:
    pull_request = _frozen(repository, ["production"])
    inputs = pull_request.inputs()
    plan = replace(inputs.plan, kind="rollback")
    verdict = evaluate(plan, inputs.policy, inputs.organisation, pull_request.forge.view, now=MIDNIGHT)
    assert verdict.state is APPROVED


def test_words_pass(repository: Repository) -> None:
    def describe(documents: Documents) -> None:
        documents["Gate", "delay-release"]["metadata"]["description"] = "Other words."
        documents["Gate", "delay-release"]["spec"]["rules"][0]["atLeast"] = 0.70

    pull_request = _frozen(repository, ["production"])
    pull_request.push(describe)
    assert pull_request.verdict(now=MIDNIGHT).state is APPROVED


def test_an_environment_that_is_not_frozen_is_not(repository: Repository) -> None:
    pull_request = _frozen(repository, ["staging"])
    inputs = pull_request.inputs()
    impacts = {key: replace(one, environments=("production",)) for key, one in inputs.plan.impacts.items()}
    plan = replace(inputs.plan, impacts=impacts)
    verdict = evaluate(plan, inputs.policy, inputs.organisation, pull_request.forge.view, now=MIDNIGHT)
    assert verdict.state is APPROVED

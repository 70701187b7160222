"""A Release passes only with valid evidence, whoever approves it."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.review.model import Plan
from penstock.review.policy.evaluate import evaluate
from review.pull_requests import (
    APPROVED,
    DISAPPROVED,
    ERROR,
    PENDING,
    POLICY,
    SKIPPED,
    VerdictState,
    both,
    looser_gate,
    node,
    opened,
    rules_of,
)
from review.repositories import Documents, Repository

DIGEST = "sha256:" + "1" * 64


def _release(documents: Documents) -> None:
    spec: dict[str, Any] = {
        "rollout": "delay-online",
        "environment": "production",
        "version": {"digest": DIGEST},
        "specs": DIGEST,
        "datasets": {"flights": DIGEST},
        "evidence": {"path": "evidence/delay.json", "digest": DIGEST},
    }
    documents["Release", "delay"] = {
        "apiVersion": "penstock/v1",
        "kind": "Release",
        "metadata": {"name": "delay", "owner": "flight-ml"},
        "spec": spec,
    }


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ({"Release/delay": "valid"}, APPROVED),
        ({"Release/delay": "missing"}, DISAPPROVED),
        ({"Release/delay": "expired"}, DISAPPROVED),
        ({"Release/delay": "mismatched"}, DISAPPROVED),
        ({"Release/delay": "unsigned"}, DISAPPROVED),
        ({"Release/delay": "revoked"}, DISAPPROVED),
        ({"Release/other": "valid"}, DISAPPROVED),
        ({}, DISAPPROVED),
    ],
)
def test_only_evidence_that_verifies_passes(
    repository: Repository, states: dict[str, str], state: VerdictState
) -> None:
    pull_request = opened(repository, _release)
    pull_request.approve("ada", "sam")
    inputs = pull_request.inputs()
    plan: Plan = inputs.plan
    verdict = evaluate(plan, inputs.policy, inputs.organisation, pull_request.forge.view, evidence=states)
    assert node(verdict, "release").state is state


@pytest.mark.parametrize("proved", ["Release/delay", "Release/earlier"])
def test_evidence_of_one_release_is_none_for_another_beside_it(repository: Repository, proved: str) -> None:
    """Though the same rule asks the same people about both."""

    def two(documents: Documents) -> None:
        _release(documents)
        first = documents["Release", "delay"]
        other = {
            "metadata": {"name": "earlier", "owner": "flight-ml"},
            "spec": {**first["spec"], "environment": "staging"},
        }
        documents["Release", "earlier"] = {**first, **other}

    pull_request = opened(repository, two)
    pull_request.approve("ada", "sam")
    pull_request.evidence = {proved: "valid"}
    rule = node(pull_request.verdict(), "release")
    assert rule.state is DISAPPROVED
    changes = {change.fingerprint: str(change.address) for change in pull_request.inputs().plan.changes}
    told = {changes[one]: child.state for child in rule.children for one in child.changes}
    (other,) = told.keys() - {proved}
    assert told == {proved: APPROVED, other: DISAPPROVED}


@pytest.mark.parametrize(("evidence", "state"), [("valid", APPROVED), ("expired", DISAPPROVED), (None, DISAPPROVED)])
def test_so_it_is_among_rules_whose_people_are_distinct(
    repository: Repository, evidence: str | None, state: VerdictState
) -> None:
    asked = {
        "release": {"all": [{"evidence": "valid"}, {"from": {"teams": ["risk"]}}]},
        "running": {"from": {"teams": ["sre"]}},
    }
    rules = [
        {"id": name, "why": "For a release.", "when": {}, "require": require, "distinct": True}
        for name, require in asked.items()
    ]
    pull_request = opened(repository, _release, policy=rules_of(POLICY, rules))
    pull_request.approve("rita", "sam")
    inputs = pull_request.inputs()
    states = {"Release/delay": evidence} if evidence is not None else {}
    verdict = evaluate(inputs.plan, inputs.policy, inputs.organisation, pull_request.forge.view, evidence=states)
    assert node(verdict, "release").state is state
    assert node(verdict, "running").state is APPROVED


def test_evidence_replaces_no_approval(repository: Repository) -> None:
    pull_request = opened(repository, _release)
    pull_request.evidence = {"Release/delay": "valid"}
    verdict = pull_request.verdict()
    assert node(verdict, "release").state is PENDING
    assert verdict.state in (PENDING, ERROR)


@pytest.mark.parametrize(
    ("states", "asked", "freed"),
    [
        ({"Release/delay": "valid"}, SKIPPED, APPROVED),
        ({"Release/delay": "expired"}, PENDING, SKIPPED),
        ({"Release/delay": "unsigned"}, SKIPPED, SKIPPED),
        ({}, PENDING, SKIPPED),
    ],
)
def test_a_rule_speaks_of_releases_by_the_state_of_their_evidence_and_of_nothing_else(
    repository: Repository, states: dict[str, str], asked: VerdictState, freed: VerdictState
) -> None:
    """What is not known is missing, and a gate that is changed beside it has no evidence that could be valid."""
    rules = [
        {
            "id": "doubtful",
            "why": "Somebody looks at it again.",
            "when": {"evidence": ["expired", "missing"]},
            "require": {"from": {"teams": ["risk"]}},
        },
        {"id": "proved", "why": "The gates have decided.", "when": {"evidence": ["valid"]}, "require": "nobody"},
        {
            "id": "others",
            "why": "All other kinds of changes.",
            "when": {"not": {"kind": ["Release"]}},
            "require": "nobody",
        },
    ]
    pull_request = opened(repository, both(_release, looser_gate), policy=rules_of(POLICY, rules))
    pull_request.evidence = states
    verdict = pull_request.verdict()
    assert (node(verdict, "doubtful").state, node(verdict, "proved").state) == (asked, freed)
    told = {one for name in ("doubtful", "proved") for one in node(verdict, name).changes}
    changes = {change.fingerprint: change for change in pull_request.inputs().plan.changes}
    assert {changes[one].address.kind for one in told} <= {"Release"}

"""Gate evidence is signed, unexpired, and matches spec, dataset and model digests; another run's report is refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from forges.fake import FakePullRequest
from penstock.review.decision import Decision, decide
from penstock.review.model import VerdictState
from review.pull_requests import EVERYBODY, POLICY, with_policy
from review.releases import NAME, RELEASE_PATH, Edit, Signer, decided, release, signer
from review.repositories import Repository


def policy_with(*keys: Signer) -> str:
    documents = list(yaml.safe_load_all(POLICY))
    documents[-1]["spec"]["keys"] = {"evidence": [key.as_spec() for key in keys]}
    return yaml.safe_dump_all(documents, sort_keys=False)


def released(repository: Repository, *trusted: Signer, by: Signer | None, **how: Any) -> Decision:
    """The decision on a pull request that releases a version, and that everybody approves."""
    base = with_policy(repository, policy_with(*trusted))
    repository.branch()
    release(repository, by, **how)
    return decided(repository, base)


def test_a_release_with_valid_evidence_is_approved(repository: Repository) -> None:
    key = signer()
    decision = released(repository, key, by=key)
    assert decision.evidence[f"Release/{NAME}"].state == "valid"
    assert decision.verdict.state is VerdictState.APPROVED, decision.verdict.tree


def _another_run(value: dict[str, Any]) -> None:
    value["subject"][0]["digest"]["sha256"] = "b" * 64


def _other_specs(value: dict[str, Any]) -> None:
    value["predicate"]["specs"] = "sha256:" + "b" * 64


def _other_data(value: dict[str, Any]) -> None:
    value["predicate"]["datasets"]["flights"] = "sha256:" + "b" * 64


@pytest.mark.parametrize("edit", [_another_run, _other_specs, _other_data])
def test_another_run_s_report_is_refused_though_all_approve(repository: Repository, edit: Edit) -> None:
    key = signer()
    decision = released(repository, key, by=key, edit=edit)
    assert decision.evidence[f"Release/{NAME}"].state == "mismatched"
    assert not decision.verdict.is_approved


@pytest.mark.parametrize(
    ("how", "state"),
    [("nobody", "unsigned"), ("a stranger", "unsigned"), ("a revoked key", "revoked"), ("an old key", "expired")],
)
def test_what_no_valid_key_has_signed_is_refused_though_all_approve(
    repository: Repository, how: str, state: str
) -> None:
    key = signer()
    old = Signer("ci", key.pair, until="2026-02-01T00:00:00+00:00")
    trusted, by = {
        "nobody": (key, None),
        "a stranger": (key, signer("mallory")),
        "a revoked key": (Signer("ci", key.pair, revoked=True), key),
        "an old key": (old, key),
    }[how]
    decision = released(repository, trusted, by=by)
    assert decision.evidence[f"Release/{NAME}"].state == state
    assert not decision.verdict.is_approved


def test_evidence_that_is_too_old_is_refused(repository: Repository) -> None:
    repository.replace("  model: delay\n  rules:", "  model: delay\n  evidenceValid: 30s\n  rules:")
    key = signer()
    decision = released(repository, key, by=key)
    assert decision.evidence[f"Release/{NAME}"].state == "expired"
    assert not decision.verdict.is_approved


def test_a_pull_request_cannot_bring_the_key_that_signed_its_evidence(repository: Repository) -> None:
    """The keys are those of the base: one that the pull request adds counts from the next one on."""
    own = signer("mine")
    base = with_policy(repository, policy_with())
    repository.branch()
    release(repository, own)
    repository.write("specs/approval.yaml", policy_with(own))
    repository.compile()
    head = repository.commit()
    pull = FakePullRequest.opened("eve", head=head, base=base, writers=EVERYBODY)
    decision = decide(repository.seen, pull.view)
    assert decision.evidence[f"Release/{NAME}"].state == "unsigned"
    assert not decision.verdict.is_approved


def _another_version(value: dict[str, Any]) -> None:
    value["subject"][0]["digest"]["sha256"] = "b" * 64


def _another_release(value: dict[str, Any]) -> None:
    value["subject"][1]["name"] = "Release/staging-delay-online"


def _another_environment(value: dict[str, Any]) -> None:
    value["predicate"]["environment"] = "staging"


def _another_content(value: dict[str, Any]) -> None:
    value["subject"][1]["digest"]["sha256"] = "b" * 64


def _other_gates(value: dict[str, Any]) -> None:
    value["predicate"]["gates"] = "sha256:" + "b" * 64


@pytest.mark.parametrize(
    "promoted", [_another_version, _another_release, _another_environment, _another_content, _other_gates]
)
def test_a_promotion_of_something_else_is_refused_though_all_approve(repository: Repository, promoted: Edit) -> None:
    key = signer()
    decision = released(repository, key, by=key, promoted=promoted)
    assert decision.evidence[f"Release/{NAME}"].state == "mismatched"
    assert not decision.verdict.is_approved


@pytest.mark.parametrize(
    ("promoter", "state"),
    [
        (signer("mallory"), "unsigned"),
        (signer("leaked", revoked=True), "revoked"),
        (signer("old", until="2026-02-01T00:00:00+00:00"), "expired"),
    ],
)
def test_a_promotion_that_no_valid_key_has_signed_is_refused_though_all_approve(
    repository: Repository, promoter: Signer, state: str
) -> None:
    key = signer()
    known = () if promoter.id == "mallory" else (promoter,)
    decision = released(repository, key, *known, by=key, promoted_by=promoter)
    assert decision.evidence[f"Release/{NAME}"].state == state
    assert not decision.verdict.is_approved


def test_a_release_that_nobody_promoted_is_refused_though_all_approve(repository: Repository) -> None:
    key = signer()
    decision = released(repository, key, by=key, spec={"promotion": None})
    assert decision.evidence[f"Release/{NAME}"].state == "missing"
    assert not decision.verdict.is_approved


def test_a_release_that_is_taken_away_needs_no_evidence_but_its_people(repository: Repository) -> None:
    """Its key is revoked, which is why it goes: nothing would be released on the strength of it."""
    key = signer()
    release(repository, key)
    repository.compile()
    base = with_policy(repository, policy_with(Signer("ci", key.pair, revoked=True)))
    repository.branch()
    (repository.root / RELEASE_PATH).unlink()
    decision = decided(repository, base)
    assert decision.evidence[f"Release/{NAME}"].reasons == ("release: it no longer releases anything",)
    assert decision.verdict.state is VerdictState.APPROVED, decision.verdict.tree
    pull = FakePullRequest.opened("eve", head=decision.inputs.facts.head_sha, base=base, writers=EVERYBODY)
    pull.approve("ada")
    assert decide(repository.seen, pull.view).verdict.state is VerdictState.PENDING

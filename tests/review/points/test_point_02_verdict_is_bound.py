"""The verdict is bound to head, base, policy, semantic and evidence digests; any difference asks for a new one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.review.model import VerdictState
from penstock.review.policy.binding import bound_to
from penstock.review.policy.evaluate import MergeGroup, evaluate
from penstock.review.policy.inputs import read_inputs
from penstock.review.policy.prior_decisions import PriorDecisions
from penstock.review.record.inputs import VerdictInputs
from review.pull_requests import (
    APPROVED,
    ERROR,
    PENDING,
    Change,
    PullRequest,
    looser_gate,
    opened,
    set_at,
    stricter_gate,
)
from review.repositories import Documents, Repository


@pytest.mark.parametrize("what", ["head", "base", "policy", "semantic", "evidence"])
def test_any_difference_is_one_of_what_the_verdict_is_bound_to(repository: Repository, what: str) -> None:
    pull_request = opened(repository, stricter_gate)
    verdict, plan = pull_request.verdict(), pull_request.inputs().plan
    assert verdict.digests == bound_to(plan, {})
    other = bound_to(replace(plan, digests={**plan.digests, what: "sha256:" + "0" * 64}), {})
    assert {key for key in other if other[key] != verdict.digests[key]} == {what}


def test_evidence_that_expires_is_a_difference(repository: Repository) -> None:
    pull_request = opened(repository, stricter_gate)
    valid, expired = (bound_to(pull_request.inputs().plan, {"Release/x": state}) for state in ("valid", "expired"))
    assert {key for key in valid if valid[key] != expired[key]} == {"evidence"}


def test_a_plan_of_another_head_gives_no_verdict(repository: Repository) -> None:
    pull_request = opened(repository, stricter_gate)
    pull_request.approve("rita")
    old = pull_request.inputs()
    pull_request.push(looser_gate)
    verdict = evaluate(old.plan, old.policy, old.organisation, pull_request.forge.view)
    assert verdict.state is ERROR
    assert "run the review again" in verdict.headline


def test_a_plan_of_another_base_gives_no_verdict(repository: Repository) -> None:
    pull_request = opened(repository, stricter_gate)
    pull_request.approve("rita")
    old = pull_request.inputs()
    pull_request.forge.base_moves_to("f" * 40)
    assert evaluate(old.plan, old.policy, old.organisation, pull_request.forge.view).state is ERROR


def test_a_policy_of_another_tree_gives_no_verdict(repository: Repository) -> None:
    pull_request = opened(repository, stricter_gate)
    pull_request.approve("rita")
    now = pull_request.inputs()
    other = replace(now.policy, digest="sha256:" + "0" * 64)
    assert evaluate(now.plan, other, now.organisation, pull_request.forge.view).state is ERROR


def _queued(repository: Repository, ahead: Change) -> tuple[PullRequest, MergeGroup]:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED
    reviewed = frozenset(change.fingerprint for change in pull_request.inputs().plan.changes)
    repository.git("checkout", "--quiet", "-b", "queue", "main")
    repository.edit(ahead)
    base = repository.commit("what is ahead in the queue")
    repository.git("merge", "--quiet", "--no-edit", "-X", "theirs", "change")
    head = repository.git("rev-parse", "HEAD").strip()
    return pull_request, MergeGroup(base, head, reviewed)


def _verdict_in_queue(repository: Repository, pull_request: PullRequest, group: MergeGroup) -> VerdictState:
    now = read_inputs(repository.seen, group.base, group.head)
    return evaluate(now.plan, now.policy, now.organisation, pull_request.forge.view, group=group).state


def test_in_a_merge_queue_the_same_changes_stay_approved(repository: Repository) -> None:
    def other_file(_: Documents) -> None:
        repository.write("README.md", "More to read.")

    assert _verdict_in_queue(repository, *_queued(repository, other_file)) is APPROVED


def test_in_a_merge_queue_another_change_is_not_approved(repository: Repository) -> None:
    same_field = set_at("Gate", "delay-release", "rules", 0, "atLeast", to=0.9)
    assert _verdict_in_queue(repository, *_queued(repository, same_field)) is PENDING


def test_what_a_merge_queue_makes_of_it_is_not_remembered_as_approved(repository: Repository) -> None:
    """The approvals were given for the pull request, which may leave the queue again."""
    same_field = set_at("Gate", "delay-release", "rules", 0, "atLeast", to=0.9)
    pull_request, group = _queued(repository, same_field)
    for known in (pull_request.memory, PriorDecisions()):
        now = read_inputs(repository.seen, group.base, group.head)
        facts = pull_request.forge.view.facts
        inputs = VerdictInputs(facts, now.plan, now.policy, now.organisation, {}, group, known, facts.now)
        assert inputs.verdict().state is PENDING
        assert inputs.memory().approvals == known.approvals

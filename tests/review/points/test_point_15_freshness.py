"""Freshness is by what the server saw, never by the commit that a forge shows at a review."""

from __future__ import annotations

from dataclasses import replace

from review.pull_requests import APPROVED, DISAPPROVED, PENDING, bigger_step, looser_gate, looser_region, node, opened
from review.repositories import Repository


def test_a_review_that_the_forge_points_at_the_new_head_stays_stale(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    head = pull_request.push(looser_region)
    pull_request.forge.repoint_reviews(head)
    assert pull_request.state is PENDING


def test_a_review_in_the_second_of_the_push_may_be_of_what_was_there_before(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    facts = pull_request.forge.facts
    given = tuple(replace(one, submitted=facts.pushes[-1].at) for one in facts.reviews)
    pull_request.forge.facts = replace(facts, reviews=given)
    assert pull_request.state is PENDING
    assert pull_request.state is PENDING, "nor is it known, once the record has seen it, what they are of"


def test_a_force_push_voids_what_it_alters(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED
    repository.edit(looser_region)
    pull_request.forge.force_push(repository.commit())
    verdict = pull_request.verdict()
    assert [one.name for one in node(verdict, "gate").children if one.state is PENDING] == [
        "Gate/delay-release.rules[regions].maxGap"
    ]


def test_another_base_branch_voids_what_was_not_recorded(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    pull_request.forge.retarget("release", pull_request.base)
    assert pull_request.state is PENDING


def test_a_dismissed_approval_does_not_count(repository: Repository) -> None:
    pull_request = opened(repository, bigger_step)
    pull_request.approve("ada")
    review = pull_request.forge.approve("sam")
    assert pull_request.state is APPROVED
    pull_request.forge.dismiss(review)
    assert pull_request.state is PENDING


def test_an_objection_stands_until_the_same_person_approves(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.request_changes("remo")
    pull_request.approve("ada", "rita")
    verdict = pull_request.verdict()
    assert verdict.state is DISAPPROVED
    assert verdict.suggested == ("remo",)
    pull_request.push(looser_gate)
    pull_request.approve("ada", "rita")
    assert pull_request.state is DISAPPROVED, "a push does not answer an objection"
    pull_request.approve("remo")
    assert pull_request.state is APPROVED


def test_an_objection_of_somebody_whom_nothing_asks_does_not_stop_it(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.forge.request_changes("pia")
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED


def test_an_approval_taken_back_by_an_objection_does_not_count(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    pull_request.forge.request_changes("rita")
    verdict = pull_request.verdict()
    assert verdict.state is DISAPPROVED
    assert node(verdict, "gate").state is PENDING


def test_a_review_that_was_begun_before_the_push_is_of_what_was_there_then(repository: Repository) -> None:
    """GitHub takes a review of a commit that is no longer the head, whether a page or a script hands it in late."""
    pull_request = opened(repository, looser_gate)
    seen = pull_request.forge.facts.head_sha
    pull_request.push(looser_region)
    pull_request.approve("ada", "rita")
    pull_request.forge.repoint_reviews(seen)
    verdict = pull_request.verdict()
    assert verdict.state is PENDING
    assert "ada and rita approved an earlier version of this" in node(verdict, "gate").children[0].why
    assert pull_request.state is PENDING, "nor is it known, once the record has seen it, what they are of"
    pull_request.approve("ada", "rita")
    assert pull_request.state is APPROVED


def test_a_review_of_which_the_forge_no_longer_names_the_commit_counts_by_its_time(repository: Repository) -> None:
    pull_request = opened(repository, looser_gate)
    pull_request.approve("ada", "rita")
    pull_request.forge.repoint_reviews("")
    assert pull_request.state is APPROVED

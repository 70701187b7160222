"""What an account said stands after it is gone, though nobody can tell any more who it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penstock.review.rendering.verdict_rows import not_enough
from review.attacks.objecting import forgets, hold
from review.pull_requests import APPROVED, DISAPPROVED, POLICY, PullRequest, looser_gate, names, node, opened, rules_of
from review.repositories import Repository


def test_an_objection_does_not_go_with_its_account(approved: PullRequest) -> None:
    approved.forge.request_changes("remo")
    approved.forge.delete_account("remo")
    verdict = approved.verdict()
    assert names(verdict, DISAPPROVED) == ["objection"]
    assert "a deleted account requested changes" in node(verdict, "objection").why
    assert "nobody may dismiss that" in node(verdict, "objection").why
    assert node(verdict, "objection").can_satisfy == ()


def test_whom_the_policy_allows_dismisses_the_objection_of_an_account_that_is_gone(overruled: PullRequest) -> None:
    objection = overruled.forge.request_changes("remo")
    overruled.forge.delete_account("remo")
    verdict = overruled.verdict()
    assert "a dismissal by paul or petra resolves that" in node(verdict, "objection").why
    assert node(verdict, "objection").can_satisfy == ("paul", "petra")
    assert (verdict.suggested, verdict.suggested_is_enough) == ((), False), "an approval by either ends nothing"
    assert not_enough(verdict) == "`objection` blocks it, too"
    overruled.forge.dismiss(objection, by="petra")
    assert overruled.state is APPROVED


@pytest.mark.parametrize("who", ["eve", "remo", None])
def test_the_objection_of_an_account_that_is_gone_outlives_a_dismissal(approved: PullRequest, who: str | None) -> None:
    objection = approved.forge.request_changes("remo")
    approved.forge.dismiss(objection, by="eve" if who == "eve" else "dora")
    approved.forge.delete_account("remo")
    if who is None:
        approved.forge.delete_account("dora")
    assert approved.state is DISAPPROVED


def test_an_approval_of_an_account_that_is_gone_resolves_no_objection_of_another_such(approved: PullRequest) -> None:
    approved.forge.request_changes("remo")
    approved.approve("petra")
    approved.forge.delete_account("remo")
    approved.forge.delete_account("petra")
    assert approved.state is DISAPPROVED


def test_an_objection_of_an_account_that_is_gone_counts_for_nothing_where_nobody_is_asked(
    repository: Repository,
) -> None:
    nobody = {"id": "all", "why": "Whatever it is.", "when": {}, "require": "nobody"}
    pull = opened(repository, looser_gate, policy=rules_of(POLICY, [nobody]))
    pull.forge.request_changes("remo")
    assert pull.state is APPROVED
    pull.forge.delete_account("remo")
    assert pull.state is APPROVED


@pytest.mark.parametrize("remembers", [lambda pull: pull, forgets], ids=["a record", "no record"])
def test_a_hold_does_not_go_with_its_account(
    overruled: PullRequest, remembers: Callable[[PullRequest], PullRequest]
) -> None:
    comment = hold(overruled)
    overruled.forge.delete_account("dora")
    assert "the table is being rebuilt" in node(remembers(overruled).verdict(), "hold").why
    overruled.forge.delete_comment(comment, by="eve")
    assert remembers(overruled).state is DISAPPROVED


@pytest.mark.parametrize("who", ["eve", "ghost", "ada", None])
def test_a_hold_of_an_account_that_is_gone_is_released_by_whom_the_policy_allows_alone(
    overruled: PullRequest, who: str | None
) -> None:
    hold(overruled)
    overruled.forge.delete_account("dora")
    forgets(overruled).forge.comment(who, "/penstock unhold ghost")
    overruled.forge.comment(who, "/penstock unhold")
    verdict = overruled.verdict()
    assert verdict.state is DISAPPROVED
    assert "by a deleted account: " in node(verdict, "hold").why
    assert "Released by `/penstock unhold ghost` from paul or petra" in node(verdict, "hold").why
    overruled.forge.comment("paul", "/penstock unhold ghost")
    assert overruled.state is APPROVED
    assert overruled.state is APPROVED, "it is forgotten for good"


def test_a_hold_that_the_record_knows_by_name_keeps_it(overruled: PullRequest) -> None:
    hold(overruled)
    overruled.forge.delete_account("dora")
    assert "by dora: " in node(overruled.verdict(), "hold").why
    overruled.forge.comment("petra", "/penstock unhold dora")
    assert overruled.state is APPROVED


def test_where_nobody_may_overrule_a_hold_of_an_account_that_is_gone_says_what_to_do(approved: PullRequest) -> None:
    hold(approved)
    approved.forge.delete_account("dora")
    why = node(forgets(approved).verdict(), "hold").why
    assert "Nobody may release that" in why
    assert "open a new pull request with the same commits" in why

"""What somebody said against a pull request does not vanish: not by a dismissal, an edit, a deletion or a new push."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from forges.fake import commit
from penstock.forges.protocol import Review
from review.attacks.objecting import OVERRULED_BY_PLATFORM, approved_by_all, forgets, hold
from review.pull_requests import (
    APPROVED,
    DISAPPROVED,
    PullRequest,
    looser_gate,
    looser_region,
    names,
    node,
    opened,
)
from review.repositories import Repository

# Objections.


@pytest.mark.parametrize("who", ["eve", "ada", "dora", "petra", "stranger", None])
def test_an_objection_that_another_dismisses_stands(approved: PullRequest, who: str | None) -> None:
    objection = approved.forge.request_changes("remo")
    assert approved.state is DISAPPROVED
    approved.forge.dismiss(objection, by=who)
    verdict = approved.verdict()
    assert verdict.state is DISAPPROVED
    assert "remo requested changes (dismissed by somebody who may not)" in node(verdict, "objection").why


def test_an_objection_that_its_author_dismisses_is_gone(approved: PullRequest) -> None:
    approved.forge.dismiss(approved.forge.request_changes("remo"))
    assert approved.state is APPROVED


def test_an_objection_that_was_dismissed_is_resolved_by_its_authors_approval(approved: PullRequest) -> None:
    approved.forge.dismiss(approved.forge.request_changes("remo"), by="eve")
    approved.approve("remo")
    assert approved.state is APPROVED


def test_whom_the_policy_allows_dismisses_the_objection_of_another(overruled: PullRequest) -> None:
    objection = overruled.forge.request_changes("remo")
    assert "or a dismissal by them, or by paul or petra" in node(overruled.verdict(), "objection").why
    overruled.forge.dismiss(objection, by="Petra")
    assert overruled.state is APPROVED


def test_nobody_overrules_what_stops_their_own_work(repository: Repository) -> None:
    pull = approved_by_all(opened(repository, looser_gate, author="petra", policy=OVERRULED_BY_PLATFORM))
    pull.forge.dismiss(pull.forge.request_changes("remo"), by="petra")
    assert pull.state is DISAPPROVED


def test_who_may_overrule_but_not_write_overrules_nothing(repository: Repository) -> None:
    writers = ("ada", "rita", "remo", "paul")
    pull = approved_by_all(opened(repository, looser_gate, policy=OVERRULED_BY_PLATFORM, writers=writers))
    pull.forge.dismiss(pull.forge.request_changes("remo"), by="petra")
    assert pull.state is DISAPPROVED


def test_an_overruling_team_of_the_head_overrules_nothing(repository: Repository) -> None:
    pull = opened(repository, looser_gate)
    repository.write("specs/approval.yaml", OVERRULED_BY_PLATFORM)
    pull.forge.push(repository.commit())
    pull.approve("ada", "rita")
    pull.forge.dismiss(pull.forge.request_changes("remo"), by="petra")
    assert "objection" in names(pull.verdict(), DISAPPROVED)


def test_a_dismissed_review_of_which_nobody_knows_what_it_was_counts_as_an_objection(approved: PullRequest) -> None:
    facts = approved.forge.facts
    at = approved.forge.pass_time()
    unknown = Review("r9", facts.author.__class__("remo"), "dismissed", at, facts.head_sha, "")
    object.__setattr__(facts, "reviews", (*facts.reviews, unknown))
    approved.forge.facts = facts
    assert approved.state is DISAPPROVED


@pytest.mark.parametrize("who", ["remo", "eve"])
def test_a_dismissed_approval_is_taken_back_whoever_dismissed_it(approved: PullRequest, who: str) -> None:
    approved.approve("remo")
    [given] = [one.id for one in approved.forge.facts.reviews if one.person.login == "rita"]
    [other] = [one.id for one in approved.forge.facts.reviews if one.person.login == "remo"]
    approved.forge.dismiss(given, by=who)
    assert approved.state is APPROVED
    approved.forge.dismiss(other, by=who)
    assert approved.state.value == "pending"


def test_an_objection_is_not_lost_by_naming_its_author_a_contributor(approved: PullRequest) -> None:
    approved.forge.request_changes("remo")
    approved.repository.edit(looser_region)
    head = approved.repository.commit()
    approved.forge.push(head, commits=[commit(head, "eve", co_authors=["remo"], parents=["0" * 40])])
    approved.approve("ada", "rita")
    verdict = approved.verdict()
    assert names(verdict, DISAPPROVED) == ["objection"]
    assert "remo" not in verdict.suggested


def test_an_objection_is_not_lost_by_a_team_of_the_head(approved: PullRequest) -> None:
    approved.forge.request_changes("remo")
    approved.push(lambda documents: documents["Team", "risk"]["spec"]["members"].remove("remo"))
    approved.approve("ada", "rita")
    assert "objection" in names(approved.verdict(), DISAPPROVED)


def test_who_lost_the_right_to_write_objects_no_longer_and_holds_on(approved: PullRequest) -> None:
    approved.forge.request_changes("remo")
    hold(approved)
    writers = tuple(one for one in approved.forge.facts.writers if one not in ("remo", "dora"))
    approved.forge.facts = replace(approved.forge.facts, writers=writers)
    assert names(approved.verdict(), DISAPPROVED) == ["hold"]


# Holds.


@pytest.mark.parametrize("who", ["dora", "eve", None])
def test_a_hold_that_was_seen_stands_after_its_comment_is_gone(approved: PullRequest, who: str | None) -> None:
    approved.forge.delete_comment(hold(approved), by=who)
    verdict = approved.verdict()
    assert verdict.state is DISAPPROVED
    assert any("the table is being rebuilt" in one.why for one in verdict.tree.children)
    assert approved.state is DISAPPROVED, "it is remembered for good"
    approved.forge.comment("dora", "/penstock unhold")
    assert approved.state is APPROVED
    assert approved.state is APPROVED, "it is forgotten for good"


@pytest.mark.parametrize("who", ["eve", "ada", None])
def test_a_hold_that_nobody_saw_stands_when_another_deletes_it(approved: PullRequest, who: str | None) -> None:
    comment = approved.forge.comment("dora", "/penstock hold wait")
    approved.forge.delete_comment(comment, by=who)
    verdict = forgets(approved).verdict()
    assert "may have been a hold" in node(verdict, "hold").why
    approved.forge.comment("dora", "/penstock unhold")
    assert approved.state is APPROVED


def test_what_people_delete_of_their_own_stops_nothing(approved: PullRequest) -> None:
    approved.forge.delete_comment(approved.forge.comment("dora", "Never mind."))
    assert approved.state is APPROVED


def test_a_deleted_comment_of_a_stranger_stops_nothing(approved: PullRequest) -> None:
    approved.forge.delete_comment(approved.forge.comment("stranger", "/penstock hold spam"), by="dora")
    assert approved.state is APPROVED


@pytest.mark.parametrize("text", ["", "Looks good.", "/penstock unhold", "> /penstock hold as somebody wrote"])
@pytest.mark.parametrize("keeps_history", [True, False])
@pytest.mark.parametrize("remembers", [lambda pull: pull, forgets], ids=["a record", "no record"])
def test_a_hold_that_was_edited_away_stands(
    approved: PullRequest, text: str, keeps_history: bool, remembers: Callable[[PullRequest], PullRequest]
) -> None:
    comment = hold(approved)
    approved.forge.edit_comment(comment, text, keeps_history=keeps_history)
    assert remembers(approved).state is DISAPPROVED
    approved.forge.comment("dora", "/penstock unhold")
    assert approved.state is APPROVED


def test_a_hold_written_into_an_old_comment_is_not_released_by_what_was_said_before(approved: PullRequest) -> None:
    old = approved.forge.comment("dora", "I am looking at it.")
    hold(approved)
    approved.forge.comment("dora", "/penstock unhold")
    assert approved.state is APPROVED
    approved.forge.edit_comment(old, "/penstock hold the other table too")
    assert approved.state is DISAPPROVED


@pytest.mark.parametrize("text", ["/penstock hold the other table too", "Looks good."])
@pytest.mark.parametrize("tells_history", [True, False])
def test_a_hold_that_was_seen_is_as_young_as_its_last_edit(
    approved: PullRequest, text: str, tells_history: bool
) -> None:
    comment = hold(approved)
    approved.forge.comment("dora", "/penstock unhold")
    approved.forge.edit_comment(comment, text)
    if not tells_history:
        untold = tuple(replace(one, earlier=()) for one in approved.forge.facts.comments)
        approved.forge.facts = replace(approved.forge.facts, comments=untold)
    assert approved.state is DISAPPROVED, "what was said before the edit releases nothing"
    assert approved.state is DISAPPROVED, "it is remembered by the time of the edit"
    approved.forge.comment("dora", "/penstock unhold")
    assert approved.state is APPROVED


def test_an_edit_that_the_record_saw_is_not_forgotten_where_the_forge_no_longer_tells_it(approved: PullRequest) -> None:
    comment = approved.forge.comment("dora", "I am looking at it.")
    approved.forge.comment("dora", "/penstock unhold")
    approved.forge.edit_comment(comment, "/penstock hold wait")
    assert approved.state is DISAPPROVED
    facts = approved.forge.facts
    untold = tuple(replace(one, edited_at=None, earlier=()) for one in facts.comments)
    approved.forge.facts = replace(facts, comments=untold)
    assert approved.state is DISAPPROVED


def test_who_changed_their_login_releases_their_hold_by_the_name_of_today(approved: PullRequest) -> None:
    hold(approved)
    facts = approved.forge.facts
    renamed = tuple(replace(one, person=replace(one.person, login="theodora")) for one in facts.comments)
    approved.forge.facts = replace(facts, comments=renamed, writers=(*facts.writers, "theodora"))
    assert "by theodora: " in node(approved.verdict(), "hold").why
    approved.forge.comment("dora", "/penstock unhold")
    assert approved.state is DISAPPROVED, "the old login may be somebody else's by now"
    approved.forge.comment("theodora", "/penstock unhold")
    assert approved.state is APPROVED


def test_an_unhold_that_was_edited_or_is_gone_releases_nothing(approved: PullRequest) -> None:
    hold(approved)
    released = approved.forge.comment("dora", "/penstock unhold")
    approved.forge.edit_comment(released, "/penstock unhold ")
    assert approved.state is DISAPPROVED
    again = approved.forge.comment("dora", "/penstock unhold")
    assert approved.state is APPROVED
    approved.forge.delete_comment(again)
    assert approved.state is DISAPPROVED, "the hold is there, and nothing that releases it"


def test_an_unhold_in_the_name_of_another_releases_nothing(approved: PullRequest) -> None:
    hold(approved)
    for who in ("eve", "petra", "stranger", None):
        approved.forge.comment(who, "/penstock unhold dora")
    assert approved.state is DISAPPROVED


def test_whom_the_policy_allows_releases_the_hold_of_another_by_name(overruled: PullRequest) -> None:
    hold(overruled)
    overruled.forge.comment("petra", "/penstock unhold")
    assert overruled.state is DISAPPROVED, "whose hold, must be said"
    overruled.forge.comment("petra", "/penstock unhold @Dora")
    assert overruled.state is APPROVED


def test_nobody_releases_a_hold_on_their_own_work_by_overruling(repository: Repository) -> None:
    pull = approved_by_all(opened(repository, looser_gate, author="petra", policy=OVERRULED_BY_PLATFORM))
    hold(pull)
    pull.forge.comment("petra", "/penstock unhold dora")
    assert pull.state is DISAPPROVED


def test_an_edited_waiver_and_an_edited_break_glass_let_nothing_pass(repository: Repository) -> None:
    pull = opened(repository, looser_gate)
    for who in ("sam", "petra"):
        written = pull.forge.comment(who, "/penstock break-glass everything burns")
        pull.forge.edit_comment(written, "/penstock break-glass everything burns!")
        waived = "/penstock waive gate Gate/delay-release until 2027-01-01: nobody is awake; follow-up: ask on Monday"
        pull.forge.edit_comment(pull.forge.comment(who, waived), waived + "!")
    assert pull.state.value == "pending"
